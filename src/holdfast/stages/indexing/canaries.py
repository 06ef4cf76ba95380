"""The standing leak test: plant a canary for each access list, and ask for it as everybody else.

A canary is a chunk that nobody wrote. It lies in copies of the two legs that no reader opens (the same
files, a few entries more), so it never counts in a BM25 statistic, a list or a figure; it is in no record,
so the records would drop it. Each is asked for as one who may see it, as members of every other list and
as a stranger. What else a leg proposes meanwhile, and what the records let through, is compared with the
access lists as they are written: a rotating sample of real chunks.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from holdfast.domain.access import EVERYONE, USER_PREFIX, Principal
from holdfast.domain.indexing import LeakTest
from holdfast.domain.queries import Filter, FloatArray
from holdfast.errors import StorageError
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.storage import feed
from holdfast.storage.access_lists import entries_of_lists, newest_documents, visible_to
from holdfast.storage.database import Database
from holdfast.storage.feed import Indexable
from holdfast.storage.hits import load_hits
from holdfast.storage.known import moment_of
from holdfast.storage.witnesses import Witness, lists_of_chunks, witnesses_of

MOST = 24
"""Canaries of one sync, and principals that ask; with more lists the next sync goes on with the next."""
SAMPLE = 200
"""Real chunks of each leg that are looked at for each principal that asks."""
SHOWN = 5
"""Entries of a list that a message names."""
TRIES = 5
"""Tests begun anew when another process changed access meanwhile."""
LANGUAGE = "en"
_LETTERS = "bcdfghjkmpqvwxz"
"""A word of these is no word of any language, and no stemmer shortens it."""
_NO_FILTER = Filter()


class LeakFound(Exception):
    """What the test saw, in words; turned into a StorageError by whoever publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planted:
    """The canaries of one test, their word and their vector."""

    lists: Mapping[int, frozenset[str]]
    """All access lists in use, by number, with their entries as they are written."""
    numbers: tuple[int, ...]
    """The lists that have a canary; the canary of `numbers[i]` is chunk `-1 - i`."""
    word: str
    vector: FloatArray

    def chunks(self) -> list[Indexable]:
        """Return the canaries as the legs take them in."""
        return [
            Indexable(
                chunk_id=-1 - at, document_id=-1 - at, access_id=number, status="approved", text=self.word,
                language=LANGUAGE, text_key=self.word, facets=(),
            )
            for at, number in enumerate(self.numbers)
        ]  # fmt: skip

    def open_to(self, principal: Principal) -> frozenset[int]:
        """Return the lists that let the principal in, by what is written and not by what is looked up."""
        mine = principal.entries
        return frozenset(number for number, entries in self.lists.items() if not entries.isdisjoint(mine))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legs:
    sparse: SparseLeg
    dense: DenseLeg | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    """One who asks, with the lists that searches look up for them, and those that are written for them."""

    principal: Principal
    visible: frozenset[int]
    may_see: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proposed:
    """The real chunks that one leg proposed to one principal."""

    leg: str
    asker: _Asker
    chunks: frozenset[int]


class Canaries:
    """Tests both legs and the records' last word over one index."""

    def __init__(self, database: Database, projections: Projections, *, dimension: int) -> None:
        self._database = database
        self._projections = projections
        self._dimension = dimension

    def test(self, *, version: int, after: int) -> LeakTest:
        """Plant, ask, remove; raise LeakFound with what was seen.

        `version` is the one about to be published; `after` the last list that the test before this one
        had a canary for.
        """
        started = time.perf_counter()
        for _ in range(TRIES):
            found = self._tested(version, after)
            if found is not None:
                took_ms = (time.perf_counter() - started) * 1000
                return LeakTest(canaries=found[0], askers=found[1], last=found[2], took_ms=took_ms)
            # Another process gave a document another access list since the legs caught up.
            self._projections.catch_up(publishing=True)
        raise StorageError(
            "access lists changed all the while, so the leak test could not be made",
            stage="indexing",
            move="Run `holdfast sync` again when they have settled; nothing published was lost.",
        )

    def _tested(self, version: int, after: int) -> tuple[int, int, int] | None:
        """Return canaries, askers and the last list; None when the legs lag behind the records."""
        with self._database.read() as connection:
            moment, newest = moment_of(connection), newest_documents(connection)
            planted = self._planted(entries_of_lists(connection, newest), after)
        if not planted.numbers:
            return 0, 0, 0
        with (
            self._projections.with_canaries(planted.chunks(), planted.vector) as (sparse, dense),
            self._database.read() as connection,
        ):
            # Under the writers' lock the legs stand still, and this read is one moment of the records.
            if not self._projections.follows(feed.state(connection).filed):
                return None
            # Where no document changed since, the lists are the same and need not be gathered again.
            if moment_of(connection) != moment:
                newest = newest_documents(connection)
                if newest.keys() - planted.lists.keys():
                    return None
            askers = _askers(planted)
            witnesses = witnesses_of(
                connection, {number: newest[number] for number in planted.numbers if number in newest}
            )
            legs, proposals = _Legs(sparse=sparse, dense=dense), list[_Proposed]()
            for principal in askers:
                asker = _Asker(
                    principal=principal,
                    visible=visible_to(connection, principal),
                    may_see=planted.open_to(principal),
                )
                proposals += _ask(asker, planted, witnesses, legs)
                _compare_records(connection, asker, planted, witnesses, version)
            _compare_chunks(connection, proposals, planted)
        return len(planted.numbers), len(askers), planted.numbers[-1]

    def _planted(self, lists: Mapping[int, frozenset[str]], after: int) -> _Planted:
        ordered = sorted(lists, key=lambda number: (number <= after, number))
        rng = np.random.default_rng(secrets.randbits(64))
        vector = rng.standard_normal(self._dimension).astype(np.float32)
        return _Planted(
            lists=lists,
            numbers=tuple(ordered[:MOST]),
            word="".join(secrets.choice(_LETTERS) for _ in range(20)),
            vector=vector / np.linalg.norm(vector),
        )


