"""The laws of a JobEngine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdfast.protocols import JobEngine

HANDLERS = "holdfast.testing.contracts.job_handlers"
NOTE, NOTE_LATER, FAIL = f"{HANDLERS}:note", f"{HANDLERS}:note_later", f"{HANDLERS}:fail"


class JobEngineContract:
    """Override `part` with an engine that has no jobs and may run handlers of the package `holdfast`."""

    @pytest.fixture
    def part(self) -> JobEngine:
        """Return the engine under test."""
        raise NotImplementedError("override the fixture `part`: return a JobEngine without jobs")

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """Return the file that the handlers write to."""
        return tmp_path / "notes.txt"

    @pytest.mark.parametrize("handler", [NOTE, NOTE_LATER])
    def test_a_job_runs_with_its_arguments(self, part: JobEngine, file: Path, handler: str) -> None:
        """Plain functions and coroutines alike; a job that has run does not run again."""
        assert part.enqueue(handler, {"file": str(file), "word": "one"}, key="k")
        assert (_worked(part), _worked(part)) == (1, 0)
        assert _notes(file) == ["one"]

    def test_a_key_is_enqueued_once(self, part: JobEngine, file: Path) -> None:
        """Whoever enqueues again after a crash does no harm."""
        assert part.enqueue(NOTE, {"file": str(file), "word": "one"}, key="k")
        assert not part.enqueue(NOTE, {"file": str(file), "word": "two"}, key="k")
        _worked(part)
        assert _notes(file) == ["one"]

    def test_no_more_than_the_limit_run(self, part: JobEngine, file: Path) -> None:
        """The others wait for the next call."""
        for word in ("a", "b", "c"):
            part.enqueue(NOTE, {"file": str(file), "word": word}, key=word)
        assert _worked(part, limit=2) == 2  # noqa: PLR2004 -- the limit of this line
        assert len(_notes(file)) == 2  # noqa: PLR2004 -- the same
        _worked(part)
        assert sorted(_notes(file)) == ["a", "b", "c"]

    def test_a_job_waits_until_it_is_due(self, part: JobEngine, file: Path) -> None:
        """One of tomorrow is kept, one of yesterday runs."""
        now = datetime.now(UTC)
        for word, days in (("yesterday", -1), ("tomorrow", 1)):
            due = now + timedelta(days=days)
            part.enqueue(NOTE, {"file": str(file), "word": word}, key=word, due=due)
        _worked(part)
        assert _notes(file) == ["yesterday"]

    def test_a_job_that_fails_takes_no_other_with_it(self, part: JobEngine, file: Path) -> None:
        """Its error is the job's, not the worker's."""
        part.enqueue(FAIL, {"file": str(file)}, key="bad")
        part.enqueue(NOTE, {"file": str(file), "word": "good"}, key="good")
        _worked(part)
        assert set(_notes(file)) == {"failed", "good"}


def _worked(part: JobEngine, *, limit: int = 100) -> int:
    return asyncio.run(part.work(limit=limit))


def _notes(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split() if file.exists() else []
