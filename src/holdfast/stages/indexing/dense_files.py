"""The files of the dense leg, one generation of them at a time.

`slots` has an entry per chunk (chunk, document, access list, standing, whether alive), `vectors` its
vector (float32), `graph` the HNSW graph over the first of them. The mark beside them says how much of
them counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.domain.documents import Status
from holdfast.domain.queries import FloatArray
from holdfast.loading import load
from holdfast.stages.indexing.damage import is_cut, unreadable
from holdfast.stages.indexing.marks import Mark, read_mark
from holdfast.stages.indexing.sums import FoundWhole, Look, Part, sum_of
from holdfast.storage.feed import Indexable

STANDINGS = {status.value: number for number, status in enumerate(Status)}
SLOT = np.dtype(
    [("chunk", "<i8"), ("document", "<i8"), ("access", "<i4"), ("standing", "u1"), ("alive", "u1")]
)
KINDS = ("slots", "vectors", "graph")
LINKS = "links"
"""The part of the graph's file behind its vectors: who is whose neighbour."""
GRAPH = ("graph", LINKS)
_WIDTHS = np.dtype("<u4")
"""How usearch writes, first of all, how many vectors its file has and how many bytes each takes."""


class DenseFiles:
    """Finds, measures, sums and writes the files in one folder; vectors have `dimension` numbers."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder = folder
        self._dimension = dimension
        self._whole = FoundWhole(folder)

    def path(self, kind: str, mark: Mark) -> Path:
        """Return the file of this kind."""
        return self.folder / f"{kind}.{mark.generation}"

    def short(self, mark: Mark) -> list[str]:
        """Return the files that are missing or shorter than their mark says."""
        return [path.name for path, size in self._sizes(mark).items() if _size(path) < size]

    def are_cut(self, mark: Mark) -> bool:
        """Return whether any that was mapped for this mark has been cut since."""
        return any(is_cut(path, size) for path, size in self._sizes(mark).items())

    def _sizes(self, mark: Mark) -> dict[Path, int]:
        """Return how many bytes of each file count."""
        wanted = {self.path(kind, mark): mark.size * width for kind, width in self._entry.items()}
        if mark.graphed:
            wanted[self.path("graph", mark)] = mark.graph_bytes
        return wanted

    @property
    def _entry(self) -> dict[str, int]:
        """Return bytes of an entry by kind."""
        return {"slots": SLOT.itemsize, "vectors": self._dimension * 4}

    # --- sums ---

    def broken(self, mark: Mark, look: Look) -> list[str]:
        """Return what does not hold what was written, of what has a sum and is due to be compared."""
        return self.short(mark) or self._whole.broken(self._parts(mark), look)

    def check(self, mark: Mark, kinds: Sequence[str]) -> None:
        """Raise IndexUnavailable when files of these kinds are damaged that would mislead a search."""
        parts = [part for part in self._parts(mark) if part.name.partition(".")[0] in kinds]
        # A writer that changes entries says so in the mark before it does, and again when it has.
        if self._whole.broken(parts, Look.OPENING) and read_mark(self.folder).sums == mark.sums:
            raise unreadable("dense")

    def own_change(self) -> AbstractContextManager[None]:
        """Let what is written meanwhile count as ours."""
        return self._whole.own_change(lambda: self._parts(read_mark(self.folder)))

    def summed(self, mark: Mark, sums: Mapping[str, int]) -> Mark:
        """Return the mark with these sums, and with those of the files as they are where one is lacking."""
        made = dict(sums)
        for kind, width in self._entry.items():
            if kind not in made:
                made[kind] = sum_of(self.path(kind, mark), end=mark.size * width) if mark.size else 0
        if mark.graphed and LINKS not in made:
            path, links_at = self.path("graph", mark), self._links_at(mark)
            made["graph"] = sum_of(path, end=links_at) if links_at else 0
            made[LINKS] = sum_of(path, start=links_at)
        return replace(mark, sums=made)

    def _parts(self, mark: Mark) -> Iterator[Part]:
        for kind, width in self._entry.items():
            if mark.size and kind in mark.sums:
                path, end = self.path(kind, mark), mark.size * width
                at_opening = kind == "slots"
                yield Part(name=path.name, path=path, sum=mark.sums[kind], end=end, at_opening=at_opening)
        if mark.graphed and LINKS in mark.sums:
            path, links_at = self.path("graph", mark), self._links_at(mark)
            name = f"{LINKS}.{mark.generation}"
            # A graph with wrong neighbours ends the process that walks along them (segmentation fault).
            yield Part(name=name, path=path, sum=mark.sums[LINKS], start=links_at, at_opening=True)
            if links_at:
                yield Part(name=path.name, path=path, sum=mark.sums["graph"], end=links_at)

    def _links_at(self, mark: Mark) -> int:
        """Return where the vectors in the graph's file end; 0 where they cannot be told apart."""
        with suppress(OSError, ValueError), self.path("graph", mark).open("rb") as file:
            count, width = map(int, np.frombuffer(file.read(2 * _WIDTHS.itemsize), dtype=_WIDTHS))
            end = 2 * _WIDTHS.itemsize + count * width
            # it keeps them in bytes, one that was begun by an earlier release in half precision
            is_told = width in (self._dimension, self._dimension * 2)
            if is_told and count == mark.graphed and end < mark.graph_bytes:
                return end
        return 0

    # --- writing ---

    def next_generation(self, mark: Mark) -> Mark:
        """Return the mark of empty files of the next generation, made beside those in use."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # A file that another process has mapped must never be cut, also when its mark was lost.
        taken = [number for path in self.folder.iterdir() if (number := _generation(path)) is not None]
        made = Mark(generation=max([mark.generation, *taken]) + 1)
        for kind in self._entry:
            self.path(kind, made).write_bytes(b"")
        return made

    def cut_tail(self, mark: Mark) -> None:
        """Drop what a writer that was killed appended after the mark."""
        for kind, width in self._entry.items():
            os.truncate(self.path(kind, mark), mark.size * width)

    def to_disk(self, mark: Mark) -> None:
        """Wait until what was appended would outlast a power cut."""
        for kind in self._entry:
            with self.path(kind, mark).open("rb") as file:
                os.fsync(file.fileno())

    def remove_older(self, generation: int) -> None:
        """Delete the files of generations before this one."""
        for path in self.folder.iterdir():
            number = _generation(path)
            if number is not None and number < generation:
                path.unlink(missing_ok=True)

    # --- reading ---

    def slots(self, mark: Mark) -> npt.NDArray[Any]:
        """Return the entries, mapped, shape (size,)."""
        if not mark.size:
            return np.empty(0, dtype=SLOT)
        return np.memmap(self.path("slots", mark), dtype=SLOT, mode="r", shape=(mark.size,))

    def vectors(self, mark: Mark) -> FloatArray:
        """Return the vectors, mapped, shape (size, dimension)."""
        if not mark.size:
            return np.empty((0, self._dimension), dtype=np.float32)
        shape = (mark.size, self._dimension)
        return np.memmap(self.path("vectors", mark), dtype=np.float32, mode="r", shape=shape)

    def graph(self, mark: Mark) -> Any:
        """Return the graph, mapped."""
        try:
            return load("holdfast.stages.indexing.graph:view")(self.path("graph", mark), self._dimension)
        except RuntimeError as error:
            raise unreadable("dense") from error


def rows_of(batch: Sequence[Indexable], vectors: Mapping[str, FloatArray]) -> tuple[bytes, bytes, int]:
    """Return those of the chunks that have a vector as bytes of `slots` and of `vectors`, and how many."""
    having = [one for one in batch if one.text_key in vectors]
    if not having:
        return b"", b"", 0
    rows = np.array(
        [(one.chunk_id, one.document_id, one.access_id, STANDINGS[one.status], 1) for one in having],
        dtype=SLOT,
    )
    stacked = np.stack([vectors[one.text_key] for one in having]).astype(np.float32)
    norms = np.linalg.norm(stacked, axis=1, keepdims=True)
    return rows.tobytes(), (stacked / np.maximum(norms, 1e-12)).tobytes(), len(having)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _generation(path: Path) -> int | None:
    kind, _, number = path.name.partition(".")
    return int(number) if kind in KINDS and number.isdigit() else None
