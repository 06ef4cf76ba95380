"""What this process holds in memory."""

from __future__ import annotations

from pathlib import Path


def memory_mb(name: str) -> float:
    """Return this process's own figure, in MB: getrusage's is inherited from a parent that was larger.

    `VmRSS` is all that is resident, `RssAnon` what no file is mapped for: pages of mapped files are given
    back when others need them.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0
