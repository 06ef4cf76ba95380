"""Open a workflow, for async code or for code that is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from holdfast.domain.access import Principal
from holdfast.domain.hits import Retrieved
from holdfast.domain.indexing import SyncReport
from holdfast.domain.items import WorkItem
from holdfast.domain.runs import Run
from holdfast.errors import UsageError
from holdfast.flows.sync import Progress
from holdfast.session import Flow
from holdfast.telemetry.trail import Listener
from holdfast.waiting import wait_for
from holdfast.wire import wire

T = TypeVar("T")


def open(path: str | Path | None = None) -> Opening:  # noqa: A001 -- holdfast.open is the name users know
    """Return a workflow folder, a workspace with one workflow, or any folder of documents, to be entered.

    Use it with `async with` for the async calls or with `with` for the same calls without `await`.
    Entering raises DeclarationError, StorageError or NotAllowed, and UsageError for `with` in async code.
    """
    return Opening(Path(path) if path is not None else None)


class Opening:
    """A workflow that is about to be opened."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._flow: Flow | None = None
        self._facade: SyncFlow | None = None

    async def __aenter__(self) -> Flow:
        self._flow = Flow(await asyncio.to_thread(wire, self._path))
        return self._flow

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._flow is not None:
            self._flow.close()

    def __enter__(self) -> SyncFlow:
        _refuse_inside_a_loop()
        self._facade = SyncFlow(Flow(wire(self._path)))
        return self._facade

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._facade is not None:
            self._facade.close()


def _refuse_inside_a_loop() -> None:
    """Raise UsageError where code that waits would stop the event loop it runs in."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise UsageError(
        "`with holdfast.open(...)` waits, and an event loop is running here (async code, a notebook)",
        move="Write `async with holdfast.open(...) as flow:` and await its calls.",
    )


class SyncFlow:
    """The three calls of a Flow for code that is not async."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._runner = asyncio.Runner()
        self._is_closed = False

    def sync(
        self, *, progress: Progress = lambda _what, _done, _total: None, rebuild: bool = False
    ) -> SyncReport:
        """Do as Flow.sync does."""
        return self._wait(lambda: self._flow.sync(progress=progress, rebuild=rebuild))

    def ask(
        self,
        item: WorkItem | str,
        *,
        principal: Principal | None = None,
        model: str = "",
        listen: Listener | None = None,
    ) -> Run:
        """Do as Flow.ask does."""
        return self._wait(lambda: self._flow.ask(item, principal=principal, model=model, listen=listen))

    def search(self, query: str, *, principal: Principal, k: int = 10, at: int = 0) -> Retrieved:
        """Do as Flow.search does."""
        return self._wait(lambda: self._flow.search(query, principal=principal, k=k, at=at))

    def close(self) -> None:
        """Close the flow and its event loop."""
        self._is_closed = True
        self._flow.close()
        self._runner.close()

    def _wait(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._is_closed:
            move = "Call it inside `with holdfast.open(...) as flow:`."
            raise UsageError("this workflow is closed", move=move)
        return wait_for(self._runner, start())
