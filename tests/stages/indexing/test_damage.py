"""Bytes that were overwritten in the midst of an index file are noticed, told, and built anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.stages.indexing import sums
from holdfast.stages.indexing.marks import read_mark, write_mark
from holdfast.stages.indexing.sums import Look, Part, sum_of
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

BEN = Principal(user="ben")
SALES = Principal(user="ana", groups=frozenset({"sales"}))
PAGES = [
    document(f"{n}.md", f"pump number {n}", entries=["sales"] if n % 3 == 0 else ["everyone"])
    for n in range(30)
]
PLACES = (0.0, 0.02, 0.3, 0.6, 0.97)
"""Where in a file bytes are overwritten, as a share of its length."""


def opened(folder: Path) -> LocalRig:
    return LocalRig(folder, exact_up_to=10)


def shown(rig: LocalRig) -> dict[str, list[tuple[str, float]]]:
    """Return what both legs show, with the cosines, which are the same in every build."""
    return {
        f"{principal.user} {leg}": sorted(
            (hit.text, round(hit.score, 4) if leg == "dense" else 0.0) for hit in hits
        )
        for principal in (BEN, SALES)
        for leg, hits in rig.search("pump number 7", principal, k=99).items()
    }


def files_of(folder: Path) -> list[Path]:
    """Return every file that holds something of the index."""
    left_out = {"lock", sums.NAME, ".managed.json"}
    return sorted(
        path
        for path in (folder / "index").rglob("*")
        if path.is_file() and path.name not in left_out and path.suffix != ".lock"
    )


def flip(path: Path, place: float, count: int = 8) -> None:
    """Overwrite bytes where they stand; size and end stay as they are."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(min(int(size * place), max(0, size - 120 - count)))
        was = file.read(count)
        file.seek(-len(was), os.SEEK_CUR)
        file.write(bytes(255 - one for one in was))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with opened(folder) as rig:
        rig.publish(*PAGES)
        rig.publish(document("30.md", "pump number 30"), removed=["4.md"])
        rig.refile({"5.md": ["sales"]})
        shown(rig)
    return folder


@pytest.fixture(scope="module")
def expected(whole: Path) -> dict[str, list[tuple[str, float]]]:
    with opened(whole) as rig:
        return shown(rig)


def damaged_copies(whole: Path, folder: Path, place: float) -> Iterator[tuple[str, Path]]:
    """Yield copies of an index, each with a stretch of another kind of its files overwritten."""
    kinds = {(path.parent.name.partition(".")[0], path.suffix or path.name): path for path in files_of(whole)}
    for number, path in enumerate(kinds.values()):
        copy = folder / str(number)
        shutil.copytree(whole, copy)
        flip(copy / path.relative_to(whole), place)
        yield path.name, copy


def test_overwritten_bytes_are_noticed_wherever_they_are(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as rig:
        assert rig.projections.broken(Look.EVERYTHING) == ()
        for path in files_of(tmp_path):
            for place in PLACES:
                flip(path, place)
                told = rig.projections.broken(Look.EVERYTHING)
                assert [name for name in told if path.name in name or "links" in name], (path, place)
                flip(path, place)
        assert rig.projections.broken(Look.EVERYTHING) == ()


def test_a_search_after_damage_shows_what_it_showed_before(
    whole: Path, expected: dict[str, list[tuple[str, float]]], tmp_path: Path
) -> None:
    for name, copy in damaged_copies(whole, tmp_path, 0.3):
        with opened(copy) as rig:
            assert shown(rig) == expected, name
            if rig.projections.broken(Look.EVERYTHING) == ():
                writer = rig.writer()
                writer.publish()
                assert writer.mended, name


def test_a_sync_after_damage_says_so_and_builds_anew(
    whole: Path, expected: dict[str, list[tuple[str, float]]], tmp_path: Path
) -> None:
    for name, copy in damaged_copies(whole, tmp_path, 0.6):
        with opened(copy) as rig:
            writer = rig.writer()
            writer.publish()
            assert writer.mended, name
            assert rig.projections.broken(Look.EVERYTHING) == (), name
            assert shown(rig) == expected, name


def test_damage_that_leaves_no_trace_in_the_times_of_a_file_is_found_by_who_reads_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
        (file,) = rig.files.glob("dense/vectors.*")
        before = file.stat()
        flip(file, 0.5)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert rig.projections.broken(Look.SYNC) == ()
        assert rig.projections.broken(Look.EVERYTHING) == ("dense/vectors.1",)
        monkeypatch.setattr(sums, "AGAIN_S", -1.0)  # as a day later
        writer = rig.writer()
        writer.publish()
        assert writer.mended == ("dense/vectors.1",)


def test_what_holdfast_itself_writes_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: Path, **where: int) -> int:
        read.append(path.name.partition(".")[0])
        return sum_of(path, **where)

    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
        monkeypatch.setattr(sums, "sum_of", noted)
        for number in range(40, 43):
            rig.publish(document(f"{number}.md", f"pump number {number}"), removed=[f"{number - 40}.md"])
            rig.refile({"7.md": ["sales", f"g{number}"]})
            shown(rig)
    with opened(tmp_path) as rig:
        shown(rig)
        rig.publish()
    assert "vectors" not in read
    assert "graph" not in read


