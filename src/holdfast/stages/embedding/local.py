"""Embed texts on this machine's processor, one per run, the longest first."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.recent import Recent

_THREADS_AT_MOST = 4


class LocalEmbedder:
    """Shares documents out among a few threads; a query runs at once on a thread of its own.

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
        self._encoder: TextEncoder | None = None
        self._opening = threading.Lock()
        self._queries = Recent(query_cache)

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised; raise StorageError."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        if kind == "query":
            await asyncio.to_thread(self._embed_queries, texts, vectors)
            return vectors
        waiting = deque(sorted(range(len(texts)), key=lambda place: -len(texts[place])))
        loop = asyncio.get_running_loop()
        workers = [
            loop.run_in_executor(self._pool, self._work, texts, waiting, vectors)
            for _ in range(min(self._threads, len(texts)))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            waiting.clear()  # a cancelled call leaves no work behind
        return vectors

    def _work(self, texts: Sequence[str], waiting: deque[int], vectors: FloatArray) -> None:
        """Embed texts until none waits; the longest come first, so that threads finish together."""
        encoder, prefix = self._opened(), self._prefixes["document"]
        while waiting:
            try:
                place = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            vectors[place] = encoder.encode(prefix + texts[place])

    def _embed_queries(self, texts: Sequence[str], vectors: FloatArray) -> None:
        for place, text in enumerate(texts):
            vector = self._queries.get(text)
            if vector is None:
                vector = self._opened().encode(self._prefixes["query"] + text)
                self._queries.put(text, vector)
            vectors[place] = vector

    def _opened(self) -> TextEncoder:
        if self._encoder is None:
            with self._opening:
                if self._encoder is None:
                    self._encoder = self._opener()
        return self._encoder


def threads_here() -> int:
    """Return the number of cores this process may use, four at most."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    return min(cores, _THREADS_AT_MOST)
