"""Tell which folder a command is about, and as whom it asks."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.domain.access import USER_PREFIX, Principal
from holdfast.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A folder, or None for the one found by walking up, and the words that were not a folder."""

    path: Path | None
    words: tuple[str, ...]


def target_of(words: Sequence[str], folder: Path | None, *, wanted: int) -> Target:
    """Split the leading PATH from the words of a command that wants so many others.

    A leading word is PATH only if it is an existing folder and enough words follow it; `-w` wins.
    """
    if folder is not None and not is_folder(folder):
        raise UsageError(f"there is no folder {folder}", move="Name an existing one with -w.")
    if folder is None and len(words) > wanted and is_folder(words[0]):
        folder, words = Path(words[0]), words[1:]
    elif words and ((folder is None and wanted == 0) or is_meant_as_path(words[0])):
        raise UsageError(f"there is no folder {words[0]!r}", move="Name an existing one.")
    return Target(path=folder, words=tuple(words))


def is_meant_as_path(word: str) -> bool:
    """Return whether a leading word can only be a path: no question begins so and has no blank."""
    return word.startswith(("./", "../", "~/", "/")) and not any(map(str.isspace, word))


def is_folder(path: str | Path) -> bool:
    """Return whether there is such a folder; a word that no file could be named by is none."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # too long for a name, below a folder that is closed to us
        return False


def principal_of(user: str | None, groups: Sequence[str] | None) -> Principal:
    """Return who asks: the user named, or the local user, in `everyone` and the groups named."""
    if taken := [group for group in groups or () if group.startswith(USER_PREFIX)]:
        raise UsageError(f"{taken[0]!r} is no group but a user", move="Name a user with --as.")
    if user is not None and not user.strip():
        raise UsageError("--as names nobody", move="Name a user.")
    return Principal(user=user or local_user(), groups=frozenset(groups or ()))


def local_user() -> str:
    """Return the name of the user who runs this, or `local` where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
