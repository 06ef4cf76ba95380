"""Look for pieces of what was forgotten in every record and in every file of a state folder."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from holdfast.storage.forgetting_people import NAMED_IN_REVIEW
from holdfast.storage.metadata import metadata
from holdfast.storage.needles import Needles
from holdfast.storage.review_tables import drafts, review_items
from holdfast.storage.schema import audit, experiments, replies, runs

OWN_FOLDERS = ("golden", "prompts")
BLOCK = 16_000_000
OVERLAP = 4_096
"""More than the longest piece in any encoding, so that none is cut in two by a block's end."""
_STREAMS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How zlib streams begin, by level."""
_MOST_UNPACKED = 4_000_000
_SQLITE = b"SQLite format 3\x00"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was searched for what, and where something was left."""

    files: int = 0
    bytes: int = 0
    records: int = 0
    """Values of the database, unpacked."""
    pieces: int = 0
    """Distinct pieces looked for, in every encoding."""
    left: tuple[str, ...] = ()
    """Tables, columns and files in which one was found."""


def search_remains(connection: sa.Connection, folder: Path, needles: Needles, *, user: str = "") -> Searched:
    """Return what is left of the needles in the records and in the files below the folder.

    `user` is also looked for as the one who asked, as a whole value: a name may be a common word.
    """
    binary = (*_encodings(needles.texts), *needles.vectors, *_asked_by(user))
    records, left = _in_records(connection, needles, binary)
    left += _named(connection, user) if user else []
    learned = (*binary, *(word.encode() for word in needles.words))
    files, size = 0, 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            files += 1
            size += path.stat().st_size
            if _in_file(path, binary if _is_database(path) else learned):
                left.append(str(path.relative_to(folder)))
    return Searched(
        files=files,
        bytes=size,
        records=records,
        pieces=len(needles.texts) + len(needles.words) + len(needles.vectors) + bool(user),
        left=tuple(dict.fromkeys(left)),
    )


def own_files_with(folder: Path, needles: Needles) -> tuple[str, ...]:
    """Return which files of a workflow's own (golden cases, prompts) hold a piece, also in wrapped lines."""
    pieces = [_one_line(text) for text in needles.texts]
    files = [path for name in OWN_FOLDERS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    return tuple(
        path.relative_to(folder).as_posix()
        for path in files
        if any(piece in _one_line(path.read_bytes().decode("utf-8", "replace")) for piece in pieces)
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _encodings(texts: Sequence[str]) -> Iterator[bytes]:
    """Yield each text as files may hold it: UTF-8, UTF-16 either way round, JSON in ASCII."""
    for text in texts:
        yield text.encode("utf-8", "replace")
        yield text.encode("utf-16-le", "replace")
        yield text.encode("utf-16-be", "replace")
        if not text.isascii():
            yield text.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00")


def _asked_by(user: str) -> Iterator[bytes]:
    if user:
        yield b'"user":' + to_json(user)


def _named(connection: sa.Connection, user: str) -> list[str]:
    """Return the columns whose whole value is the person's name."""
    columns = (
        runs.c.principal, replies.c.principal, audit.c.who, audit.c.thing, experiments.c.principal,
        drafts.c.principal, review_items.c.asker, *NAMED_IN_REVIEW,
    )  # fmt: skip
    return [
        f"{column.table.name}.{column.name}"
        for column in columns
        if connection.execute(sa.select(column).where(column == user).limit(1)).first() is not None
    ]


def _in_records(
    connection: sa.Connection, needles: Needles, binary: Sequence[bytes]
) -> tuple[int, list[str]]:
    count, left = 0, []
    for table in metadata.sorted_tables:
        rows = connection.execute(sa.select(table).execution_options(yield_per=200))
        for row in rows.mappings():
            for column, value in row.items():
                count += 1
                if _in_value(value, needles, binary):
                    left.append(f"{table.name}.{column}")
    return count, left


def _in_value(value: Any, needles: Needles, binary: Sequence[bytes]) -> bool:
    if isinstance(value, str):
        return any(text in value for text in needles.texts)
    if not isinstance(value, bytes):
        return False
    try:
        plain = zlib.decompress(value)
    except zlib.error:
        plain = value
    return _holds(plain, binary)


def _holds(data: bytes, binary: Sequence[bytes]) -> bool:
    return any(needle in data for needle in binary)


def _is_database(path: Path) -> bool:
    """Return whether it is SQLite's file or one beside it: what people said lies there, too."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE or path.name.endswith(("-wal", "-shm", "-journal"))


def _in_file(path: Path, binary: Sequence[bytes]) -> bool:
    with path.open("rb") as file:
        before = b""
        while block := file.read(BLOCK):
            data = before + block
            if _holds(data, binary) or any(_holds(plain, binary) for plain in _unpacked(data)):
                return True
            before = data[-OVERLAP:]
    return any(_holds(plain, binary) for plain in _members(path))


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what the zlib streams in these bytes hold, as far as they lie in one piece."""
    view = memoryview(data)  # thousands of places look like a stream's beginning: none is copied to look
    for begin in _STREAMS:
        at = data.find(begin)
        while at >= 0:
            try:
                yield zlib.decompressobj().decompress(view[at : at + _MOST_UNPACKED], _MOST_UNPACKED)
            except zlib.error:
                yield from _as_far_as_it_goes(data[at : at + OVERLAP])
            at = data.find(begin, at + 1)


def _as_far_as_it_goes(data: bytes) -> Iterator[bytes]:
    """Yield the beginning of a stream whose rest was overwritten."""
    stream, plain = zlib.decompressobj(), b""
    try:
        for i in range(0, len(data), 64):
            plain += stream.decompress(data[i : i + 64])
    except zlib.error:
        pass
    if plain:
        yield plain


def _members(path: Path) -> Iterator[bytes]:
    """Yield the contents of a zip (.npz is one) or gzip file."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP
    if is_gzip:
        try:
            yield gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error):
            return
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        except (zipfile.BadZipFile, OSError):
            return
