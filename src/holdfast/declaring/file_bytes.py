"""Read a declaration's bytes, bounded, from a regular file inside its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from holdfast.declaring.mistakes import Mistake, Unreadable

MOST_BYTES = 1_000_000
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def read_bytes(folder: Path, name: str, *, most: int = MOST_BYTES) -> bytes | None:
    """Return the bytes of `folder/name`, None when there is no such file; raise Unreadable.

    A link is followed only to a file inside the folder (mounted configurations are linked so).
    """
    path = folder / name
    try:
        if not path.is_symlink() and not path.exists():
            return None
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise _unreadable(name, "is a link that leads out of its folder", "put the file itself here")
        data = _read(path, most)
    except FileNotFoundError:
        raise _unreadable(name, "is a link that leads nowhere", "put the file itself here") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, up to Python 3.12
        words = getattr(error, "strerror", None) or "a loop of links"
        raise _unreadable(name, f"cannot be read ({words})", "correct its rights") from error
    if data is None:
        raise _unreadable(name, "is no regular file", "put a text file in its place")
    if len(data) > most:
        raise _unreadable(name, f"is larger than {most:,} bytes", "move data out of it")
    return data


def _read(path: Path, most: int) -> bytes | None:
    """Return up to `most` + 1 bytes, or None when it is a folder, a pipe or a device."""
    descriptor = os.open(path, FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(most + 1)


def _unreadable(name: str, what: str, move: str) -> Unreadable:
    return Unreadable(Mistake(file=name, what=what, move=move))
