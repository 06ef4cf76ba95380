"""Write a file that was asked for beside what is printed."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.screen import say
from holdfast.errors import UsageError


def put(file: Path, data: bytes) -> None:
    """Write the file and say so; raise UsageError when it cannot be written."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written ({error.strerror})",
            move="Name another file and run the command again; experiments are on record.",
        ) from error
    say(f"written: {file}")
