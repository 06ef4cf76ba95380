"""Embed texts on this machine's processor, one per run, the longest first."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.engines.cores import cores_here
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.recent import Recent

_THREADS_AT_MOST = 4


class LocalEmbedder:
    """Shares documents out among a few threads; a query runs at once on a thread of its own.

    Calls that overlap share the threads: one takes up the next call's texts as soon as the one before has
    none left, which costs no waking of a thread for every document.

    The graph is opened at the first use. Safe under concurrent calls, also from several event loops.
    """

    def __init__(
        self,
        opener: Callable[[], TextEncoder],
        *,
        fingerprint: str,
        dimension: int,
        threads: int = 0,
        query_cache: int = 1024,
        query_prefix: str = "",
        document_prefix: str = "",
        notice: str = "",
    ) -> None:
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.notice = notice
        self._opener = opener
        self._prefixes = {"query": query_prefix, "document": document_prefix}
        self._threads = threads or threads_here()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embedding")
        self._jobs: deque[_Job] = deque()
        self._working = 0
        self._lock = threading.Lock()
        """Held for a moment, around the two above."""
        self._encoder: TextEncoder | None = None
        self._opening = threading.Lock()
        self._queries = Recent(query_cache)

    def prepare(self) -> None:
        """Open the graph now rather than at the first text; raise StorageError."""
        self._opened()

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised; raise StorageError."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        if kind == "query":
            parts = min(self._threads, len(texts))  # a long item is many queries, most items are one
            await asyncio.gather(
                *(asyncio.to_thread(self._embed_queries, texts[i::parts], vectors[i::parts])
                  for i in range(parts))
            )  # fmt: skip
            return vectors
        if not texts:
            return vectors
        job = _Job(texts, vectors, asyncio.get_running_loop())
        self._share_out(job)
        try:
            await job.done
        finally:
            job.waiting.clear()  # a cancelled call leaves no work behind
        return vectors

    def _share_out(self, job: _Job) -> None:
        """Queue the job, and set as many threads to work as there are texts for."""
        with self._lock:
            self._jobs.append(job)
            more = min(self._threads - self._working, len(job.waiting))
            self._working += more
        for _ in range(more):
            self._pool.submit(self._work)

    def _work(self) -> None:
        """Embed texts until none waits, whichever call they belong to."""
        prefix = self._prefixes["document"]
        while (task := self._next()) is not None:
            job, place = task
            try:
                job.vectors[place] = self._opened().encode(prefix + job.texts[place])
            except Exception as error:  # noqa: BLE001 whatever it is, the caller has to see it
                job.fail(error)
            else:
                job.finish_one()

    def _next(self) -> tuple[_Job, int] | None:
        """Return the next text of the oldest call, or None when this thread may go."""
        with self._lock:
            while self._jobs:
                try:
                    return self._jobs[0], self._jobs[0].waiting.popleft()
                except IndexError:  # all given out, or cancelled
                    self._jobs.popleft()
            self._working -= 1
            return None

    def embed_question(self, text: str) -> FloatArray:
        """Return one query's vector, of shape (dimension,), L2-normalised; raise StorageError.

        It is made on the caller's thread. A kept one is returned as it is kept: it must not be changed.
        """
        vector = self._queries.get(text)
        if vector is None:
            vector = self._opened().encode(self._prefixes["query"] + text)
            self._queries.put(text, vector)
        return vector

    def _embed_queries(self, texts: Sequence[str], vectors: FloatArray) -> None:
        for place, text in enumerate(texts):
            vectors[place] = self.embed_question(text)

    def _opened(self) -> TextEncoder:
        if self._encoder is None:
            with self._opening:
                if self._encoder is None:
                    self._encoder = self._opener()
        return self._encoder


def threads_here() -> int:
    """Return the number of cores this process may use, four at most."""
    return min(cores_here(), _THREADS_AT_MOST)


class _Job:
    """The texts of one call, the longest first, so that threads finish together."""

    def __init__(self, texts: Sequence[str], vectors: FloatArray, loop: asyncio.AbstractEventLoop) -> None:
        self.texts = texts
        self.vectors = vectors
        self.waiting = deque(sorted(range(len(texts)), key=lambda place: -len(texts[place])))
        self.done: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._left = len(texts)
        self._lock = threading.Lock()

    def finish_one(self) -> None:
        """Note that one more text has its vector; the last one wakes the caller."""
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            self._tell(None)

    def fail(self, error: Exception) -> None:
        """End the call with the error; its other texts are not embedded any more."""
        self.waiting.clear()
        self._tell(error)

    def _tell(self, error: Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, error)
        except RuntimeError:  # the loop was closed: nobody waits
            return

    def _settle(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
