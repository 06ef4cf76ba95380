"""Say where models are kept, and let one process at a time change that folder."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from holdfast.domain.stages import Stage
from holdfast.errors import StorageError

Progress = Callable[[str], None]
"""Told what is being done, in words."""

_PARTIAL = ".partial-"
_LOCK = ".lock"
_HASHED_AT_ONCE = 1 << 20


def quiet(message: str) -> None:
    """Take a progress message and show it to nobody."""


def models_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return `$HOLDFAST_MODELS`, else `holdfast/models` in the user's cache folder; it need not exist."""
    environment = os.environ if environ is None else environ
    if chosen := environment.get("HOLDFAST_MODELS", ""):
        return Path(chosen).expanduser().absolute()
    cache = environment.get("XDG_CACHE_HOME", "")
    root = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    return root / "holdfast" / "models"


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[Path]:
    """Hold the folder's lock and yield an empty folder inside it for what is not finished yet.

    The lock goes with the process, so one that was killed blocks nobody; what it left is swept here.
    Failures of the disk become StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left_over in folder.glob(f"{_PARTIAL}*"):
                shutil.rmtree(left_over, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=folder) as partial:
                yield Path(partial)
    except OSError as error:
        raise StorageError(
            f"the model cannot be stored in {folder} ({error.strerror or type(error).__name__})",
            stage=Stage.EMBEDDING,
            move="Check its rights and the free space (300 MB), or set HOLDFAST_MODELS to another folder",
        ) from error


def put_in_place(made: Path, target: Path) -> None:
    """Move a finished folder to its name at once; what has the name already goes (call it under the lock)."""
    if target.exists():
        target.rename(made.with_name(f"replaced-{target.name}"))
    made.rename(target)


def sha256_of(path: Path) -> str:
    """Return the file's sha256, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()
