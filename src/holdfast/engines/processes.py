"""Run tasks in limited worker processes that may crash, hang or eat memory without harm.

A task is named `module:function`, takes JSON and bytes, yields JSON and bytes (`worker.Handler`). What
it yielded before it died is kept. A task that ends its worker, or that runs out of time, gets one more
try in a fresh one: the worker may have been spoiled by the file before.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO, Any

from holdfast.engines.frames import BrokenFrames, Frame, FrameBuffer, pack

_PASSED_ON = (
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TESSDATA_PREFIX",
)
"""The environment that workers get: no API key may be readable where hostile files are read."""

_OUT_OF_MEMORY = (
    "memory allocation of",
    "MemoryError",
    "out of memory",
    "bad_alloc",
    "Cannot allocate memory",
)
_READ_BYTES = 1 << 18


class Ending(StrEnum):
    """How a task ended."""

    DONE = "done"
    FAILED = "failed"
    """It raised; the worker lives on."""
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    LIMIT_CPU = "limit_cpu"
    LIMIT_MEMORY = "limit_memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one worker may take."""

    cpu_s: int = 60
    """CPU seconds for one task."""
    wall_s: float = 300.0
    """Seconds for one task; well above `cpu_s`, since a busy machine is no fault of the file."""
    memory_mb: int = 1536
    """Address space, not resident memory."""
    file_mb: int = 64
    """Largest file that a worker may write."""
    open_files: int = 128
    tasks: int = 200
    """A worker is replaced after so many tasks."""
    spent_mb: int = 512
    """A worker whose resident memory once was above this is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What a task sent and how it ended."""

    frames: tuple[Frame, ...]
    ending: Ending
    detail: str = ""
    """For the log: the exception's name or the signal; never shown as it stands."""
    tries: int = 1


class WorkerPool:
    """Up to `size` worker processes, started when needed; safe to use from several threads."""

    def __init__(
        self, *, size: int = 2, limits: WorkerLimits | None = None, paths: tuple[str, ...] = ()
    ) -> None:
        self._limits = limits or WorkerLimits()
        self._paths = paths
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._closed = False

    def run(self, factory: str, arguments: Mapping[str, Any], data: bytes = b"") -> TaskResult:
        """Return what the task named `module:function` made of the arguments and the bytes."""
        request = pack({"factory": factory, "arguments": dict(arguments)}, data)
        with self._slots:
            first = self._try(request, fresh=False)
            if first.ending not in (Ending.CRASHED, Ending.TIMEOUT):
                return first
            second = self._try(request, fresh=True)
        frames = max(first.frames, second.frames, key=len)
        return replace(second, frames=frames, tries=2)

    def close(self) -> None:
        """End the idle workers; tasks still running keep theirs and end them when done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _try(self, request: bytes, *, fresh: bool) -> TaskResult:
        worker = self._take(fresh=fresh)
        keep = False
        try:
            result = worker.run(request)
            keep = result.ending in (Ending.DONE, Ending.FAILED) and not worker.is_spent
        finally:  # also on KeyboardInterrupt: a worker in the middle of a task is of no use to the next
            self._give_back(worker, keep=keep)
        return result

    def _take(self, *, fresh: bool) -> _Worker:
        with self._lock:
            while self._idle and not fresh:
                worker = self._idle.pop()
                if worker.is_alive:
                    return worker
                worker.end()
        return _Worker(self._limits, self._paths)

    def _give_back(self, worker: _Worker, *, keep: bool) -> None:
        with self._lock:
            if keep and not self._closed:
                self._idle.append(worker)
                return
        worker.end()


class _Worker:
    """One child process in a session of its own, with the pipes to it."""

    def __init__(self, limits: WorkerLimits, paths: tuple[str, ...]) -> None:
        self._limits = limits
        self._tasks = 0
        self._peak_mb = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        lifeline, self._lifeline = os.pipe()
        start = {
            "lifeline": lifeline,
            "paths": list(paths),
            "cpu_s": limits.cpu_s,
            "memory_mb": limits.memory_mb,
            "file_mb": limits.file_mb,
            "open_files": limits.open_files,
            "tasks": limits.tasks,
        }
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                # -P: a `json.py` in the folder that is being read must not be imported
                [sys.executable, "-P", "-m", "holdfast.engines.worker", json.dumps(start)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
                start_new_session=True,
                pass_fds=(lifeline,),
            )
        except OSError:
            os.close(self._lifeline)
            self._errors.close()
            raise
        finally:
            os.close(lifeline)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)

    @property
    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self._process.poll() is None

    @property
    def is_spent(self) -> bool:
        """Return whether it has done its share or grown too large."""
        return self._tasks >= self._limits.tasks or self._peak_mb > self._limits.spent_mb

    def run(self, request: bytes) -> TaskResult:
        """Send one task and collect its frames until it ends, dies or runs out of time."""
        self._tasks += 1
        parts: list[Frame] = []
        try:
            end = self._exchange(memoryview(request), parts, deadline=time.monotonic() + self._limits.wall_s)
        except BrokenFrames as error:
            return TaskResult(frames=tuple(parts), ending=Ending.CRASHED, detail=str(error))
        if end is None:
            ending, detail = self._post_mortem()
            return TaskResult(frames=tuple(parts), ending=ending, detail=detail)
        self._peak_mb = int(end.get("peak_mb", 0))
        return TaskResult(
            frames=tuple(parts), ending=Ending(end["ending"]), detail=str(end.get("detail", ""))
        )

    def _exchange(self, request: memoryview, parts: list[Frame], *, deadline: float) -> dict[str, Any] | None:
        """Return the task's last frame, None when the process died; append the others to `parts`."""
        buffer = FrameBuffer()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    return {"ending": Ending.TIMEOUT}
                for key, _ in selector.select(left):
                    if key.fd == self._stdin:
                        request = self._write_some(request)
                        if not request:
                            selector.unregister(self._stdin)
                        continue
                    data = os.read(self._stdout, _READ_BYTES)
                    if not data:
                        return None
                    end = _sort(buffer.feed(data), parts)
                    if end is not None:
                        return end

    def _write_some(self, request: memoryview) -> memoryview:
        try:
            return request[os.write(self._stdin, request[: 1 << 16]) :]
        except BrokenPipeError:
            return request[:0]  # it died: the end of its output tells the rest

    def _post_mortem(self) -> tuple[Ending, str]:
        """Say why a process that closed its pipe did so."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        code = self._process.poll()
        last_words = self._last_words()
        if code == -signal.SIGXCPU:
            return Ending.LIMIT_CPU, "SIGXCPU"
        if any(sign in last_words for sign in _OUT_OF_MEMORY):
            return Ending.LIMIT_MEMORY, last_words
        return Ending.CRASHED, f"exit {code}: {last_words}"

    def _last_words(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 2000))
        return self._errors.read().decode(errors="replace").strip()[-300:]

    def end(self) -> None:
        """Kill the process with everything it started, and close its pipes."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._lifeline)
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()


def _sort(frames: list[Frame], parts: list[Frame]) -> dict[str, Any] | None:
    for frame in frames:
        kind, message = frame.message
        if kind == "end":
            end: dict[str, Any] = message
            return end
        parts.append(Frame(message=message, payload=frame.payload))
    return None


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # Threads' arenas reserve 64 MB of address space each, which RLIMIT_AS counts.
    return passed_on | {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
