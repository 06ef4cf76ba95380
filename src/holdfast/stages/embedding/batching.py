"""Join the texts of documents that are embedded at the same time into fewer, larger calls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.errors import ProviderRejected
from holdfast.protocols import Embedder


@dataclass(frozen=True, slots=True)
class _Waiting:
    texts: Sequence[str]
    vectors: asyncio.Future[FloatArray]


class JoiningEmbedder:
    """Passes queries on at once; joins documents as a database joins commits.

    While one call is under way the next one gathers, so nobody waits for a clock: a lone document is
    passed on as soon as every task that could add to it has had its turn. At most `texts_at_once` go
    into a call, unless one document alone has more, and at most `texts_waiting` wait; who comes then
    waits outside.
    """

    def __init__(self, inner: Embedder, *, texts_at_once: int = 512, texts_waiting: int = 8192) -> None:
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension
        self.notice: str = getattr(inner, "notice", "")
        self._inner = inner
        self._texts_at_once = texts_at_once
        self._texts_waiting = texts_waiting
        self._queues: dict[asyncio.AbstractEventLoop, _Queue] = {}

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return what the inner embedder makes of the texts; its errors reach only whom they concern."""
        if kind == "query" or not texts:
            return await self._inner.embed(texts, kind=kind)
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            self._queues = {known: kept for known, kept in self._queues.items() if not known.is_closed()}
            queue = self._queues[loop] = _Queue(self._inner, self._texts_at_once, self._texts_waiting)
        return await queue.embed(texts)


class _Queue:
    """The documents of one event loop."""

    def __init__(self, inner: Embedder, texts_at_once: int, texts_waiting: int) -> None:
        self._inner = inner
        self._texts_at_once = texts_at_once
        self._texts_waiting = texts_waiting
        self._waiting: deque[_Waiting] = deque()
        self._count = 0
        self._room = asyncio.Condition()
        self._sender: asyncio.Task[None] | None = None

    async def embed(self, texts: Sequence[str]) -> FloatArray:
        """Wait for room, then for the vectors."""
        async with self._room:
            await self._room.wait_for(lambda: self._count == 0 or self._fits(texts))
            mine = _Waiting(texts, asyncio.get_running_loop().create_future())
            self._waiting.append(mine)
            self._count += len(texts)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())
        return await mine.vectors

    def _fits(self, texts: Sequence[str]) -> bool:
        return self._count + len(texts) <= self._texts_waiting

    async def _send(self) -> None:
        """Send call after call until nothing waits."""
        while self._waiting:
            await self._gather()
            batch = await self._take()
            if batch:
                await self._answer(batch)

    async def _gather(self) -> None:
        """Give every task that is ready its turn, and stop when a turn brought nothing new or enough came."""
        before = 0
        while before != self._count and self._count < self._texts_at_once:
            before = self._count
            await asyncio.sleep(0)

    async def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        async with self._room:
            while self._waiting and (not batch or size + len(self._waiting[0].texts) <= self._texts_at_once):
                one = self._waiting.popleft()
                self._count -= len(one.texts)
                if not one.vectors.done():  # its caller gave up
                    batch.append(one)
                    size += len(one.texts)
            self._room.notify_all()
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        texts = [text for one in batch for text in one.texts]
        try:
            vectors = await self._inner.embed(texts, kind="document")
        except ProviderRejected as error:
            # one bad text spoils a joint call, so each document is tried alone; an outage concerns all
            if len(batch) == 1:
                _fail(batch, error)
                return
            for one in batch:
                await self._answer([one])
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            ends = np.cumsum([len(one.texts) for one in batch])
            for one, part in zip(batch, np.split(vectors, ends[:-1]), strict=True):
                if not one.vectors.done():
                    one.vectors.set_result(part)


def _fail(batch: Sequence[_Waiting], error: BaseException) -> None:
    for one in batch:
        if one.vectors.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            one.vectors.cancel()
        else:
            one.vectors.set_exception(error)
