"""How many cores this process may use."""

from __future__ import annotations

import os


def cores_here() -> int:
    """Return the number of cores, of those that the system lets this process run on; 1 at least."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
