"""Read a workflow's declaration as git has it at another point."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from holdfast.errors import UsageError

FILE = "workflow.yaml"
PROMPTS = "prompts"
PYTHON = ".py"
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A commit, as a person named it and as git knows it."""

    ref: str
    commit: str


def point_of(folder: Path, ref: str) -> Point | None:
    """Return the commit that a ref names in the folder's repository; None without either."""
    if ref.startswith("-"):
        return None
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return Point(ref=ref, commit=found.decode().strip()) if found else None


def write_declaration(folder: Path, point: Point, into: Path) -> None:
    """Write the folder's declaration, prompts and Python files of that commit into another folder.

    Everything else in the folder (documents, lookups' files) is linked there as it is today. Raises
    UsageError when the commit has no declaration of this folder.
    """
    names = _names(folder, point)
    declared = [name for name in names if _is_declaration(name)]
    if FILE not in declared:
        raise UsageError(
            f"{point.ref} ({point.commit[:8]}) has no {FILE} in {folder.name}",
            move="Name a ref at which this workflow was declared.",
        )
    for name in declared:
        file = into / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_git(folder, "show", f"{point.commit}:./{name}") or b"")
    for entry in os.scandir(folder):
        is_written = entry.name in (FILE, PROMPTS) or entry.name.endswith(PYTHON)
        if not (is_written or entry.name.startswith(".") or (into / entry.name).exists()):
            (into / entry.name).symlink_to(Path(entry.path).resolve())


def _names(folder: Path, point: Point) -> list[str]:
    """Return the paths below the folder at that commit, relative to it."""
    listed = _git(folder, "ls-tree", "-r", "-z", "--name-only", point.commit, ".")
    return [name for name in (listed or b"").decode(errors="surrogateescape").split("\0") if name]


def _is_declaration(name: str) -> bool:
    """Return whether a path is the declaration's: it alone is read from git, never the documents."""
    parts = PurePosixPath(name).parts
    is_hidden = any(part.startswith(".") for part in parts)
    return not is_hidden and (name == FILE or parts[0] == PROMPTS or name.endswith(PYTHON))


def _git(folder: Path, *words: str) -> bytes | None:
    """Return what git prints, None when it says no; nothing of a repository's own settings is run."""
    try:
        ended = subprocess.run(  # noqa: S603 -- a list of words, and the refs among them begin with no dash
            ["git", "-c", "core.fsmonitor=", "-C", str(folder), *words],  # noqa: S607 -- the user's own git
            capture_output=True, timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise UsageError("git is not installed", move="Install it, or compare with an experiment.") from error
    return ended.stdout if ended.returncode == 0 else None
