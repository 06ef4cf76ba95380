"""The dense leg: cosine over the chunks' vectors, a projection in memory-mapped files.

Two files of one entry per chunk, append-only within a generation: `vectors` (float32) and `slots`
(chunk, document, access list, standing, whether alive). Access and standing are changed in place, so
a change of access costs no re-embedding and readers in other processes see it. Up to `exact_up_to`
visible vectors every one is compared, so a filter can never shorten the list; above that a usearch
graph narrows first and the entries after it are scanned.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from holdfast.domain.documents import Status
from holdfast.domain.hits import Candidate
from holdfast.domain.queries import Filter, FloatArray
from holdfast.loading import load
from holdfast.protocols import Embedder
from holdfast.stages.indexing.damage import are_states, unreadable
from holdfast.stages.indexing.marks import Mark, Stamp, read_mark, stamp_of, write_mark
from holdfast.stages.indexing.scan import nearest, nearest_of, scanned
from holdfast.storage.feed import Indexable

FORMAT = 1
STANDINGS = {status.value: number for number, status in enumerate(Status)}
SLOT = np.dtype(
    [("chunk", "<i8"), ("document", "<i8"), ("access", "<i4"), ("standing", "u1"), ("alive", "u1")]
)
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
        self._graph: tuple[tuple[int, ...], Any] | None = None
        """The graph that was opened last, with what tells its file from any other."""

    @property
    def signature(self) -> str:
        """Return what this code would make with its embedder; another mark is rebuilt."""
        return f"dense/{FORMAT} {self._embedder.fingerprint} {self._dimension}"

    @property
    def _dimension(self) -> int:
        return self._embedder.dimension

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
        if mark.signature != self.signature or not self._is_whole(mark):
            return Mark(generation=mark.generation)
        return mark

    def _is_whole(self, mark: Mark) -> bool:
        wanted = {
            self._path("slots", mark): mark.size * SLOT.itemsize,
            self._path("vectors", mark): mark.size * self._dimension * 4,
        }
        try:
            whole = all(path.stat().st_size >= size for path, size in wanted.items())
            graph = self._path("graph", mark)
            return whole and (mark.graphed == 0 or graph.stat().st_size == mark.graph_bytes)
        except OSError:
            return False

    def _path(self, kind: str, mark: Mark) -> Path:
        return self._folder / f"{kind}.{mark.generation}"

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
        """
        now = read_mark(self._folder)
        if rebuild:
            now = self._next_generation(now)
        self._cut_tail(now)
        # Chunks that waited for their vectors come again; those that had theirs are in already.
        there = set(self._slots(now)["chunk"].tolist()) if now.missing else set()
        size, missing = now.size, 0
        with self._path("slots", now).open("ab") as slots, self._path("vectors", now).open("ab") as matrix:
            for batch in added:
                fresh = [one for one in batch if one.chunk_id not in there]
                written = self._append(fresh, vectors([one.text_key for one in fresh]), slots, matrix)
                size += written
                missing += len(fresh) - written
            for file in (slots, matrix):
                file.flush()
                os.fsync(file.fileno())
        noted = replace(
            mark, signature=self.signature, generation=now.generation, size=size, graphed=now.graphed,
            graph_bytes=now.graph_bytes, missing=missing,
        )  # fmt: skip
        self._change_in_place(noted, refiled, removed)
        noted = self._graphed(noted)
        write_mark(self._folder, noted)
        self._remove_older(noted.generation)
        self._forget_view()

    def _next_generation(self, mark: Mark) -> Mark:
        self._folder.mkdir(parents=True, exist_ok=True)
        # A file that another process has mapped must never be cut, also when its mark was lost.
        taken = [number for path in self._folder.iterdir() if (number := _generation(path)) is not None]
        made = Mark(generation=max([mark.generation, *taken]) + 1)
        for kind in ("slots", "vectors"):
            self._path(kind, made).write_bytes(b"")
        return made

    def _cut_tail(self, mark: Mark) -> None:
        """Drop what a writer that was killed appended after the mark."""
        for kind, width in (("slots", SLOT.itemsize), ("vectors", self._dimension * 4)):
            os.truncate(self._path(kind, mark), mark.size * width)

    def _append(
        self, batch: Sequence[Indexable], vectors: Mapping[str, FloatArray], slots: Any, matrix: Any
    ) -> int:
        having = [one for one in batch if one.text_key in vectors]
        if not having:
            return 0
        rows = np.array(
            [(one.chunk_id, one.document_id, one.access_id, STANDINGS[one.status], 1) for one in having],
            dtype=SLOT,
        )
        slots.write(rows.tobytes())
        stacked = np.stack([vectors[one.text_key] for one in having]).astype(np.float32)
        norms = np.linalg.norm(stacked, axis=1, keepdims=True)
        matrix.write((stacked / np.maximum(norms, 1e-12)).tobytes())
        return len(having)

    def _change_in_place(
        self, mark: Mark, refiled: Iterable[Sequence[Indexable]], removed: Sequence[int]
    ) -> None:
        batches = [batch for batch in refiled if batch]
        if not mark.size or not (batches or removed):
            return
        slots = np.memmap(self._path("slots", mark), dtype=SLOT, mode="r+", shape=(mark.size,))
        if removed:
            slots["alive"][np.isin(slots["chunk"], np.fromiter(removed, dtype=np.int64))] = 0
        place = {int(chunk): at for at, chunk in enumerate(slots["chunk"])} if batches else {}
        for one in (one for batch in batches for one in batch):
            if (at := place.get(one.chunk_id)) is not None:
                slots["access"][at] = one.access_id
                slots["standing"][at] = STANDINGS[one.status]
        slots.flush()

    def _graphed(self, mark: Mark) -> Mark:
        """Build the graph when there are more vectors than a scan is good for and it lags behind."""
        if mark.size <= self._exact_up_to or mark.size - mark.graphed <= GRAPH_AGAIN * mark.size:
            return mark
        graphs = load("holdfast.stages.indexing.graph:build")
        graphs(self._path("graph", mark), self._matrix(mark), before=mark.graphed)
        return replace(mark, graphed=mark.size, graph_bytes=self._path("graph", mark).stat().st_size)

    def _remove_older(self, generation: int) -> None:
        for path in self._folder.iterdir():
            number = _generation(path)
            if number is not None and number < generation:
                path.unlink(missing_ok=True)

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
        self._cut_tail(mark)
        try:
            with (
                self._path("slots", mark).open("ab") as slots,
                self._path("vectors", mark).open("ab") as matrix,
            ):
                self._append(
                    canaries, dict.fromkeys((one.text_key for one in canaries), vector), slots, matrix
                )
            view = self._view_of(replace(mark, size=mark.size + len(canaries)))
            yield type(self)(self._folder, self._embedder, exact_up_to=self._exact_up_to, view=view)
        finally:
            self._cut_tail(mark)

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
            view = self._view = self._view_of(self.mark())
        return view

    def _view_of(self, mark: Mark) -> _View:
        graph = self._opened_graph(mark) if mark.graphed else None
        return _View(mark=mark, slots=self._slots(mark), vectors=self._matrix(mark), graph=graph)

    def _opened_graph(self, mark: Mark) -> Any:
        """Return the graph, opened once for each file: that takes longer than to map the entries anew."""
        path = self._path("graph", mark)
        found = path.stat()
        file = (mark.generation, found.st_ino, found.st_mtime_ns, found.st_size)
        if self._graph is None or self._graph[0] != file:
            try:
                self._graph = file, load("holdfast.stages.indexing.graph:view")(path, self._dimension)
            except RuntimeError as error:
                raise unreadable("dense") from error
        return self._graph[1]

    def _slots(self, mark: Mark) -> npt.NDArray[Any]:
        if not mark.size:
            return np.empty(0, dtype=SLOT)
        return np.memmap(self._path("slots", mark), dtype=SLOT, mode="r", shape=(mark.size,))

    def _matrix(self, mark: Mark) -> FloatArray:
        if not mark.size:
            return np.empty((0, self._dimension), dtype=np.float32)
        shape = (mark.size, self._dimension)
        return np.memmap(self._path("vectors", mark), dtype=np.float32, mode="r", shape=shape)

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


def _generation(path: Path) -> int | None:
    kind, _, number = path.name.partition(".")
    return int(number) if kind in ("slots", "vectors", "graph") and number.isdigit() else None
