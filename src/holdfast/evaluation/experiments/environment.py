"""What an experiment ran on, for whoever wants to run it again."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

OURS = "holdfast"


def environment() -> dict[str, str]:
    """Return Python, machine, and the versions of this package and of those it rests on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpus": str(os.cpu_count() or 0),
        **{f"package:{name}": number for name, number in _packages()},
    }


def _packages() -> Iterable[tuple[str, str]]:
    try:
        needed = requires(OURS) or ()
    except PackageNotFoundError:
        return
    for name in sorted({OURS, *(re.split(r"[\s<>=!~;\[(]", one, maxsplit=1)[0] for one in needed)}):
        try:
            yield name, version(name)
        except PackageNotFoundError:  # an extra that is not installed
            continue