def test_an_open_process_goes_on_when_files_are_damaged_under_it(
    whole: Path, expected: dict[str, list[tuple[str, float]]], tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as rig:
        assert shown(rig) == expected
        for kind in (".term", ".idx", ".fast", ".fieldnorm"):
            for path in rig.files.glob(f"sparse/terms.*/*{kind}"):
                flip(path, 0.0, count=400)
        writer = rig.writer()
        writer.publish()
        assert writer.mended
        assert shown(rig) == expected


GRAPH = """
import sys
from pathlib import Path
from holdfast.domain.access import Principal
from holdfast.testing.indexes import LocalRig
with LocalRig(Path(sys.argv[1]), exact_up_to=10) as rig:
    print(len(rig.texts("pump number 7", Principal(user="ben"), k=5)["dense"]))
"""


def test_a_graph_with_wrong_neighbours_does_not_end_the_process(tmp_path: Path) -> None:
    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
    (file,) = (tmp_path / "index").glob("dense/graph.*")
    links = 8 + len(PAGES) * 64
    with file.open("r+b") as graph:
        graph.seek(links + 900)
        graph.write(b"\xfe" * 400)
    command = [sys.executable, "-c", GRAPH, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr


CUT_UNDER_IT = """
import os, shutil, sys
from pathlib import Path
from holdfast.domain.access import Principal
from holdfast.testing.indexes import LocalRig
whole, folder = map(Path, sys.argv[1:])
for number, kind in enumerate(("slots", "vectors", "graph", "term", "idx", "fast", "fieldnorm", "store")):
    shutil.copytree(whole, folder / str(number))
    with LocalRig(folder / str(number), exact_up_to=10) as rig:
        for _ in range(2):
            found = rig.texts("pump number 7", Principal(user="ben"), k=5)
            print(kind, len(found["sparse"]), len(found["dense"]), flush=True)
            for path in rig.files.rglob("*.*"):
                if kind in (path.stem, path.suffix[1:]):
                    os.truncate(path, 0)
"""


def test_files_that_are_cut_under_an_open_process_do_not_end_it(whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CUT_UNDER_IT, str(whole), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    kinds = ("slots", "vectors", "graph", "term", "idx", "fast", "fieldnorm", "store")
    told = [f"{kind} 5 5" for kind in kinds for _ in range(2)]
    assert (done.returncode, done.stdout.splitlines()) == (0, told), done.stderr


def test_a_graph_that_was_begun_in_half_precision_is_searched_and_extended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.stages.indexing.graph.PRECISION", "f16")
    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
        before = shown(rig)
    monkeypatch.undo()
    with opened(tmp_path) as rig:
        assert shown(rig) == before
        assert rig.projections.broken(Look.EVERYTHING) == ()
        rig.publish(*(document(f"{n}.md", f"pump number {n}") for n in range(30, 60)))
        mark = rig.projections.dense.mark()
        assert (mark.generation, mark.graphed) == (1, 60)
        assert "pump number 58" in [hit.text for hit in rig.search("pump number 58", BEN, k=99)["dense"]]
        (file,) = (tmp_path / "index").glob("dense/graph.*")
    flip(file, 0.05)
    with opened(tmp_path) as rig:
        assert rig.projections.broken(Look.EVERYTHING) == (f"dense/{file.name}",)


def test_an_index_of_a_release_without_sums_is_taken_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
        before = shown(rig)
        for leg in ("sparse", "dense"):
            folder = rig.files / leg
            (folder / sums.NAME).unlink()
            noted = json.loads((folder / "mark.json").read_text())
            del noted["sum"], noted["sums"]
            (folder / "mark.json").write_text(json.dumps(noted))
    with opened(tmp_path) as rig:
        assert shown(rig) == before
        writer = rig.writer()
        writer.publish()
        assert writer.mended == ()
        assert rig.projections.dense.mark().generation == 1
        assert {"slots", "vectors", "graph", "links"} <= rig.projections.dense.mark().sums.keys()


def test_a_change_that_a_kill_cut_short_is_no_damage(tmp_path: Path) -> None:
    with opened(tmp_path) as rig:
        rig.publish(*PAGES)
        folder = rig.files / "dense"
        mark = read_mark(folder)
        # As a kill in the midst leaves it: the mark says that entries are being changed, some of them are.
        write_mark(folder, replace(mark, sums={k: v for k, v in mark.sums.items() if k != "slots"}))
        flip(folder / "slots.1", 0.5, count=1)
        rig.refile({"1.md": ["sales"]})
        assert "pump number 1" not in rig.texts("pump", BEN)["dense"]
        assert rig.projections.dense.mark().generation == 1
        assert rig.projections.dense.mark().sums["slots"] == sum_of(folder / "slots.1")


def test_a_part_is_compared_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"onetwothree")
    assert sum_of(file, start=3, end=6, before=sum_of(file, end=3)) == sum_of(file, end=6)
    seen = sums.FoundWhole(tmp_path)
    part = Part(name="a", path=file, sum=sum_of(file, end=6), end=6)
    assert seen.broken([part], Look.SYNC) == []
    with file.open("ab") as more:
        more.write(b"four")
    assert sums.FoundWhole(tmp_path).broken([part], Look.EVERYTHING) == []
