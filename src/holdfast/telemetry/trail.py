"""Trails: run stages one by one and keep what each was given and what it made."""

from __future__ import annotations

import asyncio
import inspect
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from holdfast.domain.calls import Call
from holdfast.domain.checks import Finding
from holdfast.domain.prompts import Piece, Prompt, Reply, Restart
from holdfast.domain.runs import StageRecord
from holdfast.domain.stages import Stage
from holdfast.errors import DocumentError, HoldfastError, ProviderUnavailable

Listener = Callable[[str | Restart], None]
"""Gets the text in pieces; a Restart says that those before it do not count."""


class RunTrail:
    """The trail of one run: every stage leaves a record, a failed one too."""

    def __init__(self, *, listen: Listener | None = None) -> None:
        self.run_id = uuid.uuid4().hex
        self.records: list[StageRecord] = []
        self.findings: list[Finding] = []
        self.degraded: list[str] = []
        self._listen = listen

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
    ) -> Reply:
        """Run a streaming stage, pass its pieces to the listener, and return the complete Reply."""
        started = time.perf_counter()
        try:
            reply = await self._drained(part(prompt, call))
        except BaseException as error:
            self._keep(stage, part, (prompt,), None, started, error=f"{type(error).__name__}: {error}")
            raise
        self._keep(stage, part, (prompt,), reply, started, cost_usd=reply.cost_usd)
        return reply

    async def _drained(self, pieces: AsyncIterator[Piece]) -> Reply:
        async for piece in pieces:
            if isinstance(piece, Reply):
                return piece
            if self._listen is not None and isinstance(piece, (str, Restart)):
                self._listen(piece)
        raise ProviderUnavailable(
            "the model's stream ended before its reply was complete",
            stage="generation",
            move="Try again; the next rung is taken when there is one.",
        )

    def found(self, findings: Sequence[Finding]) -> None:
        """Keep what guardrails saw."""
        self.findings.extend(findings)

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

    async def step(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage and add its time; raise DocumentError for what a part was not to raise."""
        started = time.perf_counter()
        try:
            return await _ran(part, *args, **kwargs)
        except HoldfastError:
            raise
        except Exception as error:
            # A part of the user's own may raise anything; it costs the document, not the sync.
            told = f"{type(error).__name__} in {_name(part)}: {error}"
            raise DocumentError(told, stage=stage, move="Mend the part, then sync again") from error
        finally:
            self.seconds[stage] += time.perf_counter() - started


async def _ran(part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if inspect.iscoroutinefunction(part):
        return await part(*args, **kwargs)
    return await asyncio.to_thread(part, *args, **kwargs)


def _name(part: Callable[..., Any]) -> str:
    return f"{part.__module__}:{part.__qualname__}"
