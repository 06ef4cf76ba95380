"""Make an environment for each peer, apart from Holdfast's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
GRAPHICS = ("nvidia-", "cuda-", "triton")
"""Beginnings of packages that come with builds for graphics cards: gigabytes that nothing here uses."""


class NoEnvironment(Exception):
    """A peer's environment could not be made."""


def default_folder() -> Path:
    """Return `holdfast/peers` in the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()) / "holdfast/peers"


def requirements(name: str) -> Path:
    """Return the file of a peer's pinned packages."""
    return HERE / f"requirements-{name}.txt"


def python_of(name: str, folder: Path, *, within_s: float) -> Path:
    """Return the interpreter of the peer's environment, made if there is none for these versions.

    Raises NoEnvironment when the packages cannot be had within the time, or would bring a build for
    graphics cards.
    """
    home, wanted = home_of(name, folder), requirements(name)
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        print(f"peers: making an environment for {name} in {home}", file=sys.stderr)
        venv.create(home, with_pip=True)
        if "torch==" in wanted.read_text(encoding="utf-8"):
            refuse_graphics(name, _would_install(name, python, wanted, within_s))
        _pip(name, python, ["install", "--quiet", "--requirement", str(wanted)], within_s)
        (home / ".ready").touch()
    return python


def home_of(name: str, folder: Path) -> Path:
    """Return where a peer's environment is: other versions, or another Python, get one of their own."""
    key = hashlib.sha256(requirements(name).read_bytes() + sys.version.encode()).hexdigest()[:12]
    return folder / f"{name}-{key}"


def refuse_graphics(name: str, report: str) -> None:
    """Raise NoEnvironment when pip's report (JSON) of what it would install has builds for graphics cards."""
    names = [one["metadata"]["name"].lower() for one in json.loads(report)["install"]]
    heavy = [one for one in names if one.startswith(GRAPHICS)]
    if heavy:
        raise NoEnvironment(
            f"{name}: torch would come as a build for graphics cards ({len(heavy)} packages such as "
            f"{heavy[0]}). Point pip at a build for processors (its find-links or index setting) and run again"
        )


def _would_install(name: str, python: Path, wanted: Path, within_s: float) -> str:
    dry = ["install", "--quiet", "--dry-run", "--report", "-", "--requirement", str(wanted)]
    return _pip(name, python, dry, within_s)


def _pip(name: str, python: Path, arguments: list[str], within_s: float) -> str:
    try:
        done = subprocess.run(
            [python, "-m", "pip", "--disable-pip-version-check", *arguments],
            capture_output=True, text=True, timeout=within_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NoEnvironment(
            f"{name}: its packages were not there after {within_s:.0f} s. Give more: --install-within"
        ) from error
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise NoEnvironment(f"{name}: pip failed ({''.join(last)[:300]})")
    return done.stdout
