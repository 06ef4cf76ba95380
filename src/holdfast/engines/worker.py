"""The inside of a worker process: limits first, then one task after another from its pipe.

Started by `processes.WorkerPool` as `python -P -m holdfast.engines.worker LIMITS`. Imports stay few:
a start should cost what Python costs; each task's own imports come with its first use.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from holdfast.engines.frames import Frame, pack, read_frame
from holdfast.loading import load

Handler = Callable[[Mapping[str, Any], bytes], Iterable[tuple[Any, bytes]]]
"""What a task's factory names: takes JSON arguments and bytes, yields JSON values and bytes."""

MEBIBYTE = 1 << 20


def main(argv: list[str]) -> None:
    """Serve tasks until the pipe ends."""
    start = json.loads(argv[0])
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a native library prints must not fall between the frames
    threading.Thread(target=_die_with_parent, args=(start["lifeline"],), daemon=True).start()
    sys.path[:0] = start["paths"]
    set_limits(start)
    while (task := read_frame(sys.stdin.buffer)) is not None:
        _limit_cpu(start["cpu_s"], hard_s=start["cpu_s"] * (start["tasks"] + 1))
        _serve(task, results)


def set_limits(start: Mapping[str, Any]) -> None:
    """Bound what this process may take; the CPU limit is set anew for each task."""
    memory = start["memory_mb"] * MEBIBYTE
    files = start["file_mb"] * MEBIBYTE
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: start["open_files"],
        resource.RLIMIT_FSIZE: files,
        resource.RLIMIT_AS: memory,
    }
    for kind, value in wanted.items():
        with contextlib.suppress(OSError, ValueError):  # macOS knows RLIMIT_AS but refuses to lower it
            resource.setrlimit(kind, (value, value))


def _die_with_parent(lifeline: int) -> None:
    """End this process when the other end of the lifeline closes, however its holder died.

    PR_SET_PDEATHSIG would be Linux only, and it fires when the *thread* that started the child ends,
    which kills workers whenever an executor thread retires.
    """
    with contextlib.suppress(OSError):
        os.read(lifeline, 1)
    os._exit(0)


def _limit_cpu(cpu_s: int, *, hard_s: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_s + 1
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard_s), hard_s))


def _serve(task: Frame, results: BinaryIO) -> None:
    """Run one task and send what it yields, then how it ended."""
    try:
        handler: Handler = load(task.message["factory"])
        for message, payload in handler(task.message["arguments"], task.payload):
            _send(results, ["part", message], payload)
        ending = {"ending": "done"}
    except MemoryError:
        ending = {"ending": "limit_memory"}
    except Exception as error:  # noqa: BLE001 - a task must not take the worker with it, whatever it raises
        ending = {"ending": "failed", "detail": f"{type(error).__name__}: {error}"[:500]}
    _send(results, ["end", {**ending, "peak_mb": _peak_mb()}])


def _send(results: BinaryIO, message: Any, payload: bytes = b"") -> None:
    results.write(pack(message, payload))
    results.flush()


def _peak_mb() -> int:
    """Return the peak of resident memory since this program began.

    `ru_maxrss` is not it on Linux: it is inherited through fork and exec, so that the children of a
    large process would count as spent from the start.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (MEBIBYTE if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(sys.argv[1:])
