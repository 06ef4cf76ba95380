"""Run jobs from a store in this process: named handlers, leases, several attempts, at least once."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from holdfast.errors import NotAllowed, UsageError
from holdfast.loading import load

ATTEMPTS = 5
LEASE_S = 60.0
BACKOFF_S = 5.0
LONGEST_BACKOFF_S = 3_600.0
ERROR_LENGTH = 2_000


class Job(Protocol):
    """What the engine has to know of a job."""

    @property
    def handler(self) -> str:
        """Return the handler's name, `module:function`."""
        ...

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Return the handler's keyword arguments."""
        ...

    @property
    def attempts(self) -> int:
        """Return how often the job was taken, this time included."""
        ...


J = TypeVar("J", bound=Job)


class JobStore(Protocol[J]):
    """Where jobs are kept; `storage.jobs.JobRecords` is one. Its calls may block."""

    def add(self, *, key: str, handler: str, arguments: Mapping[str, Any], due: float) -> bool:
        """Record a job; return False when its key is known."""
        ...

    def take(self, *, lease_s: float, handlers: Collection[str]) -> J | None:
        """Return the job that is due longest (of these handlers, if any), held from now on."""
        ...

    def renew(self, job: J, *, lease_s: float) -> bool:
        """Hold the job for longer; return False when another took it over."""
        ...

    def finish(self, job: J) -> bool:
        """Note that the job is done."""
        ...

    def fail(self, job: J, *, error: str, again_at: float | None) -> bool:
        """Note a failed attempt and when the next is due, None for never."""
        ...


class LocalJobEngine(Generic[J]):
    """The JobEngine socket in one process; several processes may share one store.

    A handler gets the job's arguments as keyword arguments and may run more than once: after its
    process was killed, after its lease lapsed, after it raised. So it has to be idempotent. Only
    handlers of the named packages are run, since whoever writes to the store names them. Where `handlers`
    are given, jobs of others are left to the engines that know what these need.
    """

    def __init__(
        self,
        store: JobStore[J],
        *,
        packages: Sequence[str] = ("holdfast",),
        handlers: Collection[str] = (),
        attempts: int = ATTEMPTS,
        lease_s: float = LEASE_S,
        backoff_s: float = BACKOFF_S,
    ) -> None:
        self._store = store
        self._packages = tuple(packages)
        self._handlers = frozenset(handlers)
        self._attempts = attempts
        self._lease_s = lease_s
        self._backoff_s = backoff_s

    def enqueue(
        self, handler: str, arguments: Mapping[str, Any], *, key: str, due: datetime | None = None
    ) -> bool:
        """Record a job; return False when a job with this idempotency key exists.

        Raises NotAllowed for a handler of a foreign package, UsageError for arguments that are no JSON.
        """
        self._check(handler)
        try:
            json.dumps(arguments)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"the arguments of job {key} are no JSON ({error})",
                stage="jobs",
                move="Pass text, numbers, lists and mappings; name larger things by id.",
            ) from error
        moment = time.time() if due is None else due.timestamp()
        return self._store.add(key=key, handler=handler, arguments=arguments, due=moment)

    async def work(self, *, limit: int = 100) -> int:
        """Run due jobs whose lease can be had, at most `limit`; return how many ran."""
        ran = 0
        while ran < limit:
            job = await asyncio.to_thread(self._store.take, lease_s=self._lease_s, handlers=self._handlers)
            if job is None:
                break
            await self._run(job)
            ran += 1
        return ran

    async def _run(self, job: J) -> None:
        if job.attempts > self._attempts:
            # Whoever took it before did not live to say why: a job that kills its process must end too.
            words = f"given up: {self._attempts} attempts ended without a word (killed, or out of time)"
            await asyncio.to_thread(self._store.fail, job, error=words, again_at=None)
            return
        try:
            async with self._held(job):
                await _called(self._loaded(job.handler), job.arguments)
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises is the job's failure
            await asyncio.to_thread(
                self._store.fail, job, error=_words(error), again_at=self._again_at(job.attempts)
            )
        except BaseException:
            self._store.fail(job, error="interrupted", again_at=time.time())
            raise
        else:
            await asyncio.to_thread(self._store.finish, job)

    def _again_at(self, attempts: int) -> float | None:
        if attempts >= self._attempts:
            return None
        return time.time() + min(self._backoff_s * 2.0 ** (attempts - 1), LONGEST_BACKOFF_S)

    @asynccontextmanager
    async def _held(self, job: J) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(job))
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    async def _renew(self, job: J) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with contextlib.suppress(Exception):  # a store that is away for a moment ends no job
                await asyncio.to_thread(self._store.renew, job, lease_s=self._lease_s)

    def _loaded(self, handler: str) -> Callable[..., Any]:
        self._check(handler)
        function: Callable[..., Any] = load(handler)
        return function

    def _check(self, handler: str) -> None:
        module, colon, function = handler.partition(":")
        if not (module and colon and function):
            raise UsageError(
                f"{handler!r} names no handler", stage="jobs", move="Write it as module:function."
            )
        if module.partition(".")[0] not in self._packages:
            raise NotAllowed(
                f"the handler {handler} is of a package that may not run jobs",
                stage="jobs",
                move=f"Use one of {', '.join(self._packages)}, or name the package where the engine is made.",
            )


async def _called(function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    if inspect.iscoroutinefunction(function):
        await function(**arguments)
    else:
        await asyncio.to_thread(function, **arguments)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
