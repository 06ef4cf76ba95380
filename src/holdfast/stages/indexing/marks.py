"""Where a projection stands, noted in a small file beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from holdfast.stages.indexing.sums import sum_of_values

NAME = "mark.json"
_SUM = "sum"
"""The mark's own; one that was written before marks had it counts as it is."""


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
    sums: Mapping[str, int] = field(default_factory=dict)
    """Sums of what was written into the files, by kind; none of one that is being changed, or older."""

    def is_damaged_in(self, folder: Path) -> bool:
        """Return whether this mark is empty because the one in a folder is not as it was written."""
        return not self.signature and (folder / NAME).exists()


Stamp = tuple[int, int]
"""Changes whenever a mark is written."""


def read_mark(folder: Path) -> Mark:
    """Return the mark in a folder, or an empty one when there is none that is as it was written."""
    try:
        noted = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if noted.pop(_SUM, None) not in (None, sum_of_values(noted)):
            return Mark()
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


def write_mark(folder: Path, mark: Mark, *, outlasts_power: bool = True) -> None:
    """Write the mark so that a reader sees the old or the new one, also after a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    noted = asdict(mark)
    with temporary.open("wb") as file:
        file.write(json.dumps(noted | {_SUM: sum_of_values(noted)}).encode())
        file.flush()
        if outlasts_power:
            os.fsync(file.fileno())
    temporary.replace(folder / NAME)
