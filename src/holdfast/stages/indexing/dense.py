"""The dense leg: cosine over the chunks' vectors, a projection in memory-mapped files.

Two files of one entry per chunk, append-only within a generation: `vectors` (float32) and `slots`
(chunk, document, access list, standing, whether alive). Access and standing are changed in place, so
a change of access costs no re-embedding and readers in other processes see it. Up to `exact_up_to`
visible vectors every one is compared, so a filter can never shorten the list; above that a usearch
graph narrows first and the entries after it are scanned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from holdfast.domain.hits import Candidate
from holdfast.domain.queries import Filter, FloatArray
from holdfast.loading import load
from holdfast.protocols import Embedder
from holdfast.stages.indexing.damage import are_states, unreadable
from holdfast.stages.indexing.dense_files import GRAPH, SLOT, STANDINGS, DenseFiles, rows_of
from holdfast.stages.indexing.marks import NAME as MARK
from holdfast.stages.indexing.marks import Mark, Stamp, read_mark, stamp_of, write_mark
from holdfast.stages.indexing.scan import nearest, nearest_of, scanned
from holdfast.stages.indexing.sums import Look
from holdfast.storage.feed import Indexable

FORMAT = 1
SURE_AT = 4
"""Visible ones that the graph is asked for one wanted; of real texts it finds .99 then, .974 at 2."""
MOST_ASKED = 4096
"""Beyond it a scan of the visible ones is cheaper."""
GRAPH_AGAIN = 0.1
"""Share of entries after the graph at which it is built again."""
COMPACT_FROM = 1_000
COMPACT_AT = 0.5
"""Share of dead entries at which the projection asks to be rebuilt."""

MASKS = 64
"""Masks kept: enough for the groups of a busy hour."""

Vectors = Callable[[Sequence[str]], Mapping[str, FloatArray]]
"""Vectors by text key, those that are missing left out."""
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """One generation's files as they were when they were mapped."""

    mark: Mark
    slots: npt.NDArray[Any]
    vectors: FloatArray
    graph: Any
    masks: dict[Any, tuple[BoolArray, int]] = field(default_factory=dict)
    """Which entries a set of access lists and a filter let through; they belong to these very files."""


