"""Where the data sets lie that a benchmark measures on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "HOLDFAST_DATA"


def data_sets(part: str = "") -> Path:
    """Return the folder of the data sets, or one in it; without it the benchmark ends and says what to do."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        _end(
            f"{VARIABLE} is not set",
            f"Set it to the folder of the data sets: {VARIABLE}=FOLDER python {_command()}",
        )
    folder = Path(named, part)
    if not folder.is_dir():
        _end(
            f"there is no folder {folder}",
            f"Set {VARIABLE} to the folder of the data sets{f' that has {part}' if part else ''}.",
        )
    return folder


def _command() -> str:
    return " ".join(sys.argv)


def _end(what: str, move: str) -> None:
    sys.stderr.write(f"bench: {what}. {move}\n")
    raise SystemExit(2)
