"""Search on a few threads, however many people ask at once."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from holdfast.engines.cores import cores_here

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def on_search_thread(search: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what `search` does, called on a thread kept for searches; they begin in the order they came.

    A search keeps a core busy from its start to its end. More of them under way than there are cores finish
    none sooner: they wait for each other's turns in the middle, which makes the slowest slower.
    """
    context = contextvars.copy_context()
    call = partial(context.run, partial(search, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_searching(), call)


@lru_cache(maxsize=1)
def _searching() -> ThreadPoolExecutor:
    # one more than cores: a search waits for a file or a record now and then
    return ThreadPoolExecutor(cores_here() + 1, thread_name_prefix="search")
