"""Tell by sums whether files still hold what was written into them."""

from __future__ import annotations

import enum
import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path

NAME = "whole.json"
AGAIN_S = 86_400
"""A disk may spoil what nobody touches: a sync compares what was not compared for so long."""
RISKY_AGAIN_S = 3_600
"""The same for what a process compares when it opens it, if it could mislead a search or end the process."""
_BLOCK = 1 << 20
UNREADABLE = -1
"""In the place of a sum that is itself damaged."""
_WRITING = ""
"""In the place of a part's name: when this code began to write."""
_WRITES_S = 600
"""A writer may take that long, and who opens the files meanwhile leaves it what is not risky."""


class Look(enum.Enum):
    """How much is read to compare it with its sum."""

    OPENING = enum.auto()
    """What something else has touched, and each hour what would mislead a search or end the process."""
    SYNC = enum.auto()
    """What something else has touched, and what was not compared for a day."""
    EVERYTHING = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file, or a stretch of one, with the sum of what was written there."""

    name: str
    path: Path
    sum: int
    start: int = 0
    end: int = 0
    """Behind its last byte; 0: the file's own end."""
    at_opening: bool = False
    """Whether it is compared each hour when it is opened; else only where something else has touched it."""


Looks = tuple[int, int, int]
"""Size, modification time and inode: what changes when something writes into a file."""


class FoundWhole:
    """Remembers in a folder which parts were as written, when, and what their files looked like then.

    To compare all files of 300,000 chunks takes half a second of CPU. So only what something other than
    this code has touched since is compared again, and the rest once a day. A note that is lost costs a
    comparison and nothing else.
    """

    def __init__(self, folder: Path, *, is_sure: bool = False) -> None:
        """Take the folder; `is_sure` for links to files that were compared under their own names."""
        self._folder = folder
        self.is_sure = is_sure
        self._found: dict[str, tuple[Looks, float]] = {}

    def broken(self, parts: Iterable[Part], look: Look) -> list[str]:
        """Return the names of the parts that do not hold what was written, of those that are due."""
        found, now, broken = self._load(), time.time(), list[str]()
        if look is Look.OPENING and now - found.get(_WRITING, (None, 0.0))[1] < _WRITES_S:
            parts = (part for part in parts if part.at_opening)
        for part in parts:
            if part.sum == UNREADABLE:
                broken.append(part.name)
                continue
            try:
                looks = _looks(part.path)
                seen, at = found.get(part.name, (None, 0.0))
                if seen == looks and at >= _since(part, look, now):
                    continue
                is_whole = sum_of(part.path, start=part.start, end=part.end) == part.sum
            except OSError:
                is_whole = False
            if is_whole:
                self._found[part.name] = looks, now
            else:
                broken.append(part.name)
        if self._found != found:
            self._save()
        return broken

    @contextmanager
    def own_change(self, parts: Callable[[], Iterable[Part]]) -> Iterator[None]:
        """Let what this code itself writes meanwhile count as untouched, and new parts as whole."""
        if self.is_sure:
            yield
            return
        found, before = self._load(), list(parts())
        touched = {part.name for part in before if found.get(part.name, (None,))[0] != _looks_or_none(part)}
        self._found[_WRITING] = (0, 0, 0), time.time()
        self._save()
        yield
        self._found = {}
        for part in parts():
            if part.name not in touched and (looks := _looks_or_none(part)) is not None:
                self._found[part.name] = looks, found.get(part.name, (looks, time.time()))[1]
        self._save()

    def _load(self) -> dict[str, tuple[Looks, float]]:
        with suppress(OSError, ValueError, TypeError, AttributeError):
            noted = json.loads((self._folder / NAME).read_text(encoding="utf-8"))
            self._found = {
                str(name): ((size, modified, inode), float(at))
                for name, (size, modified, inode, at) in noted.items()
            }
        return dict(self._found)

    def _save(self) -> None:
        """Note it for other processes; where nothing can be written each compares for itself."""
        noted = {name: (*looks, at) for name, (looks, at) in self._found.items()}
        temporary = self._folder / f".{NAME}.{os.getpid()}"
        with suppress(OSError):
            temporary.write_text(json.dumps(noted), encoding="utf-8")
            temporary.replace(self._folder / NAME)


def sum_of(path: Path, *, start: int = 0, end: int = 0, before: int = 0) -> int:
    """Return the CRC-32 of a stretch of a file (`end` 0: to its end), carried on from what lies before it."""
    total, buffer = before, memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        left = (end or os.fstat(file.fileno()).st_size) - start
        while left > 0 and (count := file.readinto(buffer[: min(_BLOCK, left)])):
            total = zlib.crc32(buffer[:count], total)
            left -= count
    return total


def sum_of_values(values: Mapping[str, object]) -> int:
    """Return the sum of what is written as JSON."""
    return zlib.crc32(json.dumps(values, sort_keys=True).encode())


def _since(part: Part, look: Look, now: float) -> float:
    """Return the earliest moment at which a comparison still counts."""
    if look is Look.EVERYTHING:
        return inf
    if look is Look.SYNC:
        return now - AGAIN_S
    return now - RISKY_AGAIN_S if part.at_opening else 0.0


def _looks(path: Path) -> Looks:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _looks_or_none(part: Part) -> Looks | None:
    try:
        return _looks(part.path)
    except OSError:
        return None
