"""Gather the model calls of many items and have them answered as batches, each paid once.

Every item is worked as ever; its request to the provider is caught where a connection would carry it, and
waits. When no item can go on, what was gathered is handed in. A batch is known by what its requests say: a
later process that asks the same takes it up, also when the one that handed it in was killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx2

from holdfast.calling.settings import BatchSettings, PriceSettings
from holdfast.calling.working import attempt_at_hand, turn_at_hand
from holdfast.stages.generation.batch_interfaces import (
    INTERFACES,
    Answered,
    Asked,
    QueueFull,
    Refused,
    failed,
    is_final,
)
from holdfast.stages.generation.batch_transport import Lane, carried_model
from holdfast.stages.generation.batch_turns import Turns
from holdfast.stages.generation.provider_model import ProviderModel
from holdfast.stages.generation.settings import RungSettings
from holdfast.storage.batches import (
    OpenBatch,
    OpenRequest,
    done_with,
    intend,
    open_requests,
    submitted,
    take_up,
)
from holdfast.storage.database import Database
from holdfast.telemetry.logs import log

WAITING = "waiting for batches"
_BYTES_AT_MOST = 150_000_000
"""Of one batch; OpenAI takes 200 MB, Anthropic 256 MB."""
_TRIES = 5
"""To hand one batch in."""


@dataclass(frozen=True, slots=True)
class _Replies:
    """What a batch brought."""

    by_digest: Mapping[str, Answered]
    otherwise: Answered
    """For every other request."""

    def of(self, digest: str) -> Answered:
        """Return the reply to one request."""
        return self.by_digest.get(digest, self.otherwise)


_Coming = asyncio.Task[_Replies]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request that is not handed in yet."""

    asked: Asked
    attempt: str
    handed_in: asyncio.Future[_Coming]


@dataclass(slots=True, eq=False)
class _Batch:
    """A batch that a provider works on."""

    key: str
    lane: Lane
    provider_id: str
    headers: Mapping[str, str] = field(repr=False)
    requests: int
    done: int = 0
    told: Mapping[str, Any] | None = None
    """What the provider says of it at its end; None: it has not ended."""


