"""Trails: run stages one by one and keep what each was given and what it made."""

from __future__ import annotations

import asyncio
import errno
import inspect
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from holdfast.domain.attempts import Attempt
from holdfast.domain.calls import Call
from holdfast.domain.checks import Finding
from holdfast.domain.prompts import Partial, Piece, Prompt, Reply, Restart
from holdfast.domain.releasing import Releaser
from holdfast.domain.runs import StageRecord
from holdfast.domain.stages import Stage
from holdfast.domain.streams import closing
from holdfast.errors import DocumentError, HoldfastError, ReplyMalformed, StorageError

Listener = Callable[[str | Partial | Restart], None]
"""Gets the text in pieces; a Restart says that those before it do not count."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a full disk says to a part: no fault of the part or of the document."""
_CLIMB = "holdfast.flows.answer:climb"


class RunTrail:
    """The trail of one run: every stage leaves a record, a failed one too."""

    def __init__(self, *, listen: Listener | None = None, run_id: str = "") -> None:
        self.run_id = run_id or uuid.uuid4().hex
        self.records: list[StageRecord] = []
        self.findings: list[Finding] = []
        self.degraded: list[str] = []
        self.fallback: list[str] = []
        self.journal: list[Attempt] = []
        self._listen = listen
        self._shown = ""

    async def step(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage; a plain function runs off the event loop, a coroutine function on it."""
        started = time.perf_counter()
        try:
            made = await _ran(part, *args, **kwargs)
        except BaseException as error:
            self._keep(stage, part, args, None, started, error=f"{type(error).__name__}: {error}")
            raise
        self._keep(stage, part, args, made, started)
        return made

    async def stream(
        self,
        stage: Stage,
        part: Callable[[Prompt, Call], AsyncIterator[Piece]],
        prompt: Prompt,
        call: Call,
        *,
        release: Releaser | None = None,
    ) -> Reply:
        """Run a streaming stage and return the complete Reply; the listener gets what `release` lets out.

        When text was shown and then does not count, because a call failed midway or another model
        answers, the listener gets a Restart.
        """
        started = time.perf_counter()
        self._begin_anew("another model answers")
        try:
            reply = await self._drained(part(prompt, call), release)
        except BaseException as error:
            self._keep(stage, part, (prompt,), None, started, error=f"{type(error).__name__}: {error}")
            raise
        self._keep(stage, part, (prompt,), reply, started, cost_usd=reply.cost_usd)
        return reply

    async def _drained(self, pieces: AsyncIterator[Piece], release: Releaser | None) -> Reply:
        async with closing(pieces):
            async for piece in pieces:
                match piece:
                    case Reply():
                        return piece
                    case Restart(reason=reason):
                        self._begin_anew(reason)
                        if release is not None:
                            release.begin_anew()
                    case Partial():
                        self._tell(piece)
                    case str() if self._listen is not None:
                        self._show(await release(piece) if release else piece)
                    case _:
                        pass
        raise ReplyMalformed(
            "the model's stream ended before its reply was complete",
            stage="generation",
            move="Try again; the next rung is taken when there is one.",
        )

    def made_ready(self, make: Callable[[], Any], *, by: Callable[..., Any]) -> Any:
        """Return the parts that `make` makes; what that took is on the record too, as work of `by`.

        Most of it falls on a process's first item, with which models and index are loaded.
        """
        started = time.perf_counter()
        try:
            parts = make()
        except BaseException as error:
            self._keep(Stage.INTAKE, by, (), None, started, error=f"{type(error).__name__}: {error}")
            raise
        self._keep(Stage.INTAKE, by, (), None, started)
        return parts

    def finish(self, text: str) -> None:
        """Show the rest of the final text; when something else was shown before, all of it anew."""
        if self._listen is None or text == self._shown:
            return
        if not text.startswith(self._shown):
            self._begin_anew("the final text is another one")
        self._show(text[len(self._shown) :])

    def _show(self, text: str) -> None:
        if text:
            self._shown += text
            self._tell(text)

    def _begin_anew(self, reason: str) -> None:
        if self._shown:
            self._shown = ""
            self._tell(Restart(reason=reason))

    def _tell(self, piece: str | Partial | Restart) -> None:
        if self._listen is not None:
            self._listen(piece)

    def passed_over(self, rung: str, why: str) -> None:
        """Keep why a rung was not asked, or why its answer did not end the climb."""
        self.records.append(
            StageRecord(stage=Stage.GENERATION, part=_CLIMB, given=[rung], made=why, took_ms=0.0)
        )

    def found(self, findings: Sequence[Finding]) -> None:
        """Keep what guardrails saw."""
        self.findings.extend(findings)

    def fell_back(self, why: str) -> None:
        """Keep that a rung failed and the next one is asked."""
        if why not in self.fallback:
            self.fallback.append(why)

    def degrade(self, why: str) -> None:
        """Mark the run as having taken a lesser route."""
        if why not in self.degraded:
            self.degraded.append(why)

    def _keep(
        self,
        stage: Stage,
        part: Callable[..., Any],
        given: Sequence[Any],
        made: Any,
        started: float,
        *,
        error: str = "",
        cost_usd: float = 0.0,
    ) -> None:
        took_ms = (time.perf_counter() - started) * 1000
        self.records.append(
            StageRecord(
                stage=stage,
                part=_name(part),
                given=list(given),
                made=made,
                took_ms=took_ms,
                cost_usd=cost_usd,
                error=error,
            )
        )


class StageClock:
    """The trail of a sync: seconds per stage over all documents; the documents' rows keep the rest."""

    def __init__(self) -> None:
        self.run_id = uuid.uuid4().hex
        self.seconds: dict[Stage, float] = defaultdict(float)
        self._adding = threading.Lock()

    async def step(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage and add its time; raise DocumentError for what a part was not to raise."""
        with self._timed(stage, part):
            return await _ran(part, *args, **kwargs)

    def run(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do the same with a plain function, in the thread that this is called in."""
        with self._timed(stage, part):
            return part(*args, **kwargs)

    @contextmanager
    def _timed(self, stage: Stage, part: Callable[..., Any]) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except HoldfastError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise StorageError(
                    f"there is no room to write ({error.strerror})",
                    stage=stage,
                    move="The disk is full: free space and sync again; nothing published was lost",
                ) from error
            # A part of the user's own may raise anything; it costs the document, not the sync.
            told = f"{type(error).__name__} in {_name(part)}: {error}"
            raise DocumentError(told, stage=stage, move="Mend the part, then sync again") from error
        finally:
            took = time.perf_counter() - started
            with self._adding:
                self.seconds[stage] += took


async def _ran(part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if inspect.iscoroutinefunction(part):
        return await part(*args, **kwargs)
    return await asyncio.to_thread(part, *args, **kwargs)


def _name(part: Callable[..., Any]) -> str:
    return f"{part.__module__}:{part.__qualname__}"
