"""`holdfast trust`: allow a folder's Python hooks to run."""

from __future__ import annotations

from pathlib import Path

from holdfast.access.trust import trust as record
from holdfast.cli.screen import show
from holdfast.cli.target import target_of
from holdfast.workspace import locate


def trust(*, words: list[str], folder: Path | None) -> int:
    """Record the folder's Python files as they are now."""
    target = target_of(words, folder, wanted=0)
    trusted = record(locate(target.path, start=Path.cwd()).folder)
    show(f"trusted {trusted.folder} as it is now ({trusted.digest[:12]}):")
    for name in trusted.files:
        show(f"  {name}")
    show("A change of any of these files ends the trust.")
    return 0
