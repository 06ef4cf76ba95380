"""The records of a PowerPoint stream: a tree of containers and atoms."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINER = 0xF
_DEEPEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """A record: its kind, its instance, and where its content lies in the stream."""

    stream: bytes
    kind: int
    instance: int
    is_container: bool
    start: int
    end: int

    @property
    def data(self) -> bytes:
        """Return the content."""
        return self.stream[self.start : self.end]

    def children(self) -> Iterator[Atom]:
        """Yield the records inside a container, none for an atom."""
        if self.is_container:
            yield from atoms(self.stream, self.start, self.end)

    def first(self, *kinds: int) -> Atom | None:
        """Return the record that these kinds lead to, step by step."""
        found: Atom | None = self
        for kind in kinds:
            found = None if found is None else next((a for a in found.children() if a.kind == kind), None)
        return found

    def all(self, depth: int = 0) -> Iterator[Atom]:
        """Yield every record below, parents first."""
        for atom in self.children():
            yield atom
            if depth < _DEEPEST:
                yield from atom.all(depth + 1)


def atom_at(stream: bytes, at: int) -> Atom | None:
    """Return the record that begins at an offset, None outside of the stream."""
    return next(atoms(stream, at, len(stream)), None) if 0 <= at <= len(stream) - 8 else None


def atoms(stream: bytes, start: int, end: int) -> Iterator[Atom]:
    """Yield the records between two offsets."""
    at = start
    while at <= end - 8:
        version, kind, size = struct.unpack_from("<HHI", stream, at)
        stop = min(at + 8 + size, end)
        yield Atom(
            stream=stream,
            kind=kind,
            instance=version >> 4,
            is_container=version & 0xF == _CONTAINER,
            start=at + 8,
            end=stop,
        )
        at = stop
