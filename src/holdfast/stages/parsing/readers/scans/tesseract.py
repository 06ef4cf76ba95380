"""The tesseract program: whether it is there, what it knows, and one run of it over one picture."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

DPI = 200
"""Pictures are made with, and taken to have, so many dots per inch."""
_NAME = "tesseract"
_MOST_LANGUAGES = 4
"""Each one costs time: with more installed, and none named, English or the first few are used."""
_NO_LANGUAGES = ("osd", "equ", "snum")
_ASKING_S = 20


class NotRecognised(Exception):
    """A picture could not be recognised; the words say why, with the next move."""


def program() -> str | None:
    """Return where tesseract is installed, None when it is not."""
    return shutil.which(_NAME)


def program_mark() -> str:
    """Return what tells one tesseract from another, without running it: text depends on it."""
    found = program()
    try:
        return f"{Path(found).resolve().stat().st_size}" if found else "none"
    except OSError:
        return "none"


def default_languages(path: str) -> str:
    """Return the languages to read when none are named."""
    known = [name for name in installed(path) if name not in _NO_LANGUAGES and "/" not in name]
    if len(known) > _MOST_LANGUAGES:
        known = ["eng"] if "eng" in known else known[:_MOST_LANGUAGES]
    return "+".join(known) or "eng"


@lru_cache(maxsize=4)
def installed(path: str) -> tuple[str, ...]:
    """Return what languages and scripts it knows."""
    try:
        done = subprocess.run(  # noqa: S603 - the program found on PATH, no shell
            [path, "--list-langs"], capture_output=True, timeout=_ASKING_S, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    lines = (done.stdout or done.stderr).decode(errors="replace").splitlines()
    return tuple(line.strip() for line in lines[1:] if line.strip())


def run(path: str, picture: bytes, *, languages: str, page_of_file: int | None, timeout_s: float) -> str:
    """Return the table of words that tesseract writes; raise NotRecognised.

    The picture has to begin like one: tesseract takes anything else for a list of file names.
    """
    command = [path, "stdin", "stdout", "-l", languages, "--dpi", str(DPI)]
    command += ["--psm", "1" if "osd" in installed(path) else "3"]  # 1 turns pages that lie on a side
    command += ["-c", "tessedit_create_tsv=1"]
    if page_of_file is not None:
        command += ["-c", f"tessedit_page_number={page_of_file}"]
    try:
        done = subprocess.run(  # noqa: S603 - as above
            command,
            input=picture,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            cwd="/",
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # its threads wait for one another: 5 times slower
        )
    except subprocess.TimeoutExpired as error:
        raise NotRecognised(
            f"recognition took over {timeout_s:.0f} s. Raise parsing.ocr_page_s, or scan it anew"
        ) from error
    except OSError as error:
        raise NotRecognised(
            f"tesseract could not be started ({error.strerror}). Check its installation"
        ) from error
    if done.returncode:
        raise NotRecognised(_complaint(done))
    return done.stdout.decode(errors="replace")


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode(errors="replace")
    if "Failed loading language" in said or "couldn't load any languages" in said:
        return "tesseract lacks a language of parsing.ocr_languages. Install it, or name others"
    if done.returncode < 0 or "alloc" in said:
        return "tesseract ran out of memory or crashed. Save the picture with fewer pixels"
    return "tesseract cannot read the picture. Open it in its own program and save it again"
