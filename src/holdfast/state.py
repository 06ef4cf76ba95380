"""Find or make the folder that holds a workflow's state: its database, index and caches."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from holdfast.errors import StorageError

HOME_VARIABLE = "HOLDFAST_HOME"
NAME = ".holdfast"
IGNORE = "*\n"
FULL = (errno.ENOSPC, errno.EDQUOT)
OWNER_ONLY = 0o700
"""The records hold the text of every document: on a shared machine they are for who runs the workflow."""
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def state_folder(folder: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Return the state folder of a workflow's folder, made if need be.

    It is `.holdfast/` inside; below HOLDFAST_HOME where that is set; below the user's state folder
    where the workflow's is read-only. Raises StorageError when none of them can be written.
    """
    environment = os.environ if environ is None else environ
    if home := environment.get(HOME_VARIABLE):
        return _made(Path(home).expanduser() / _own_name(folder))
    try:
        return _made(folder / NAME)
    except StorageError as error:
        if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in CLOSED:
            raise
    return _made(_user_state(environment) / "holdfast" / _own_name(folder))


def _made(state: Path) -> Path:
    """Make the folder, closed to others and to git; rights that somebody gave it later stay."""
    try:
        is_new = not state.exists()
        state.mkdir(parents=True, exist_ok=True)
        if is_new:
            state.chmod(OWNER_ONLY)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text(IGNORE, encoding="ascii")
        if not os.access(state, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise unusable(state, error) from error
    return state


def unusable(state: Path, error: OSError) -> StorageError:
    """Return the error for a state folder that the system refuses, with the next move."""
    what = f"the state folder {state} cannot be used ({error.strerror})"
    if error.errno in FULL:
        move = f"The disk is full: free space, or set {HOME_VARIABLE} to a folder on another disk"
    elif isinstance(error, (FileExistsError, NotADirectoryError)):
        move = "A file has its name: move that file away"
    else:
        move = f"Correct its rights, or set {HOME_VARIABLE} to a folder you may write"
    return StorageError(what, stage="storage", move=move)


def _user_state(environ: Mapping[str, str]) -> Path:
    named = environ.get("XDG_STATE_HOME", "")
    return Path(named) if os.path.isabs(named) else Path.home() / ".local" / "state"  # noqa: PTH117


def _own_name(folder: Path) -> str:
    """Return a name for the folder's state that no other folder has."""
    real = folder.resolve()
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:10]
    return f"{real.name[:60] or 'root'}-{digest}"
