"""Work out figures beside the requests, each once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, cast

T = TypeVar("T")
THREADS = 2
HEAD_START_S = 0.1
"""How long work that nobody waits for lies back: a page is made in that time."""
KEPT = 200
"""Results that are kept in memory."""


class Figures:
    """Computes in a few threads and keeps what came of it; safe to use from several threads.

    A key has to name all that a result depends on, whose eyes it is for too: results are kept until others
    push them out.
    """

    def __init__(self, *, kept: int = KEPT) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="figures")
        self._made: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._most = kept
        self._lock = threading.Lock()
        self._closing = threading.Event()

    @property
    def is_closed(self) -> bool:
        """Return whether nothing new is begun any more."""
        return self._closing.is_set()

    def of(self, key: Hashable, make: Callable[[], T], *, wait_s: float | None) -> T | None:
        """Return what `make` makes, None when it takes longer than `wait_s`: ask again with the same key.

        With 0 the caller's page goes first: the work begins a moment later, not beside it.
        Raises what it raises; the next call tries anew then.
        """
        future = self._under_way(key, make if wait_s != 0 else partial(self._after_a_moment, make))
        try:
            return cast("T", future.result(wait_s))
        except TimeoutError:
            if not future.done():
                return None
            self._forget(key)
            raise
        except BaseException:
            self._forget(key)
            raise

    def _under_way(self, key: Hashable, make: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            if key not in self._made:
                self._made[key] = self._threads.submit(make)
                while len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def _after_a_moment(self, make: Callable[[], T]) -> T:
        self._closing.wait(HEAD_START_S)
        return make()

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._made.pop(key, None)

    def close(self) -> None:
        """End the threads; what waits is not begun."""
        self._closing.set()
        self._threads.shutdown(cancel_futures=True)
