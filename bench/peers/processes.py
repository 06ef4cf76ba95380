"""One system in a process of its own, seen from run.py."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

BENCH = Path(__file__).resolve().parents[1]
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Nobody is told what is measured here, and nothing is fetched meanwhile."""


class PeerFailed(Exception):
    """A system's process could not do what it was asked, or is gone."""


class PeerProcess:
    """Speaks the protocol of serve.py; to be closed after use."""

    def __init__(self, python: Path, module: str, *, log: Path, search: Sequence[Path] = ()) -> None:
        """Start `module` under an interpreter; its stderr goes to the log, `search` is looked through first."""
        self._log = log
        paths = os.pathsep.join(str(one) for one in (BENCH, *search))
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [python, "-m", "peers.serve", module],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, encoding="utf-8",
                cwd=log.parent, env={**os.environ, **QUIET, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, **question: Any) -> dict[str, Any]:
        """Return the answer to one question; raise PeerFailed with the log's last line or the peer's error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise PeerFailed(f"its process ended ({self._last_words()}); the whole log: {self._log}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerFailed(answer["error"])
        return answer

    def resident_mb(self) -> float | None:
        """Return the resident memory of the process and its children in MB; None where /proc is not."""
        if not Path("/proc/self/statm").exists():
            return None
        return sum(map(_resident_bytes, _family(self._process.pid))) / 1e6

    def close(self) -> None:
        """End the process; it cleans up when its stdin ends."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"


def _family(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += [int(one) for one in (task / "children").read_text(encoding="ascii").split()]
    return [pid, *(one for child in children for one in _family(child))]


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:  # it ended in between
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
