"""Take an earlier reply, or that of a call which is under way, where the very same is asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

from holdfast.calling.accounts import Account
from holdfast.calling.flights import Flight, Flights
from holdfast.domain.attempts import CACHED
from holdfast.domain.calls import Call, Purpose
from holdfast.domain.items import is_attached
from holdfast.domain.prompts import Partial, Piece, Prompt, Reply
from holdfast.domain.stages import Stage
from holdfast.domain.streams import closing
from holdfast.errors import BudgetExhausted, DeadlineOver, ReplyMalformed, StorageError
from holdfast.protocols import Model
from holdfast.stages.generation.settings import RungSettings
from holdfast.storage.access_lists import entries_of
from holdfast.storage.database import Database
from holdfast.storage.replies import find_reply, keep_reply
from holdfast.storage.runs import LOOKUP_PREFIX
from holdfast.storage.visibility import hidden_among, hold
from holdfast.telemetry.logs import log

T = TypeVar("T")

SHARED = frozenset({Purpose.ANSWER, Purpose.REWRITE})
"""A judge or a diagnosis asks again in order to hear what is said this time."""
_WHOLE = frozenset({"stop", "nothing"})
_LEADERS_OWN = (DeadlineOver, BudgetExhausted)
"""Errors that say something of the caller and nothing of the request: the next one may try."""
_NOT_IN_THE_REPLY = frozenset(
    {"when", "accept", "may_see", "limits", "key_env", "stream", "context_tokens", "patience_s"}
)


def settings_key(rung: RungSettings, *further: str) -> str:
    """Return what of a rung changes its replies, its address included, as one text.

    `further` is what else does: the digest of the hooks for a rung with a part of its own.
    """
    told = rung.model_dump(mode="json", exclude=set(_NOT_IN_THE_REPLY))
    return json.dumps([told, *further], sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One call, with what decides whether it may share a reply."""

    prompt: Prompt
    call: Call
    key: str
    documents: frozenset[str]
    """Those whose passages are in the prompt, lookups aside."""
    entries: tuple[str, ...]
    user: str
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the records say: whether the caller may share replies to this prompt, and the kept one."""

    may_share: bool = False
    reply: Reply | None = None


class CacheModel:
    """The outermost wrapper of one rung: the same question is paid for once.

    Calls at the same time that ask the same wait for one of them, also when nothing is kept. A reply is
    shared only with a principal who may see, at that moment and by the access lists of that moment, every
    document whose passage is in the prompt; rows of a lookup are shared with nobody but their user. Calls
    on nobody's behalf, and those of a golden case, a judge or a diagnosis, go through as if this were not
    here: a repeat that took the reply of the one before would tell nothing.

    A reply that was shared has `is_cached` and costs nothing; its usage is that of the call that made it.
    """

    def __init__(
        self,
        model: Model,
        *,
        database: Database,
        account: Account,
        settings_key: str,
        keep_s: float,
        flights: Flights[Reply] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the rung's stack below and `generation.cache_s` as `keep_s`; 0 keeps nothing.

        `settings_key` holds every setting that changes a reply. Models that are made anew for each item
        share their `flights`.
        """
        self.name = model.name
        self._model = model
        self._database = database
        self._account = account
        self._settings_key = settings_key
        self._keep_s = keep_s
        self._flights = Flights[Reply]() if flights is None else flights
        self._clock = clock

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the text in pieces and, last, the Reply; a shared text comes in one piece."""
        if call.principal is None or call.purpose not in SHARED or call.case:
            pieces = self._through(prompt, call)
        else:
            asked = self._asked(prompt, call, call.principal.user, tuple(entries_of(call.principal)))
            flight = self._flights.under_way(asked.key)
            if flight is None:
                # Started before anything is waited for: whoever asks the same from now on follows.
                pieces = self._led(asked, self._flights.start(asked.key))
            else:
                pieces = self._followed(asked, flight)
        async with aclosing(pieces) as within:
            async for piece in within:
                yield piece

    def _asked(self, prompt: Prompt, call: Call, user: str, entries: tuple[str, ...]) -> _Asked:
        named = _documents_in(prompt)
        of_lookups = {name for name in named if name.startswith(LOOKUP_PREFIX)}
        return _Asked(
            prompt=prompt,
            call=call,
            key=_key(prompt, self.name, self._settings_key, user if of_lookups else ""),
            documents=frozenset(named - of_lookups),
            entries=entries,
            user=user,
            began=time.perf_counter(),
        )

    async def _through(self, prompt: Prompt, call: Call) -> AsyncGenerator[Piece, None]:
        async with closing(self._model.generate(prompt, call)) as pieces:
            async for piece in pieces:
                yield piece

    # --- the one that calls ---

    async def _led(self, asked: _Asked, flight: Flight[Reply]) -> AsyncGenerator[Piece, None]:
        """Yield the kept reply or a new one, and give it to those who wait."""
        new: Reply | None = None
        with flight.led(own=_LEADERS_OWN):
            await asyncio.sleep(
                0
            )  # whoever asks in the same turn of the loop follows, however fast the model
            found = await self._read(self._found, asked) if self._keep_s else _Found()
            if found.reply is None:
                async with aclosing(self._through(asked.prompt, asked.call)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Reply):
                            new = piece
                            break
                        yield piece
            reply = found.reply or self._whole(new)
            try:
                if new is not None and found.may_share:
                    await asyncio.to_thread(self._keep, asked, new)
            finally:
                flight.land(reply)
        if new is not None:
            yield new
            return
        async with aclosing(self._shared(asked, reply)) as pieces:
            async for piece in pieces:
                yield piece

    def _whole(self, reply: Reply | None) -> Reply:
        if reply is None:
            raise ReplyMalformed(
                f"{self.name} ended without a reply", stage=Stage.GENERATION, move="Try again, or add a rung"
            )
        return reply

    # --- those that wait ---

    async def _followed(self, asked: _Asked, flight: Flight[Reply]) -> AsyncGenerator[Piece, None]:
        """Yield the leader's reply, or lead, or go alone where the documents may not be seen any more."""
        landed = await self._landing(asked, flight)
        if landed is None:
            pieces = self._led(asked, flight)
        elif await self._read(self._may_share, asked):
            pieces = self._shared(asked, landed[0])
        else:
            pieces = self._through(asked.prompt, asked.call)
        async with aclosing(pieces) as within:
            async for piece in within:
                yield piece

    async def _landing(self, asked: _Asked, flight: Flight[Reply]) -> tuple[Reply] | None:
        own = asyncio.timeout(asked.call.deadline.left_s)
        try:
            async with own:
                return await flight.landing()
        except TimeoutError:
            if not own.expired():
                raise
            raise DeadlineOver(
                f"an equal call of {self.name} that is under way did not finish before the deadline",
                stage=Stage.GENERATION,
                move="Try again, raise generation.deadline_s, or add a rung",
            ) from None

    async def _shared(self, asked: _Asked, reply: Reply) -> AsyncGenerator[Piece, None]:
        """Put it on the ledger, then yield the reply as one that was taken again."""
        attempt = self._account.opened(asked.call, self.name)
        await self._account.ledger.begin(attempt)
        ended = replace(
            attempt,
            status=CACHED,
            returned_model=reply.returned_model,
            cost_usd=0.0,
            saved_usd=reply.cost_usd,
            took_ms=(time.perf_counter() - asked.began) * 1000,
        )
        await self._account.ledger.end(ended)
        asked.call.journal.append(ended)
        if reply.output is not None:
            yield Partial(output=reply.output)
        elif reply.finish == "stop":
            yield reply.text
        yield replace(reply, is_cached=True, cost_usd=0.0)

    # --- the records ---

    async def _read(self, part: Callable[[_Asked], T], asked: _Asked) -> T:
        """Return what the part reads: here where that is quick, else off the event loop."""
        return part(asked) if self._database.reads_at_once else await asyncio.to_thread(part, asked)

    def _found(self, asked: _Asked) -> _Found:
        """Return what is kept; records that cannot be read keep nothing from being asked."""
        try:
            with self._database.read() as connection:
                if hidden_among(connection, asked.documents, entries=asked.entries):
                    return _Found()
                kept = find_reply(connection, asked.key, now=self._clock(), keep_s=self._keep_s)
                return _Found(may_share=True, reply=kept)
        except StorageError as error:
            log("reply.not_read", "warning", model=self.name, error=str(error))
            return _Found()

    def _may_share(self, asked: _Asked) -> bool:
        try:
            with self._database.read() as connection:
                return not hidden_among(connection, asked.documents, entries=asked.entries)
        except StorageError as error:
            log("reply.not_read", "warning", model=self.name, error=str(error))
            return False

    def _keep(self, asked: _Asked, reply: Reply) -> None:
        """Keep a whole reply; records that cannot be written cost nobody their answer."""
        lacks_output = asked.prompt.output is not None and reply.output is None
        if reply.finish not in _WHOLE or reply.is_cached or lacks_output:
            return
        try:
            with self._database.write() as connection:
                hold(connection, asked.documents)
                if hidden_among(connection, asked.documents, entries=asked.entries):
                    return  # forgotten, or closed to them, while the model wrote
                keep_reply(
                    connection, asked.key, reply, run=asked.call.run, principal=asked.user,
                    documents=_documents_in(asked.prompt),
                    now=self._clock(), keep_s=self._keep_s,
                )  # fmt: skip
        except StorageError as error:
            log("reply.not_kept", "warning", model=self.name, error=str(error))


def _documents_in(prompt: Prompt) -> frozenset[str]:
    """Return the documents and lookups of its passages; what came with the item is the asker's own."""
    named = (passage.document for passage in prompt.passages)
    return frozenset(document for document in named if not is_attached(document))


def _key(prompt: Prompt, model: str, settings: str, user: str) -> str:
    """Return the sha256, in hex, of everything that the reply depends on and of who alone may have it.

    Question and passages stand in the messages already, but a model of one's own may read them apart.
    """
    output = prompt.output
    parts = [
        model,
        settings,
        user,
        prompt.question,
        prompt.output_tokens,
        None if output is None else [output.name, output.schema],
        [[message.role, message.text] for message in prompt.messages],
        [[one.n, one.document, one.text, one.start, one.end, one.context] for one in prompt.passages],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
