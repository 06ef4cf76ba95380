"""Notice a declaration under a wrong name, which would otherwise count for nothing."""

from __future__ import annotations

import os
from pathlib import Path

from holdfast.declaring.mistakes import Mistake

ENDINGS = ("yaml", "yml", "yaml.txt", "yml.txt")


def near_miss(folder: Path, file: str) -> Mistake | None:
    """Return the mistake of a file that was meant to be `file`, None when there is none.

    A `workflow.yml` that nobody reads would leave its folder undeclared, and so open to everyone.
    """
    try:
        name = name_near(folder, file)
    except OSError as error:
        return Mistake(
            file=str(folder), what=f"cannot be listed ({error.strerror})", move="correct its rights"
        )
    if not name:
        return None
    return Mistake(file=name, what="is not read under this name", move=f"call it {file}, or remove it")


def name_near(folder: Path, file: str) -> str:
    """Return the name under which a file that was meant to be `file` lies there, empty when none does.

    Raises OSError when the folder cannot be listed.
    """
    stem = file.partition(".")[0]
    meant = {f"{stem}.{ending}" for ending in ENDINGS}
    names = sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
    return next((name for name in names if name.casefold() in meant and name != file), "")
