"""What the jobs of the suite do: write a word into a file, or fail."""

from __future__ import annotations

import asyncio
from pathlib import Path


def note(file: str, word: str) -> None:
    """Add the word to the file."""
    with Path(file).open("a", encoding="utf-8") as out:
        out.write(f"{word} ")


async def note_later(file: str, word: str) -> None:
    """Add the word to the file, from a coroutine."""
    await asyncio.sleep(0)
    note(file, word)


def fail(file: str) -> None:
    """Add the word `failed` to the file and raise."""
    note(file, "failed")
    raise ValueError("not today")
