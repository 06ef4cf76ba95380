"""The files of terms that tantivy writes, with the sum that it puts at the end of each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from holdfast.stages.indexing.sums import UNREADABLE, Part

LIST = "meta.json"
AT_OPENING_BYTES = 32_000_000
"""Files up to this size are compared each hour when they are opened: that takes 16 ms of CPU."""
_NUMBER = 4
_END = (1337).to_bytes(_NUMBER, "little")
"""What tantivy writes last into every file of terms (its footer's magic number)."""
_MOST = 1_000
"""Bytes of the footer; it has about a hundred."""


def parts_of(folder: Path) -> list[Part]:
    """Return the files that the list of a tantivy index names; one that was cut short has no sum to hold.

    To open one, tantivy 0.27 panics: that kills the search and prints a trace of Rust. Where the list
    itself is damaged it is the only part.
    """
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        segments = {str(segment["segment_id"]).replace("-", "") for segment in listed["segments"]}
        return [_part(*file) for file in _files_of(folder, segments)]
    except (OSError, ValueError, KeyError, TypeError):
        return [Part(name=_name(folder / LIST), path=folder / LIST, sum=UNREADABLE)]


def sizes_of(folder: Path) -> dict[str, int]:
    """Return the bytes of every file of terms by path; tantivy writes new ones and changes none."""
    sizes = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and not entry.name.endswith((".json", ".lock")):
                with suppress(OSError):  # a writer that merges takes some away
                    sizes[entry.path] = entry.stat().st_size
    return sizes


def list_part(folder: Path, sum_: int) -> Part:
    """Return the list of the files, which has no sum of its own."""
    return Part(name=_name(folder / LIST), path=folder / LIST, sum=sum_)


def _files_of(folder: Path, segments: set[str]) -> Iterator[tuple[Path, int, int, int]]:
    """Yield the files of these segments, each with its size, modification time and inode."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.partition(".")[0] in segments:
                looks = entry.stat()
                yield folder / entry.name, looks.st_size, looks.st_mtime_ns, looks.st_ino


@lru_cache(maxsize=4_096)
def _part(path: Path, size: int, _modified: int, _inode: int) -> Part:
    """Return a file with the sum at its end, read once as long as nothing touches the file."""
    with suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
        file.seek(max(0, size - _MOST))
        told, end = _split(file.read())
        if end == _END:
            footer = json.loads(told)
            at = size - 2 * _NUMBER - len(told)
            small = size <= AT_OPENING_BYTES
            return Part(name=_name(path), path=path, sum=int(footer["crc"]), end=at, at_opening=small)
    return Part(name=_name(path), path=path, sum=UNREADABLE)


def _split(tail: bytes) -> tuple[bytes, bytes]:
    """Return a footer's JSON and its last bytes."""
    long = int.from_bytes(tail[-2 * _NUMBER : -_NUMBER], "little")
    return tail[-2 * _NUMBER - long : -2 * _NUMBER], tail[-_NUMBER:]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