class BatchRoom:
    """Where items that wait for a model meet; for one event loop, to be closed after use."""

    def __init__(
        self,
        settings: BatchSettings,
        *,
        workflow: str,
        database: Database,
        progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
        noted: Callable[[str], None] = lambda _text: None,
        slots: int = 4,
    ) -> None:
        """Take how batches are made, and how many items may be worked while they do not wait."""
        self._settings = settings
        self._workflow = workflow
        self._database = database
        self._progress = progress
        self._noted = noted
        self._turns = Turns(settings, noted)
        self._slots = asyncio.Semaphore(slots)
        self._active = 0
        self._may_begin = True
        self._models: dict[str, ProviderModel | None] = {}
        self._gathered: dict[Lane, list[_Waiting]] = {}
        self._lanes: list[Lane] = []
        self._alike: Counter[str] = Counter()
        self._batches: list[_Batch] = []
        self._open: asyncio.Task[Mapping[str, OpenRequest]] | None = None
        self._taken: dict[str, asyncio.Task[_Coming | None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- items ---

    async def enter(self) -> None:
        """Begin or go on with an item's work, as soon as there is a slot."""
        self._active += 1
        try:
            await self._slots.acquire()
        except BaseException:
            self._active -= 1
            raise

    def leave(self) -> None:
        """End an item's work, or let others work while it waits."""
        self._active -= 1
        self._slots.release()
        self._hand_in_if_idle()

    def further_items(self, *, may_begin: bool) -> None:
        """Say whether another item may begin before one of those under way is answered."""
        self._may_begin = may_begin
        self._hand_in_if_idle()

    def model_for(self, rung: RungSettings, *, price: PriceSettings | None) -> ProviderModel | None:
        """Return the rung's model by way of batches, None where its provider has none."""
        declared = rung.model_dump_json()
        if declared not in self._models:
            has_batches = not rung.use and rung.provider in INTERFACES
            self._models[declared] = self._model(rung, price) if has_batches else None
        return self._models[declared]

    def _model(self, rung: RungSettings, price: PriceSettings | None) -> ProviderModel:
        lane, model = carried_model(
            rung, price=price, price_share=self._settings.price_share, carrier=self.answered
        )
        self._lanes.append(lane)
        return model

    # --- requests ---

    async def answered(self, lane: Lane, path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Return what the provider answers to a request in a batch; others are worked meanwhile."""
        asked = Asked(digest=self._digest(lane, path, body), path=path, body=body, headers=headers)
        coming = await self._earlier(lane, asked)
        handed_in = self._gather(lane, asked) if coming is None else None
        self.leave()
        try:
            if handed_in is not None:
                coming = await handed_in
            assert coming is not None
            replies = await asyncio.shield(coming)
        finally:
            await self.enter()
        return replies.of(asked.digest)

    def _digest(self, lane: Lane, path: str, body: bytes) -> str:
        """Return the sha256, in hex, of a request, its turn, and how many alike came before."""
        turn = [name.encode()] if (name := turn_at_hand()) else []
        said = hashlib.sha256(b"\0".join((lane.name.encode(), path.encode(), *turn, body))).hexdigest()
        self._alike[said] += 1
        return hashlib.sha256(f"{said} {self._alike[said]}".encode()).hexdigest()

    def _gather(self, lane: Lane, asked: Asked) -> asyncio.Future[_Coming]:
        waiting = _Waiting(asked, attempt_at_hand(), asyncio.get_running_loop().create_future())
        gathered = self._gathered.setdefault(lane, [])
        if gathered and sum(len(one.asked.body) for one in gathered) + len(asked.body) > _BYTES_AT_MOST:
            self._hand_in(lane)
            gathered = self._gathered.setdefault(lane, [])
        gathered.append(waiting)
        if len(gathered) >= self._settings.size:
            self._hand_in(lane)
        return waiting.handed_in

    def _hand_in_if_idle(self) -> None:
        if self._active == 0 and not self._may_begin:
            for lane in list(self._gathered):
                self._hand_in(lane)

    def _hand_in(self, lane: Lane) -> None:
        gathered = [one for one in self._gathered.pop(lane, []) if not one.handed_in.done()]
        if not gathered:
            return
        coming = self._begun(self._through(lane, gathered))
        for one in gathered:
            one.handed_in.set_result(coming)

    def _begun(self, work: Coroutine[Any, Any, _Replies]) -> _Coming:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    # --- a batch, from its submission to its replies ---

    async def _through(self, lane: Lane, gathered: Sequence[_Waiting]) -> _Replies:
        """Return the replies to requests, at once, or in parts while the provider's queue is full."""
        try:
            parts = await self._turns.through(lane.name, gathered, partial(self._together, lane))
        except QueueFull as full:
            return _Replies({}, failed(HTTPStatus.SERVICE_UNAVAILABLE, f"its queue stayed full ({full})"))
        if len(parts) == 1:
            return parts[0][1]
        digests = ((one.asked.digest, replies) for part, replies in parts for one in part)
        brought = {digest: replies.of(digest) for digest, replies in digests}
        return _Replies(brought, parts[-1][1].otherwise)

    async def _together(self, lane: Lane, gathered: Sequence[_Waiting]) -> _Replies:
        """Hand requests in, put first on record that they will be, and return their replies."""
        key, now, headers = uuid.uuid4().hex, time.time(), gathered[0].asked.headers
        requests = [(one.asked.digest, one.attempt) for one in gathered]
        await self._write(intend, key, workflow=self._workflow, lane=lane.name, requests=requests, now=now)
        batch = OpenBatch(key=key, lane=lane.name, provider_id="", requests=len(requests), made=now)
        try:
            provider_id = await self._handed_in(lane, batch, gathered)
        except Refused as refused:
            await self._write(done_with, [key])
            return _Replies({}, refused.answered)
        except httpx2.HTTPError as error:  # the provider may have it: a later process looks for it
            told = f"the batch could not be handed in ({type(error).__name__})"
            return _Replies({}, failed(HTTPStatus.SERVICE_UNAVAILABLE, told))
        await self._write(submitted, key, provider_id)
        self._noted(f"{lane.name}: handed in {provider_id} with {len(requests)} requests")
        log("batch.submitted", model=lane.name, batch=provider_id, requests=len(requests))
        return await self._followed(_Batch(key, lane, provider_id, headers, len(requests)))

    async def _handed_in(self, lane: Lane, batch: OpenBatch, gathered: Sequence[_Waiting]) -> str:
        """Return the provider's name of a batch; what fails for a while is tried again.

        Raises Refused, and httpx2's errors where it is not known whether the provider has it.
        """
        asked = [one.asked for one in gathered]
        for left in range(_TRIES - 1, -1, -1):
            try:
                return await lane.interface.submit(batch.key, asked)
            except Refused as refused:
                if not left or is_final(refused.answered.status):
                    raise
                error = f"status {refused.answered.status}"
            except httpx2.HTTPError as broken:
                if found := await self._found(lane, batch, asked[0].headers):
                    return found
                if not left:
                    raise
                error = type(broken).__name__
            log("batch.not_handed_in", "warning", model=lane.name, error=error)
            await asyncio.sleep(self._settings.poll_s)
        raise AssertionError("the last try returns or raises")

    async def _found(self, lane: Lane, batch: OpenBatch, headers: Mapping[str, str]) -> str:
        """Return the provider's name of a batch that it may never have got, empty where it has none."""
        return await lane.interface.find(batch.key, made=batch.made, requests=batch.requests, headers=headers)

    async def _followed(self, batch: _Batch) -> _Replies:
        """Return the replies when the batch has ended; what fails for a while is asked again."""
        self._batches.append(batch)
        while True:
            try:
                told = await self._asked_how_far(batch)
                if told is not None:
                    found = await batch.lane.interface.replies(told, batch.headers)
                    break
            except QueueFull as full:
                await self._turned_away(batch, full)
                raise
            except Refused as refused:
                if is_final(refused.answered.status):
                    return _Replies({}, refused.answered)
            except httpx2.HTTPError as error:
                log("batch.not_heard_of", "warning", batch=batch.provider_id, error=type(error).__name__)
            await asyncio.sleep(self._settings.poll_s)
        batch.told = told
        missing = batch.requests - len(found)
        if missing:
            self._noted(f"{batch.lane.name}: {batch.provider_id} ended without {missing} of its requests")
        return _Replies(
            found, failed(HTTPStatus.SERVICE_UNAVAILABLE, "its batch ended before it was worked on")
        )

    async def _turned_away(self, batch: _Batch, full: QueueFull) -> None:
        """Forget a batch that the provider did not take, and delete what it keeps of it."""
        self._batches.remove(batch)
        await self._write(done_with, [batch.key])
        with suppress(Refused, httpx2.HTTPError):
            await batch.lane.interface.clear(full.told, batch.headers)

    async def _asked_how_far(self, batch: _Batch) -> Mapping[str, Any] | None:
        """Return what the provider says of a batch that has ended, else None."""
        progress = await batch.lane.interface.progress(batch.provider_id, batch.headers)
        batch.done = batch.requests if progress.has_ended else progress.done
        self._progress(
            WAITING, sum(one.done for one in self._batches), sum(one.requests for one in self._batches)
        )
        return progress.told if progress.has_ended else None

    # --- batches of an earlier process ---

    async def _earlier(self, lane: Lane, asked: Asked) -> _Coming | None:
        """Return the replies of an earlier batch that holds the request, or None."""
        if self._open is None:
            self._open = asyncio.create_task(asyncio.to_thread(self._read_open))
        request = (await asyncio.shield(self._open)).get(asked.digest)
        if request is None or request.batch.lane != lane.name:
            return None
        key = request.batch.key
        if key not in self._taken:
            self._taken[key] = asyncio.create_task(self._take_up(lane, request.batch, asked.headers))
        coming = await asyncio.shield(self._taken[key])
        if coming is not None:
            await self._write(take_up, request, asked.digest, attempt_at_hand())
        return coming

    async def _take_up(self, lane: Lane, batch: OpenBatch, headers: Mapping[str, str]) -> _Coming | None:
        """Return what an earlier batch brings; None, and off the record, where there is none any more."""
        provider_id = batch.provider_id
        try:
            provider_id = provider_id or await self._found(lane, batch, headers)
            if provider_id:
                progress = await lane.interface.progress(provider_id, headers)
                provider_id = "" if progress.is_turned_away else provider_id
        except Refused as refused:
            provider_id = "" if is_final(refused.answered.status) else provider_id
        except httpx2.HTTPError:
            if not provider_id:
                raise  # it is not known whether there is one
        if not provider_id:
            await self._write(done_with, [batch.key])
            return None
        if not batch.provider_id:
            await self._write(submitted, batch.key, provider_id)
        self._noted(f"{lane.name}: took up {provider_id} with {batch.requests} requests")
        return self._begun(self._followed(_Batch(batch.key, lane, provider_id, headers, batch.requests)))

    def _read_open(self) -> Mapping[str, OpenRequest]:
        with self._database.read() as connection:
            return open_requests(connection, self._workflow, now=time.time())

    async def _write(self, what: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        def write() -> None:
            with self._database.write() as connection:
                what(connection, *args, **kwargs)

        await asyncio.to_thread(write)

    # --- the end ---

    async def close(self, *, is_done: bool) -> None:
        """Stop following; when every item is answered, drop batches that have ended, at the provider too."""
        pending: list[asyncio.Task[Any]] = [*self._tasks, *self._taken.values()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        ended = [one for one in self._batches if one.told is not None]
        if is_done and ended:
            await self._write(done_with, [one.key for one in ended])
            for one in ended:
                with suppress(Refused, httpx2.HTTPError):
                    await one.lane.interface.clear(one.told or {}, one.headers)
        left = [one for one in self._batches if one not in ended or not is_done]
        if left:
            names = ", ".join(one.provider_id for one in left)
            self._noted(f"not all replies of {names} were used; the same command takes them up")
        if not self._lanes:
            self._noted("no batch was made: none of the models that were asked takes any")
        for lane in self._lanes:
            await lane.client.aclose()
        for model in self._models.values():
            if model is not None:
                await model.aclose()
