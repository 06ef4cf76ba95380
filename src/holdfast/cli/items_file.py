"""The file of items that was named, or what comes on stdin."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

STDIN = "-"


@contextmanager
def items_file(file: Path) -> Iterator[Path]:
    """Yield a file that can be read twice: every line is checked before the first item is worked on."""
    if str(file) != STDIN:
        yield file
        return
    with TemporaryDirectory(prefix="holdfast-items-") as folder:
        spooled = Path(folder) / "stdin"
        with spooled.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield spooled
