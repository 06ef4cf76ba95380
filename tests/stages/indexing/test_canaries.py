"""The standing leak test notices every broken filter, and leaves no trace of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from holdfast.domain.access import EVERYONE, Principal
from holdfast.domain.indexing import LeakTest
from holdfast.errors import StorageError
from holdfast.stages.indexing import canaries
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.dense_files import SLOT
from holdfast.stages.indexing.marks import read_mark, write_mark
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.storage import counters
from holdfast.storage.schema import access_entries, access_lists, documents
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

OpenRig = Callable[..., LocalRig]
ANA = Principal(user="ana")
PAPERS = (
    document("open.md", "the pump hums"),
    document("sales.md", "the pump costs nine hundred", entries=["sales"]),
    document("legal.md", "the pump contract", entries=["legal", "sales"]),
    document("kim.md", "the rebate of kim", entries=["user:kim"]),
    document("closed.md", "the plan of the pump", entries=[]),
)


def leak_test_of(rig: LocalRig, *papers: Any) -> LeakTest:
    writer = rig.writer()
    rig.write(writer, papers)
    writer.publish()
    assert writer.leak_test is not None
    return writer.leak_test


def quarantine(rig: LocalRig) -> str:
    with rig.database.read() as connection:
        return counters.remembered(connection, counters.QUARANTINE)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# --- what it does when nothing is wrong ---


def test_every_access_list_in_use_has_a_canary_and_every_entry_asks(rig: LocalRig) -> None:
    found = leak_test_of(rig, *PAPERS)
    assert (found.canaries, found.askers) == (5, 4)  # a stranger, sales, legal, kim
    assert found.took_ms > 0
    assert (leak_test_of(rig).canaries, leak_test_of(rig).askers) == (5, 4)  # also when nothing is new


def test_an_index_of_nothing_has_nothing_to_test(rig: LocalRig) -> None:
    assert leak_test_of(rig).canaries == 0


@pytest.mark.parametrize("exact_up_to", [50_000, 3])
def test_canaries_are_in_no_list_no_count_and_no_file_afterwards(open_rig: OpenRig, exact_up_to: int) -> None:
    here, elsewhere = (open_rig(exact_up_to=exact_up_to) for _ in range(2))
    leak_test_of(here, *PAPERS, *(document(f"{n}.md", f"the pump number {n}") for n in range(20)))
    everybody = Principal(user="kim", groups=frozenset({"sales", "legal"}))
    before = {rig: rig.search("the pump", everybody, k=100) for rig in (here, elsewhere)}
    left = files(here.folder)
    size = here.projections.dense.mark().size
    leak_test_of(here)
    assert files(here.folder) == left
    assert not [name for name in left if "canaries" in name]
    for rig in (here, elsewhere):
        after = rig.search("the pump", everybody, k=100)
        assert after == before[rig]  # the same hits with the same scores: no statistic has moved
        assert all(hit.chunk_id > 0 for hits in after.values() for hit in hits)
    assert here.writer().chunk_count() == 25
    assert here.projections.dense.mark().size == size
    (slots,) = here.files.glob("dense/slots.*")
    assert slots.stat().st_size == size * SLOT.itemsize


def test_scores_are_those_of_an_index_that_was_never_tested(
    open_rig: OpenRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = Principal(user="kim", groups=frozenset({"sales", "legal"}))
    rig = open_rig()
    rig.publish(*PAPERS)
    rig.publish()
    monkeypatch.setattr(canaries.Canaries, "test", lambda *_, **__: LeakTest(canaries=0, askers=0))
    with LocalRig(tmp_path / "never") as never:
        never.publish(*PAPERS)
        assert never.search("the pump costs", everybody) == rig.search("the pump costs", everybody)


def test_what_a_killed_test_left_is_swept_away(rig: LocalRig) -> None:
    leak_test_of(rig, *PAPERS)
    (rig.files / "sparse" / "canaries.1").mkdir()
    (rig.files / "sparse" / "canaries.1" / "x").touch()
    (slots,) = rig.files.glob("dense/slots.*")
    with slots.open("ab") as file:
        file.write(b"\x01" * 30)
    assert leak_test_of(rig).canaries == 5
    assert not list(rig.files.glob("sparse/canaries.*"))
    assert len(rig.texts("pump", ANA)["sparse"]) == 1


def test_of_hundreds_of_lists_each_has_its_turn(rig: LocalRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "MOST", 4)
    papers = [document(f"{n}.md", f"pump {n}", entries=[f"g{n}"]) for n in range(10)]
    turns = [leak_test_of(rig, *papers), leak_test_of(rig), leak_test_of(rig), leak_test_of(rig)]
    assert [turn.canaries for turn in turns] == [4, 4, 4, 4]
    assert [turn.askers for turn in turns] == [5, 5, 5, 5]
    assert [turn.last for turn in turns] == [4, 8, 2, 6]


def test_a_change_of_access_in_the_midst_of_it_begins_it_anew(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    leak_test_of(here, *PAPERS)
    caught_up = here.projections.catch_up
    moves = [{"sales.md": ["everyone"]}, {"sales.md": ["board"]}]

    def catch_up(**options: Any) -> bool:
        done = caught_up(**options)
        if moves:
            elsewhere.refile(moves.pop())
        return done

    here.projections.catch_up = catch_up  # type: ignore[method-assign]
    assert leak_test_of(here, document("new.md", "a new pump")).canaries == 4  # [sales] is in use no more
    assert moves == []


# --- sabotage: each leg, both ways, and the records ---


class BlindSparse(SparseLeg):
    """Searches without the access filter."""

    def _inside(self, index: Any, gates: Any, filter_: Any) -> list[Any]:
        return []


class ShutSparse(SparseLeg):
    """Lets the first access list through only."""

    def search(self, text: str, *, visible: frozenset[int], **rest: Any) -> Any:
        return super().search(text, visible=frozenset(sorted(visible)[:1]), **rest)


class BlindDense(DenseLeg):
    """Masks nothing out."""

    def _mask(self, view: Any, *rest: Any) -> Any:
        return np.ones(len(view.slots), dtype=bool), len(view.slots)


class ShutDense(DenseLeg):
    """Masks out what it should show."""

    def _mask(self, view: Any, *rest: Any) -> Any:
        return np.zeros(len(view.slots), dtype=bool), 0


class StuckDense(DenseLeg):
    """Keeps the mask of whoever asked first."""

    def _mask(self, view: Any, visible: frozenset[int], *rest: Any) -> Any:
        first = next(iter(view.masks), None)
        return view.masks[first] if first else super()._mask(view, visible, *rest)


def broken(rig: LocalRig, leg: type[SparseLeg | DenseLeg]) -> None:
    if issubclass(leg, SparseLeg):
        rig.projections.sparse = leg(rig.files / "sparse", rig.projections.sparse._analyser)
    else:
        rig.projections.dense = leg(rig.files / "dense", rig.embedder, exact_up_to=50_000)


@pytest.mark.parametrize(
    ("leg", "words"),
    [
        (BlindSparse, r"the sparse leg showed a canary of .* to a stranger"),
        (ShutSparse, r"the sparse leg does not find a canary of"),
        (BlindDense, r"the dense leg showed a canary of .* to a stranger"),
        (ShutDense, r"the dense leg does not find a canary of"),
        (StuckDense, r"the dense leg (does not find|showed) a canary of"),
    ],
)
def test_a_broken_filter_fails_the_sync_and_readers_stay_where_they_were(
    open_rig: OpenRig, leg: type[SparseLeg | DenseLeg], words: str
) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(*PAPERS)
    broken(here, leg)
    writer = here.writer()
    here.write(writer, [document("new.md", "a new pump")])
    with pytest.raises(StorageError, match=rf"version 2 is in quarantine: {words}.*stay on version 1\. Run"):
        writer.publish()
    assert elsewhere.index.version == 1
    assert elsewhere.texts("new pump", ANA)["sparse"] == ["the pump hums"]
    assert "version 2 is in quarantine" in quarantine(here)
    # With the fault gone, the next sync builds both legs anew, tests them and publishes what waited.
    assert leak_test_of(elsewhere).canaries == 5
    assert elsewhere.index.version == 2
    assert quarantine(elsewhere) == ""
    assert "a new pump" in elsewhere.texts("new pump", ANA)["sparse"]


def test_a_fault_is_found_by_a_sync_that_brings_nothing_new(rig: LocalRig) -> None:
    rig.publish(*PAPERS)
    broken(rig, BlindDense)
    with pytest.raises(StorageError, match="quarantine"):
        rig.publish()


def test_an_access_column_that_was_written_wrongly_is_found_and_healed(
    rig: LocalRig, open_rig: OpenRig
) -> None:
    rig.publish(*PAPERS)
    (file,) = rig.files.glob("dense/slots.*")
    slots = np.memmap(file, dtype=SLOT, mode="r+")
    with rig.database.read() as connection:
        is_open = sa.select(documents.c.access_id).where(documents.c.path == "open.md")
        slots["access"] = connection.execute(is_open).scalar_one()
    slots.flush()
    write_mark(file.parent, replace(read_mark(file.parent), sums={}))  # as if it had been written so
    with pytest.raises(
        StorageError, match=r"the dense leg proposed chunk \d+, which is for .* to a stranger"
    ):
        rig.publish(document("new.md", "a new pump"))
    # The records have the last word, so nobody saw anything meanwhile.
    assert set(open_rig().texts("pump", ANA)["dense"]) == {"the pump hums"}
    assert leak_test_of(rig).canaries == 5
    assert np.fromfile(next(iter(rig.files.glob("dense/slots.*"))), dtype=SLOT)["access"].tolist() != [1] * 6


def test_a_damaged_gate_of_the_sparse_leg_is_found(rig: LocalRig) -> None:
    rig.publish(*PAPERS)
    with rig.database.read() as connection:
        one = connection.execute(sa.select(documents.c.access_id).where(documents.c.path == "open.md"))
        number = one.scalar_one()
    leg = rig.projections.sparse
    gated = leg._document
    leg._document = lambda one: gated(  # type: ignore[method-assign]
        one
        if one.chunk_id < 0
        else type(one)(**{f: getattr(one, f) for f in one.__slots__} | {"access_id": number})
    )
    with pytest.raises(StorageError, match=r"the sparse leg proposed chunk \d+, which is for"):
        rig.writer().publish(rebuild=True)


def test_an_entry_that_slipped_into_an_access_list_is_found(rig: LocalRig) -> None:
    rig.publish(*PAPERS)
    with rig.database.write() as connection:
        sales = connection.execute(
            sa.select(access_lists.c.id).where(access_lists.c.entries == '["sales"]')
        ).scalar_one()
        connection.execute(sa.insert(access_entries).values(access_id=sales, entry=EVERYONE))
    with pytest.raises(StorageError, match=r"showed a canary of \[sales\] to a stranger"):
        rig.publish()


def test_an_entry_that_got_lost_is_found(rig: LocalRig) -> None:
    rig.publish(*PAPERS)
    with rig.database.write() as connection:
        connection.execute(sa.delete(access_entries).where(access_entries.c.entry == "user:kim"))
    with pytest.raises(StorageError, match=r"does not find a canary of \[user:kim\] for user:kim"):
        rig.publish()


def test_a_last_word_that_says_nothing_is_found(rig: LocalRig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.publish(*PAPERS)
    told = canaries.load_hits

    def blind(connection: Any, numbers: Any, *, principal: Principal, **rest: Any) -> Any:
        groups = frozenset({"sales", "legal"})
        return told(connection, numbers, principal=Principal(user="kim", groups=groups), **rest)

    monkeypatch.setattr(canaries, "load_hits", blind)
    with pytest.raises(StorageError, match="the records let a stranger see chunk"):
        rig.publish()


def test_a_revision_that_ends_does_not_count_as_a_leak(rig: LocalRig) -> None:
    rig.publish(document("a.md", "the open pump"))
    found = leak_test_of(rig, document("a.md", "the closed pump", entries=["sales"]))
    assert (found.canaries, found.askers) == (1, 2)
