"""Where a projection stands, noted in a small file beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "mark.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The changes of the records that a projection holds."""

    database_id: str = ""
    signature: str = ""
    """What made it (format, analyser, embedder); another signature means: rebuild."""
    added: int = 0
    """Chunks with an id up to this one are in."""
    died: int = 0
    """Chunks that died up to this version are out."""
    filed: int = 0
    """Changes of access and standing up to this one are in."""
    generation: int = 0
    """Number of the files that hold it; a rebuild takes the next."""
    missing: int = 0
    """Chunks among these that had no vector when they came."""
    size: int = 0
    """Entries written, dead ones included; a shorter file has been truncated."""
    graphed: int = 0
    """Entries that the graph covers; those after it are scanned."""
    graph_bytes: int = 0
    """Size of the graph's file; another size means that it was damaged."""
    forgotten: int = 0
    """How many times documents had been forgotten when it was built; later ones need a rebuild."""
    languages: tuple[str, ...] = ()
    """Languages of the chunks that came into the sparse leg, sorted."""


Stamp = tuple[int, int]
"""Changes whenever a mark is written."""


def read_mark(folder: Path) -> Mark:
    """Return the mark in a folder, or an empty one when there is none that can be read."""
    try:
        noted = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return Mark(**noted | {"languages": tuple(noted.get("languages", ()))})
    except (OSError, ValueError, TypeError, AttributeError):
        return Mark()


def stamp_of(folder: Path) -> Stamp | None:
    """Return a value that another process's write of the mark changes; None when there is no mark."""
    try:
        found = (folder / NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def write_mark(folder: Path, mark: Mark) -> None:
    """Write the mark so that a reader sees the old or the new one, also after a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(json.dumps(asdict(mark)).encode())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NAME)
