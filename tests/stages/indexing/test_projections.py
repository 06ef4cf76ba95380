from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from holdfast.domain.access import Principal
from holdfast.domain.queries import Filter
from holdfast.errors import StorageError
from holdfast.stages.indexing import projections
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.marks import Mark, read_mark, write_mark
from holdfast.stages.indexing.sums import sum_of_values
from holdfast.storage.database import sqlite_url
from holdfast.storage.feed import Indexable
from holdfast.storage.forgetting import forget_document
from holdfast.storage.retention import purge
from holdfast.storage.settings import RetentionSettings
from holdfast.telemetry import logs
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import SOURCE, document

OpenRig = Callable[..., LocalRig]
BEN = Principal(user="ben")
PAGES = [document(f"{n}.md", f"pump number {n}") for n in range(30)]


def erased(files: Path) -> None:
    shutil.rmtree(files)


def without(pattern: str) -> Callable[[Path], None]:
    def damage(files: Path) -> None:
        for path in files.glob(pattern):
            path.unlink() if path.is_file() else shutil.rmtree(path)

    return damage


def cut(pattern: str) -> Callable[[Path], None]:
    def damage(files: Path) -> None:
        for path in files.glob(pattern):
            os.truncate(path, path.stat().st_size // 2)

    return damage


def cut_to(size: int, pattern: str) -> Callable[[Path], None]:
    def damage(files: Path) -> None:
        for path in files.glob(pattern):
            os.truncate(path, min(size, path.stat().st_size))

    return damage


def overwritten(pattern: str, by: bytes = b"\xa5") -> Callable[[Path], None]:
    def damage(files: Path) -> None:
        for path in files.glob(pattern):
            path.write_bytes((by * path.stat().st_size)[: path.stat().st_size])

    return damage


def marked(**changes: object) -> Callable[[Path], None]:
    def damage(files: Path) -> None:
        for leg in ("sparse", "dense"):
            file = files / leg / "mark.json"
            noted = json.loads(file.read_text()) | changes
            del noted["sum"]
            file.write_text(json.dumps(noted | {"sum": sum_of_values(noted)}))

    return damage


DAMAGES = {
    "everything erased": erased,
    "one leg erased": without("sparse"),
    "marks erased": without("*/mark.json"),
    "marks empty": cut("*/mark.json"),
    "marks of the future": marked(added=10_000, died=99),
    "marks of another database": marked(database_id="another"),
    "marks of another code": marked(signature="sparse/0"),
    "marks of an older projection": marked(added=3),
    "marks with unknown keys": marked(colour="green"),
    "slots erased": without("dense/slots.*"),
    "slots overwritten": overwritten("dense/slots.*"),
    "vectors overwritten": overwritten("dense/vectors.*"),
    "vectors that are no numbers": overwritten("dense/vectors.*", by=b"\xff"),
    "vectors cut": cut("dense/vectors.*"),
    "slots cut": cut("dense/slots.*"),
    "graph cut": cut("dense/graph.*"),
    "graph overwritten": overwritten("dense/graph.*"),
    "graph erased": without("dense/graph.*"),
    "terms erased": without("sparse/terms.*"),
    "terms without their list": without("sparse/terms.*/meta.json"),
    "terms with an empty list": cut("sparse/terms.*/meta.json"),
    "a file of terms erased": without("sparse/terms.*/*.store"),
    "terms without words": without("sparse/terms.*/*.term"),
    "terms cut": cut("sparse/terms.*/*.idx"),
    "terms cut to a few bytes": cut_to(7, "sparse/terms.*/*.term"),
    "a file of terms cut to a few bytes": cut_to(7, "sparse/terms.*/*.store"),
    "everything cut to a few bytes": cut_to(7, "*/*/*"),
    "a file of terms overwritten": overwritten("sparse/terms.*/*.store"),
    "terms overwritten": overwritten("sparse/terms.*/*.term"),
    "postings overwritten": overwritten("sparse/terms.*/*.idx"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_files_are_noticed_and_built_anew(damage: Callable[[Path], None], tmp_path: Path) -> None:
    with LocalRig(tmp_path, exact_up_to=10) as rig:
        rig.publish(*PAGES)
        whole = shown(rig)
    damage(tmp_path / "index")
    with LocalRig(tmp_path, exact_up_to=10) as rig:
        assert shown(rig) == whole
        assert rig.projections.level_with(rig.index._state())
        rig.publish(document("new.md", "a new pump"))
        assert rig.texts("new", BEN)["sparse"] == ["a new pump"]


def test_who_waits_for_a_large_index_to_be_built_anew_is_told(
    rig: LocalRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str, object]] = []
    monkeypatch.setattr(
        logs, "_sinks", [lambda level, event, fields: told.append((level, event, fields["leg"]))]
    )
    monkeypatch.setattr(projections, "TOLD_FROM", len(PAGES))
    rig.publish(*PAGES)
    assert told == []  # who publishes expects it
    erased(rig.files)
    shown(rig)
    rebuilt = "index.rebuilding"
    assert told == [("warning", rebuilt, "sparse"), ("warning", rebuilt, "dense")]


@pytest.mark.parametrize("damage", [erased, without("*/mark.json"), without("sparse")])
def test_a_process_that_is_open_notices_too(damage: Callable[[Path], None], rig: LocalRig) -> None:
    rig.publish(*PAGES)
    whole = shown(rig)
    damage(rig.files)
    assert shown(rig) == whole
    assert rig.projections.level_with(rig.index._state())


def test_the_files_of_another_folder_are_no_substitute(tmp_path: Path) -> None:
    with LocalRig(tmp_path / "a") as ours, LocalRig(tmp_path / "b") as other:
        for rig, word in ((ours, "pump"), (other, "valve")):
            rig.publish(*(document(f"{n}.md", f"{word} {n}") for n in range(5)))
        shutil.rmtree(ours.files)
        shutil.copytree(other.files, ours.files)
    with LocalRig(tmp_path / "a") as ours:
        assert len(ours.texts("pump", BEN)["sparse"]) == 5
        assert all("pump" in text for text in ours.texts("valve", BEN)["dense"])


def test_another_analyser_builds_the_sparse_leg_anew(tmp_path: Path) -> None:
    with LocalRig(tmp_path) as rig:
        rig.publish(document("a.md", "the pumps"))
        assert rig.texts("pump", BEN)["sparse"] == ["the pumps"]
    with LocalRig(tmp_path, stemming=False) as rig:
        assert rig.texts("pump", BEN)["sparse"] == []
        assert rig.texts("pumps", BEN)["sparse"] == ["the pumps"]


def test_a_rebuild_gives_the_same_lists(rig: LocalRig) -> None:
    for number in range(4):
        rig.publish(
            *(document(f"{n}.md", f"pump number {n} revision {number}") for n in range(0, 30, number + 1))
        )
    rig.refile({"3.md": ["sales"]})
    before = shown(rig)
    rig.writer().publish(rebuild=True)
    assert shown(rig) == before
    assert sorted(path.name for path in (rig.files / "dense").iterdir()) == [
        "mark.json", "slots.2", "vectors.2", "whole.json",
    ]  # fmt: skip


def test_dead_chunks_leave_both_legs_and_none_is_there_twice(rig: LocalRig) -> None:
    for revision in range(3):
        rig.publish(*(document(f"{n}.md", f"pump {n} revision {revision}") for n in range(10)))
        rig.refile({"1.md": ["everyone", f"g{revision}"], "2.md": ["everyone"]})
        assert len(rig.texts("pump", BEN)["sparse"]) == 10
    assert rig.projections.sparse.mark().size == 10
    assert int(rig.projections.dense._mapped().slots["alive"].sum()) == 10


def test_a_sync_that_brings_nothing_writes_no_file_of_terms(rig: LocalRig) -> None:
    rig.publish(*PAGES)
    files = rig.projections.sparse.mark()
    before = sorted((rig.folder / "index" / "sparse" / f"terms.{files.generation}").iterdir())
    rig.publish(removed=["no such page.md"])
    assert sorted((rig.folder / "index" / "sparse" / f"terms.{files.generation}").iterdir()) == before
    assert len(rig.search("pump", BEN, k=30)["sparse"]) == len(PAGES)


def test_a_dense_leg_of_dead_entries_is_compacted(rig: LocalRig) -> None:
    pages = [document(f"{n}.md", "pump " * 150) for n in range(30)]
    for revision in range(4):
        rig.publish(*(document(page.path, page.text + str(revision)) for page in pages))
    mark = rig.projections.dense.mark()
    assert mark.generation > 1
    assert mark.size < 1_500
    assert len(rig.search("pump", BEN, k=2000)["dense"]) == 30 * 19


def test_a_small_change_does_not_touch_the_graph_and_a_large_one_extends_it(tmp_path: Path) -> None:
    with LocalRig(tmp_path, exact_up_to=20) as rig:
        rig.publish(*PAGES)
        first = rig.projections.dense.mark()
        assert first.graphed == 30
        rig.publish(document("30.md", "pump number 30"))
        assert rig.projections.dense.mark().graphed == 30
        assert "pump number 30" in rig.texts("pump number 30", BEN, k=1)["dense"]
        rig.publish(*(document(f"{n}.md", f"pump number {n}") for n in range(31, 40)))
        assert rig.projections.dense.mark().graphed == 40
        assert len(rig.texts("pump", BEN, k=60)["dense"]) == 40


def test_a_graph_that_was_built_but_not_noted_is_not_extended(tmp_path: Path) -> None:
    with LocalRig(tmp_path, exact_up_to=20) as rig:
        rig.publish(*PAGES)
        old = read_mark(rig.files / "dense")
        rig.publish(*(document(f"{n}.md", f"pump number {n}") for n in range(30, 60)))
        now = read_mark(rig.files / "dense")
        # As a kill between the two leaves it: the graph covers 60, the mark knows of 30.
        write_mark(rig.files / "dense", Mark(**{name: getattr(old, name) for name in old.__slots__} | {
            "graph_bytes": now.graph_bytes,
        }))  # fmt: skip
    with LocalRig(tmp_path, exact_up_to=20) as rig:
        assert len(rig.texts("pump", BEN, k=99)["dense"]) == 60
        assert rig.projections.dense.mark().graphed == 60


def test_the_graph_finds_nearly_all_that_a_scan_finds(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((60, 64))
    vectors = centres[rng.integers(0, 60, 4_000)] + 0.6 * rng.standard_normal((4_000, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    items = [
        Indexable(
            chunk_id=n + 1, document_id=n + 1, access_id=1 + n % 10, status="approved", text="", language="",
            text_key=str(n), facets=(),
        )
        for n in range(4_000)
    ]  # fmt: skip
    legs = {}
    for name, limit in (("exact", 50_000), ("graph", 100)):
        leg = legs[name] = DenseLeg(tmp_path / name, BagEmbedder(), exact_up_to=limit)
        leg.apply(
            [items],
            [],
            [],
            lambda keys: {key: vectors[int(key)] for key in keys},
            Mark(added=4_000),
            rebuild=True,
        )
    for share, visible in ((1.0, range(1, 11)), (0.5, range(1, 6)), (0.1, range(1, 2))):
        found = wanted = 0
        for place in rng.integers(0, 4_000, 60):
            query = vectors[place] + 0.3 * rng.standard_normal(64).astype(np.float32)
            query /= np.linalg.norm(query)
            lists = {
                name: {
                    one.chunk_id
                    for one in leg.search(
                        query, visible=frozenset(visible), filter_=Filter(), carrying=None, limit=100
                    )
                }
                for name, leg in legs.items()
            }
            assert len(lists["graph"]) == 100
            found += len(lists["exact"] & lists["graph"])
            wanted += len(lists["exact"])
        assert found / wanted >= 0.98, f"recall {found / wanted:.3f} with {share:.0%} visible"


def test_what_retention_deleted_leaves_a_projection_that_was_away(tmp_path: Path) -> None:
    with LocalRig(tmp_path / "here") as here:
        url = sqlite_url(tmp_path / "here" / "records.sqlite")
        here.publish(document("a.md", "pump one"), document("b.md", "pump two"))
        with LocalRig(tmp_path / "away", url=url) as away:
            assert len(away.texts("pump", BEN)["dense"]) == 2
        here.publish(removed=["a.md"])
        with here.database.write() as connection:
            now = datetime.now(UTC) + timedelta(days=31)
            assert purge(connection, RetentionSettings(), now).revisions == 1
        with LocalRig(tmp_path / "away", url=url) as away:
            assert away.texts("pump", BEN)["dense"] == ["pump two"]
            slots = away.projections.dense._mapped().slots
            assert slots["chunk"][slots["alive"] == 1].tolist() == [2]


def test_what_was_forgotten_leaves_every_file_with_the_next_query(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(document("a.md", "zanzibarquokka pump"), document("b.md", "pump two"))
    assert len(elsewhere.texts("pump", BEN)["sparse"]) == 2
    assert frequency(elsewhere, "zanzibarquokka") == 1
    with here.database.write() as connection:
        forget_document(connection, SOURCE, "a.md")
    assert elsewhere.texts("zanzibarquokka", BEN) == {"sparse": [], "dense": ["pump two"]}
    # Not even as a term without a document: the files were built anew from what is left.
    assert frequency(elsewhere, "zanzibarquokka") == 0
    assert [path.name for path in (here.files / "sparse").glob("terms.*")] == ["terms.2"]
    assert here.projections.dense.mark().size == 1
    assert here.texts("pump", BEN) == {"sparse": ["pump two"], "dense": ["pump two"]}


def frequency(rig: LocalRig, term: str) -> int:
    opened = rig.projections.sparse._opened
    assert opened is not None
    return int(opened.index.searcher().doc_freq("body", f"en:{term}"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_under_the_index_loses_nothing_published(tmp_path: Path, small_disk: Path) -> None:
    url = sqlite_url(tmp_path / "records.sqlite")
    with LocalRig(small_disk, url=url) as rig:
        rig.publish(document("a.md", "pump one"))
        many = [
            document(f"{n}.md", f"valve {n} " + " ".join(f"w{n * i}" for i in range(90))) for n in range(300)
        ]
        with pytest.raises(StorageError, match=r"free space.*nothing published was lost"):
            rig.publish(*many)
        assert rig.texts("pump", BEN) == {"sparse": ["pump one"], "dense": ["pump one"]}
    with LocalRig(tmp_path / "roomy", url=url) as roomy:
        assert roomy.texts("pump", BEN)["sparse"] == ["pump one"]
        assert roomy.publish() == 2
        assert len(roomy.texts("valve", BEN, k=999)["sparse"]) == 300


def shown(rig: LocalRig) -> dict[str, set[tuple[str, float]]]:
    """Return what both legs show, with the cosines, which are the same in every build."""
    found = rig.search("pump number 7", BEN, k=99)
    return {
        "sparse": {(hit.text, 0.0) for hit in found["sparse"]},
        "dense": {(hit.text, round(hit.score, 4)) for hit in found["dense"]},
    }
