"""Remember which folders a person trusts to run the Python code in them."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.access.hook_files import HookFiles, read_hook_files
from holdfast.errors import NotAllowed, StorageError, UsageError

FILE_VARIABLE = "HOLDFAST_TRUST_FILE"
FORM = 1
OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A folder whose code may run, as long as it stays what it was."""

    folder: Path
    digest: str
    files: tuple[str, ...]


def trust(folder: Path) -> Trusted:
    """Record the folder's Python files as they are now; raise UsageError when there are none."""
    hooks = read_hook_files(_existing(folder))
    if not hooks.sources:
        raise UsageError(
            f"{folder} has no Python file that a hook could be in",
            stage="trust",
            move="Name the folder that workflow.yaml and its hooks lie in",
        )
    entry = {
        "digest": hooks.digest,
        "files": sorted(hooks.sources),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _change(lambda folders: folders | {_key(folder): entry})
    return Trusted(folder=folder, digest=hooks.digest, files=tuple(hooks.sources))


def untrust(folder: Path) -> bool:
    """Forget the folder; return whether it was trusted."""
    key, was = _key(folder), False

    def without(folders: dict[str, Any]) -> dict[str, Any]:
        nonlocal was
        was = key in folders
        return {name: entry for name, entry in folders.items() if name != key}

    _change(without)
    return was


def is_trusted(folder: Path, digest: str) -> bool:
    """Return whether exactly this code in this folder was trusted."""
    entry = _read(trust_file()).get(_key(folder))
    return bool(digest) and isinstance(entry, dict) and entry.get("digest") == digest


def require_trust(hooks: HookFiles, *, use: str) -> None:
    """Raise NotAllowed, naming folder, hook and command, unless the code was trusted as it is."""
    if not is_trusted(hooks.folder, hooks.digest):
        was = _key(hooks.folder) in _read(trust_file())
        raise untrusted(hooks.folder, use=use, has_changed=was)


def untrusted(folder: Path, *, use: str, has_changed: bool = False) -> NotAllowed:
    """Return the error for a hook in a folder that is not trusted."""
    why = "its Python files have changed since it was trusted" if has_changed else "it is not trusted"
    return NotAllowed(
        f"the hook {use} in {folder} was not run: {why}",
        stage="trust",
        move=f"Read the code, then run `holdfast trust {folder}`",
    )


def trust_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return the file that holds the trusted folders: in the user's configuration, not the workflow's."""
    environment = os.environ if environ is None else environ
    if named := environment.get(FILE_VARIABLE):
        return Path(named)
    configuration = environment.get("XDG_CONFIG_HOME", "")
    root = Path(configuration) if os.path.isabs(configuration) else Path.home() / ".config"  # noqa: PTH117
    return root / "holdfast" / "trust.json"


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", stage="trust", move="Name the workflow's folder")
    return folder


def _key(folder: Path) -> str:
    return str(folder.resolve())


def _change(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the changed record in one step; two processes take turns."""
    file = trust_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _turn(file):
            _replace(file, change(_read(file)))
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written ({error.strerror})",
            stage="trust",
            move=f"Correct its rights, or name another file in {FILE_VARIABLE}",
        ) from error


@contextmanager
def _turn(file: Path) -> Iterator[None]:
    descriptor = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(file: Path, folders: Mapping[str, Any]) -> None:
    data = json.dumps({"v": FORM, "folders": folders}, indent=2, ensure_ascii=False, sort_keys=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".trust-")  # mkstemp makes it mode 600
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(data.encode("utf-8", "surrogateescape") + b"\n")
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(file: Path) -> dict[str, Any]:
    """Return the record; raise StorageError when it is damaged, for an empty one would hide that."""
    try:
        if file.stat().st_mode & OTHERS_MAY_WRITE:
            raise _damaged(file, "may be written by other users, so it proves nothing")
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _damaged(file, f"cannot be read ({error.strerror})") from error
    try:
        folders = json.loads(text)["folders"]
    except (ValueError, LookupError, TypeError, RecursionError):
        folders = None
    if not isinstance(folders, dict):
        raise _damaged(file, "is damaged")
    return folders


def _damaged(file: Path, what: str) -> StorageError:
    return StorageError(
        f"{file} {what}", stage="trust", move="Remove it, then trust your folders again with `holdfast trust`"
    )
