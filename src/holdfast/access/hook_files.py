"""Read the Python files of a workflow's folder that its hooks may import."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.errors import DeclarationError

MOST_FILES = 200
MOST_BYTES = 2_000_000
SUFFIX = ".py"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFiles:
    """The source code that was read once, so that what is run is what was trusted."""

    folder: Path
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Path relative to the folder (`hooks.py`, `clauses/__init__.py`) to content."""
    digest: str = ""
    """sha256 over names and contents; empty when there are none."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the files, for whoever must not take them for documents."""
        return tuple(self.folder / name for name in self.sources)


def read_hook_files(folder: Path) -> HookFiles:
    """Return every Python file beside workflow.yaml, with the packages there; raise DeclarationError.

    That is all that a hook can import from the folder. Links and hidden files are left out, so they
    cannot be imported either.
    """
    sources: dict[str, bytes] = {}
    size = 0
    for name in sorted(_names(folder, "")):
        sources[name] = _read(folder / name)
        size += len(sources[name])
        if len(sources) > MOST_FILES or size > MOST_BYTES:
            raise DeclarationError(
                f"the folder {folder} holds more Python code than hooks may have "
                f"({MOST_FILES} files, {MOST_BYTES:,} bytes)",
                move="Make an installed plug-in of it, or move other code into a folder without __init__.py",
            )
    return HookFiles(folder=folder, sources=sources, digest=_digest(sources))


def _names(folder: Path, below: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder / below))
    except OSError as error:
        raise _unreadable(folder / below, error) from error
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        name = f"{below}/{entry.name}".lstrip("/")
        if entry.name.endswith(SUFFIX) and entry.is_file():
            yield name
        elif entry.is_dir() and os.path.isfile(os.path.join(entry.path, "__init__.py")):  # noqa: PTH113,PTH118
            yield from _names(folder, name)


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DeclarationError(f"{path} is no regular file", move="Put a Python file in its place")
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error


def _digest(sources: Mapping[str, bytes]) -> str:
    if not sources:
        return ""
    digest = hashlib.sha256()
    for name, data in sources.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def _unreadable(path: Path, error: OSError) -> DeclarationError:
    return DeclarationError(f"{path} cannot be read ({error.strerror})", move="Correct its rights")
