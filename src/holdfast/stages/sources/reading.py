"""Read a regular file once, without following links, and notice when it changes meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from holdfast.errors import DeclarationError, DocumentError, StorageError

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
TRIES = 2
TICK_NS = 20_000_000
"""A kernel stamps changes by its tick (1 to 10 ms): two changes within one may have one stamp."""
COARSE_TICK_NS = 2_000_000_000
"""The same of a file system that keeps whole seconds (FAT: every second one)."""
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """The bytes of a file with the stamp and change time that belong to exactly these bytes."""

    data: bytes = field(repr=False)
    stamp: str
    modified: datetime


def stamp_of(status: os.stat_result) -> str:
    """Return size, modification time, change time and inode in one string.

    The change time is what a copy that keeps the modification time cannot hide.
    """
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"


def wait_for_tick_ns(status: os.stat_result, *, now_ns: int) -> int:
    """Return the nanoseconds until no later change can have the stamp that a file has now; 0: none."""
    if not stat.S_ISREG(status.st_mode):
        return 0
    is_coarse = status.st_mtime_ns % _SECOND_NS == 0 == status.st_ctime_ns % _SECOND_NS
    tick_ns = COARSE_TICK_NS if is_coarse else TICK_NS
    age_ns = now_ns - max(status.st_mtime_ns, status.st_ctime_ns)
    # The clock of a server may be ahead of ours; by more than a tick it tells nothing.
    return min(tick_ns, tick_ns - age_ns) if abs(age_ns) < tick_ns else 0


def open_root(root: Path) -> int:
    """Return a descriptor of the source's root folder; raise StorageError when it is not there.

    A share that is away must not look like a folder that was emptied.
    """
    try:
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        what = "is not a folder" if isinstance(error, NotADirectoryError) else "cannot be opened"
        raise StorageError(
            f"the folder {root} {what} ({error.strerror}); the index stays as it is",
            stage="sources",
            move="Check the path, the mount and the rights, then sync again",
        ) from error


def read_document_file(root: Path, path: str, *, max_bytes: int) -> FileRead:
    """Return the bytes of `path` below `root`; raise DocumentError with the next move.

    Every folder on the way is opened without following links, so a folder that was replaced by a link
    after listing leads nowhere.
    """
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise _problem(path, "is no path below the source's root", "Sync again")
    for _ in range(TRIES):
        try:
            with _opened_file(root, path) as file:
                read = _read_unchanged(file, path, max_bytes)
        except OSError as error:
            raise _document_error(path, error) from error
        if read is not None:
            return read
    raise _problem(path, "changed while it was read, twice", "It is taken in by the next sync")


def read_own_file(root: Path, name: str, *, most: int) -> bytes | None:
    """Return at most `most` bytes of a file of ours at the root, None when there is none.

    Anything there that cannot be read as a regular file is an error: a permission file must never
    look absent.
    """
    try:
        with _opened_file(root, name) as file:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise DeclarationError(
                    f"{name} is not a regular file", stage="sources", move="Replace it by a file"
                )
            return _read_all(file, most)
    except FileNotFoundError:
        return None
    except OSError as error:
        move = "Links are not followed: put the file itself there" if _is_link(error) else "Make it readable"
        raise DeclarationError(
            f"{name} cannot be read ({error.strerror})", stage="sources", move=move
        ) from error


@contextmanager
def _opened_file(root: Path, path: str) -> Iterator[int]:
    *folders, name = path.split("/")
    here = open_root(root)
    try:
        for folder in folders:
            inner = os.open(folder, FOLDER_FLAGS, dir_fd=here)
            os.close(here)
            here = inner
        file = os.open(name, FILE_FLAGS, dir_fd=here)
    finally:
        os.close(here)
    try:
        yield file
    finally:
        os.close(file)


def _read_unchanged(file: int, path: str, max_bytes: int) -> FileRead | None:
    """Return what was read, or None when the file changed meanwhile.

    A file that was changed just now is read when its tick is over: who rewrites it after that gives it
    another stamp, so a stamp belongs to one content.
    """
    if (wait_ns := wait_for_tick_ns(os.fstat(file), now_ns=time.time_ns())) > 0:
        time.sleep(wait_ns / _SECOND_NS)
    before = os.fstat(file)
    if not stat.S_ISREG(before.st_mode):
        raise _problem(path, "is not a regular file", "Replace it by a file, or exclude it")
    if before.st_size > max_bytes:
        raise _problem(
            path,
            f"is larger than the limit ({before.st_size / 1e6:.1f} of {max_bytes / 1e6:.1f} MB)",
            "Split it, exclude it, or raise max_file_mb of the source",
        )
    data = _read_all(file, max_bytes + 1)
    after = os.fstat(file)
    if stamp_of(before) != stamp_of(after) or len(data) != after.st_size:
        return None
    modified = datetime.fromtimestamp(max(0.0, after.st_mtime), UTC)
    return FileRead(data=data, stamp=stamp_of(after), modified=modified)


def _read_all(file: int, most: int) -> bytes:
    pieces, left = [], most
    while left > 0 and (piece := os.read(file, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _is_link(error: OSError) -> bool:
    return error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


def _document_error(path: str, error: OSError) -> DocumentError:
    if isinstance(error, FileNotFoundError):
        return _problem(path, "vanished before it was read", "The next sync removes it if it stays away")
    if isinstance(error, PermissionError):
        return _problem(path, "may not be read", "Give the account that runs sync the right to read it")
    if _is_link(error):
        return _problem(path, "is a link, or lies behind one", "Put the file itself into the folder")
    return _problem(path, f"cannot be read ({error.strerror})", "Check the disk or share, then sync again")


def _problem(path: str, what: str, move: str) -> DocumentError:
    return DocumentError(f"{path} {what}", stage="sources", move=move)
