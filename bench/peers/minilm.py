"""Embed with the very graph, tokenizer and session options that Holdfast uses, in a peer's environment.

One text a run on as many threads as Holdfast takes, the longest first: the graph reads one text at a time,
and two single runs side by side are the fastest it goes on a few cores, so batches of a peer's own gain
nothing.
"""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from peers.wanted import wanted


class Stopwatch:
    """Counts the seconds in which at least one of the calls it watches is under way."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.texts = 0
        self._under_way = 0
        self._started = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def running(self, texts: int) -> Iterator[None]:
        """Count a call that embeds this many texts."""
        with self._lock:
            self.texts += texts
            self._under_way += 1
            if self._under_way == 1:
                self._started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if not self._under_way:
                    self.seconds += time.perf_counter() - self._started

    def reset(self) -> None:
        """Start anew."""
        self.seconds, self.texts = 0.0, 0


class MiniLM:
    """The shared embedder; its graph is opened at the first text."""

    def __init__(self, *, graph: str, tokenizer: str, max_tokens: int, threads: int) -> None:
        self.stopwatch = Stopwatch()
        self._files = (graph, tokenizer)
        self._max_tokens = max_tokens
        self._pool = ThreadPoolExecutor(threads)
        self._threads = threads
        self._opened: tuple[Any, Any, Any] | None = None

    def documents(self, texts: Sequence[str]) -> Any:
        """Return float32 of shape (texts, dimension), rows L2-normalised; the stopwatch runs."""
        with self.stopwatch.running(len(texts)):
            np, _, _ = self._open()
            vectors: list[Any] = [None] * len(texts)
            waiting = deque(sorted(range(len(texts)), key=lambda place: -len(texts[place])))
            work = [self._pool.submit(self._work, texts, waiting, vectors) for _ in range(self._threads)]
            for one in work:
                one.result()
            return np.stack(vectors) if vectors else np.zeros((0, 0), dtype="float32")

    def query(self, text: str) -> Any:
        """Return one text's vector on the caller's thread."""
        np, session, tokenizer = self._open()
        ids = np.array(tokenizer.encode_batch_fast([text])[0].ids, dtype=np.int64)
        vector = session.run(["embedding"], {"input_ids": ids})[0].reshape(-1)
        return vector / max(float(np.sqrt(vector @ vector)), 1e-12)

    def _work(self, texts: Sequence[str], waiting: deque[int], vectors: list[Any]) -> None:
        while waiting:
            try:
                place = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            vectors[place] = self.query(texts[place])

    def _open(self) -> tuple[Any, Any, Any]:
        if self._opened is None:
            with wanted("bare"):
                import numpy as np
                import onnxruntime
                from tokenizers import Tokenizer
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(
                self._files[0], options, providers=["CPUExecutionProvider"],
                disabled_optimizers=["SkipLayerNormFusion"],
            )  # fmt: skip
            tokenizer = Tokenizer.from_file(self._files[1])
            tokenizer.enable_truncation(self._max_tokens)
            tokenizer.no_padding()
            self._opened = (np, session, tokenizer)
        return self._opened