def _askers(planted: _Planted) -> list[Principal]:
    """Return a stranger, one who is in each list that has a canary, and others that these lists name."""
    rng = random.Random(planted.word)  # noqa: S311 -- no secret, but the same for one word
    wanted: dict[str, None] = {}
    for number in planted.numbers:
        named = sorted(planted.lists[number] - {EVERYONE})
        if named and wanted.keys().isdisjoint(named):
            wanted[rng.choice(named)] = None
    others = sorted({entry for number in planted.numbers for entry in planted.lists[number]} - {EVERYONE})
    rng.shuffle(others)
    wanted.update(dict.fromkeys(others))
    return [Principal(user=planted.word), *(_member(entry, planted.word) for entry in list(wanted)[:MOST])]


def _member(entry: str, stranger: str) -> Principal:
    if entry.startswith(USER_PREFIX):
        return Principal(user=entry.removeprefix(USER_PREFIX))
    return Principal(user=stranger, groups=frozenset({entry}))


def _ask(asker: _Asker, planted: _Planted, witnesses: Sequence[Witness], legs: _Legs) -> Iterator[_Proposed]:
    """Ask both legs as one principal; raise LeakFound for a canary, yield the real chunks they propose."""
    visible = asker.visible
    closed = [witness for witness in witnesses if witness.access_id not in asker.may_see]
    limit = len(planted.numbers) + SAMPLE
    # The canaries' word many times, so that no chunk that shares words with a witness comes before them.
    text = " ".join([planted.word] * 50 + [witness.text[:200] for witness in closed[:2]])
    found = {"sparse": legs.sparse.search(text, visible=visible, filter_=_NO_FILTER, limit=limit)}
    if legs.dense is not None:
        found["dense"] = legs.dense.search(
            planted.vector, visible=visible, filter_=_NO_FILTER, carrying=None, limit=limit
        )
    for leg, candidates in found.items():
        numbers = [one.chunk_id for one in candidates]
        _compare_canaries(leg, asker, planted, numbers)
        real = frozenset(number for number in numbers if number >= 0)
        yield _Proposed(leg=leg, asker=asker, chunks=real)


def _compare_records(
    connection: sa.Connection,
    asker: _Asker,
    planted: _Planted,
    witnesses: Sequence[Witness],
    version: int,
) -> None:
    asked = [witness.chunk_id for witness in witnesses] + [-1 - at for at in range(len(planted.numbers))]
    loaded = load_hits(connection, asked, version=version, principal=asker.principal, filter_=_NO_FILTER)
    expected = {witness.chunk_id for witness in witnesses if witness.access_id in asker.may_see}
    for number in loaded.keys() - expected:
        raise LeakFound(f"the records let {_name(asker, planted)} see chunk {number}, not meant for them")
    for number in expected - loaded.keys():
        raise LeakFound(f"the records keep chunk {number} from {_name(asker, planted)}, who may see it")


def _compare_canaries(leg: str, asker: _Asker, planted: _Planted, found: Sequence[int]) -> None:
    seen = {planted.numbers[-1 - number] for number in found if number < 0}
    wanted = asker.may_see.intersection(planted.numbers)
    for number in sorted(seen - wanted):
        raise LeakFound(
            f"the {leg} leg showed a canary of {_shown(planted.lists[number])} to {_name(asker, planted)}"
        )
    for number in sorted(wanted - seen):
        raise LeakFound(
            f"the {leg} leg does not find a canary of {_shown(planted.lists[number])} "
            f"for {_name(asker, planted)}"
        )


def _compare_chunks(connection: sa.Connection, proposals: Sequence[_Proposed], planted: _Planted) -> None:
    """Raise LeakFound for a real chunk that a leg proposed to one who may not see it by what is written."""
    access = lists_of_chunks(connection, sorted({chunk for one in proposals for chunk in one.chunks}))
    for one in proposals:
        for chunk in one.chunks & access.keys():
            if access[chunk] not in one.asker.may_see:
                entries = planted.lists.get(access[chunk], frozenset())
                raise LeakFound(
                    f"the {one.leg} leg proposed chunk {chunk}, which is for {_shown(entries)}, "
                    f"to {_name(one.asker, planted)}"
                )


def _name(asker: _Asker, planted: _Planted) -> str:
    user, groups = asker.principal.user, asker.principal.groups
    if groups:
        return f"a member of {', '.join(groups)}"
    return "a stranger" if user == planted.word else f"{USER_PREFIX}{user}"


def _shown(entries: frozenset[str]) -> str:
    names = sorted(entries)
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return f"[{', '.join(names[:SHOWN] + more)}]" if entries else "nobody"