class DenseLeg:
    """Vectors of one embedder in one folder; one writer at a time, readers map anew."""

    def __init__(
        self, folder: Path, embedder: Embedder, *, exact_up_to: int, view: _View | None = None
    ) -> None:
        self._folder = folder
        self._embedder = embedder
        self._exact_up_to = exact_up_to
        self._view = view
        self._made: tuple[int, DenseFiles] | None = None
        self._graph: tuple[tuple[int, ...], Any] | None = None
        """The graph that was opened last, with what tells its file from any other."""

    @property
    def signature(self) -> str:
        """Return what this code would make with its embedder; another mark is rebuilt."""
        return f"dense/{FORMAT} {self._embedder.fingerprint} {self._embedder.dimension}"

    @property
    def _files(self) -> DenseFiles:
        """Return the files; the dimension of an embedder may be known only when it is asked."""
        dimension = self._embedder.dimension
        if self._made is None or self._made[0] != dimension:
            self._made = dimension, DenseFiles(self._folder, dimension)
        return self._made[1]

    @property
    def stamp(self) -> Stamp | None:
        """Return what changes whenever a process writes this leg."""
        return stamp_of(self._folder)

    @property
    def entries(self) -> int:
        """Return how many entries are mapped for searching."""
        return self._view.mark.size if self._view is not None else 0

    def mark(self) -> Mark:
        """Return where the files stand; an empty mark when they are missing, cut short or another's."""
        mark = read_mark(self._folder)
        if mark.signature != self.signature or self._files.short(mark):
            return Mark(generation=mark.generation)
        return mark

    def broken(self, look: Look) -> list[str]:
        """Return which files hold other bytes than were written, of those that are due to be compared."""
        mark = read_mark(self._folder)
        if mark.signature == self.signature:
            return self._files.broken(mark, look)
        return [MARK] if mark.is_damaged_in(self._folder) else []

    # --- writing (under the projections' lock) ---

    def apply(
        self,
        added: Iterable[Sequence[Indexable]],
        refiled: Iterable[Sequence[Indexable]],
        removed: Sequence[int],
        vectors: Vectors,
        mark: Mark,
        *,
        rebuild: bool = False,
    ) -> None:
        """Append, refile and remove chunks; how many had no vector to append stands in the mark.

        A rebuild writes the next generation's files; readers keep the one before until it is whole.
        Raises IndexUnavailable where entries that are to be changed are damaged.
        """
        with self._files.own_change():
            now = read_mark(self._folder)
            if rebuild:
                now = self._files.next_generation(now)
            self._files.check(now, ("slots", *GRAPH))
            self._files.cut_tail(now)
            # Chunks that waited for their vectors come again; those that had theirs are in already.
            there = set(self._files.slots(now)["chunk"].tolist()) if now.missing else set()
            appended, missing = self._append(added, there, vectors, now)
            self._files.to_disk(now)
            noted = replace(
                mark, signature=self.signature, generation=now.generation, size=appended.size,
                graphed=now.graphed, graph_bytes=now.graph_bytes, missing=missing,
            )  # fmt: skip
            sums = dict(appended.sums)
            if self._change_in_place(now, noted, refiled, removed):
                sums.pop("slots", None)
            noted = self._graphed(noted)
            if noted.graphed != now.graphed:
                sums = {kind: sum_ for kind, sum_ in sums.items() if kind in ("slots", "vectors")}
            write_mark(self._folder, self._files.summed(noted, sums))
        self._files.remove_older(noted.generation)
        self._forget_view()

    def _append(
        self, added: Iterable[Sequence[Indexable]], there: set[int], vectors: Vectors, now: Mark
    ) -> tuple[Mark, int]:
        """Return where the entries end then, with their sums, and how many chunks had no vector."""
        files, size, missing = self._files, now.size, 0
        sums = dict(now.sums) if now.size else {"slots": 0, "vectors": 0}
        with files.path("slots", now).open("ab") as slots, files.path("vectors", now).open("ab") as matrix:
            for batch in added:
                fresh = [one for one in batch if one.chunk_id not in there]
                *rows, count = rows_of(fresh, vectors([one.text_key for one in fresh]))
                for kind, file, written in zip(("slots", "vectors"), (slots, matrix), rows, strict=True):
                    file.write(written)
                    if kind in sums:
                        sums[kind] = crc32(written, sums[kind])
                size += count
                missing += len(fresh) - count
        return replace(now, size=size, sums=sums), missing

    def _change_in_place(
        self, now: Mark, noted: Mark, refiled: Iterable[Sequence[Indexable]], removed: Sequence[int]
    ) -> bool:
        """Change entries where they stand; return whether there was anything to change."""
        batches = [batch for batch in refiled if batch]
        if not noted.size or not (batches or removed):
            return False
        if now.size:
            self._note_changing("slots")
        slots = np.memmap(self._files.path("slots", noted), dtype=SLOT, mode="r+", shape=(noted.size,))
        if removed:
            slots["alive"][np.isin(slots["chunk"], np.fromiter(removed, dtype=np.int64))] = 0
        place = {int(chunk): at for at, chunk in enumerate(slots["chunk"])} if batches else {}
        for one in (one for batch in batches for one in batch):
            if (at := place.get(one.chunk_id)) is not None:
                slots["access"][at] = one.access_id
                slots["standing"][at] = STANDINGS[one.status]
        slots.flush()
        return True

    def _graphed(self, mark: Mark) -> Mark:
        """Build the graph when there are more vectors than a scan is good for and it lags behind."""
        if mark.size <= self._exact_up_to or mark.size - mark.graphed <= GRAPH_AGAIN * mark.size:
            return mark
        if mark.graphed:
            self._note_changing(*GRAPH)
        path = self._files.path("graph", mark)
        load("holdfast.stages.indexing.graph:build")(path, self._files.vectors(mark), before=mark.graphed)
        return replace(mark, graphed=mark.size, graph_bytes=path.stat().st_size)

    def _note_changing(self, *kinds: str) -> None:
        """Take the sums of files out of the mark before they change: a kill meanwhile is no damage."""
        mark = read_mark(self._folder)
        kept = {kind: sum_ for kind, sum_ in mark.sums.items() if kind not in kinds}
        write_mark(self._folder, replace(mark, sums=kept), outlasts_power=False)

    def note_sums(self) -> None:
        """Note the sums of files that an earlier release wrote without, as they are now."""
        mark = self.mark()
        if mark.size and not mark.sums:
            with self._files.own_change():
                write_mark(self._folder, self._files.summed(mark, {}))

    @contextmanager
    def with_canaries(self, canaries: Sequence[Indexable], vector: FloatArray) -> Iterator[Self | None]:
        """Yield this leg with entries more that no reader sees; None when it holds nothing at all.

        They lie behind the mark, where files end for everybody else, and are cut off again; a process that
        is killed meanwhile leaves a tail that the next writer cuts off.
        """
        mark = self.mark()
        if not mark.size:
            yield None
            return
        vectors = dict.fromkeys((one.text_key for one in canaries), vector)
        with self._files.own_change():
            self._files.cut_tail(mark)
            try:
                longer, _ = self._append([canaries], set(), lambda _: vectors, mark)
                entries, matrix = self._files.slots(longer), self._files.vectors(longer)
                view = replace(self._view_of(mark), mark=longer, slots=entries, vectors=matrix)
                yield type(self)(self._folder, self._embedder, exact_up_to=self._exact_up_to, view=view)
            finally:
                self._files.cut_tail(mark)

    def holds(self, chunks: frozenset[int]) -> bool:
        """Return whether any of these chunks has an entry, alive or dead."""
        return bool(np.isin(self._mapped().slots["chunk"], np.fromiter(chunks, dtype=np.int64)).any())

    @property
    def wants_compaction(self) -> bool:
        """Return whether so many entries are dead that a rebuild pays."""
        view = self._mapped()
        return len(view.slots) > COMPACT_FROM and float(np.mean(view.slots["alive"])) < 1 - COMPACT_AT

    # --- reading ---

    def reload(self) -> None:
        """See what other processes have written, access and standing changed in place among it.

        While a sync with another embedder writes its files, those that are mapped here stay in use:
        they are what the published version was made of.
        """
        view, mark = self._view, read_mark(self._folder)
        if view is None:
            return
        if mark == view.mark or (view.mark.signature == self.signature != mark.signature):
            self._view = replace(view, masks={})
        else:
            self._forget_view()

    def _forget_view(self) -> None:
        self._view = None

    def _mapped(self) -> _View:
        view = self._view
        if view is None:
            mark = self.mark()
            self._files.check(mark, ("slots", "vectors"))
            view = self._view = self._view_of(mark)
        elif self._files.are_cut(view.mark):
            raise unreadable("dense")
        return view

    def _view_of(self, mark: Mark) -> _View:
        graph = self._opened_graph(mark) if mark.graphed else None
        return _View(mark=mark, slots=self._files.slots(mark), vectors=self._files.vectors(mark), graph=graph)

    def _opened_graph(self, mark: Mark) -> Any:
        """Return the graph, opened once for each file: that takes longer than to map the entries anew."""
        found = self._files.path("graph", mark).stat()
        file = (mark.generation, found.st_ino, found.st_mtime_ns, found.st_size)
        if self._graph is None or self._graph[0] != file:
            self._files.check(mark, GRAPH)
            self._graph = file, self._files.graph(mark)
        return self._graph[1]

    def search(
        self,
        vector: FloatArray,
        *,
        visible: frozenset[int],
        filter_: Filter,
        carrying: frozenset[int] | None,
        limit: int,
    ) -> list[Candidate]:
        """Return up to `limit` candidates by cosine, best first, inside access and filter.

        `carrying` are the ids of documents that pass the filter's keys, or None without keys.
        """
        view = self._mapped()
        mask, inside = self._mask(view, visible, filter_, carrying)
        if not inside:
            return []
        if view.graph is None or scanned(mask, inside) <= self._exact_up_to:
            return nearest(view.vectors, view.slots, mask, inside, vector, limit=limit)
        return self._by_graph(view, mask, inside, vector, limit)

    def _mask(
        self, view: _View, visible: frozenset[int], filter_: Filter, carrying: frozenset[int] | None
    ) -> tuple[BoolArray, int]:
        """Return which entries may be found, and how many they are."""
        key = (visible, filter_.exclude, carrying)
        found = view.masks.get(key)
        if found is None:
            slots = view.slots
            mask = _alive(slots)
            mask &= np.isin(slots["access"], np.fromiter(visible, dtype=np.int32))
            for status in filter_.exclude:
                mask &= slots["standing"] != STANDINGS[status.value]
            if carrying is not None:
                mask &= np.isin(slots["document"], np.fromiter(carrying, dtype=np.int64))
            if len(view.masks) > MASKS:
                view.masks.clear()
            found = view.masks[key] = mask, int(np.count_nonzero(mask))
        return found

    def _by_graph(
        self, view: _View, mask: BoolArray, inside: int, vector: FloatArray, limit: int
    ) -> list[Candidate]:
        """Ask the graph for more until enough visible ones came, and scan what it does not cover."""
        about = limit * len(mask) // inside  # hold as many visible ones as are wanted
        wanted, covered = min(SURE_AT * about, max(2 * about, MOST_ASKED)), view.mark.graphed
        while wanted <= MOST_ASKED:
            near = view.graph.search(vector, wanted).keys.astype(np.int64)
            near = near[(near >= 0) & (near < covered)]
            near = near[mask[near]]
            if len(near) >= limit:
                tail = np.flatnonzero(mask[covered:]) + covered
                places = np.concatenate([near, tail])
                return nearest_of(view.vectors, view.slots, places, vector, limit=limit)
            wanted *= 4
        return nearest(view.vectors, view.slots, mask, inside, vector, limit=limit)


def _alive(slots: npt.NDArray[Any]) -> BoolArray:
    if are_states(slots["alive"], below=2) and are_states(slots["standing"], below=len(STANDINGS)):
        return slots["alive"] == 1  # type: ignore[no-any-return]
    raise unreadable("dense")
