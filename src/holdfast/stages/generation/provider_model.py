"""A provider's model behind the Model socket: total deadline, complete replies only, typed errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from holdfast.calling.settings import PriceSettings
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Price, Usage
from holdfast.errors import (
    DeadlineOver,
    ProviderError,
    ReplyMalformed,
    ReplyRefused,
    ReplyTruncated,
)
from holdfast.loading import load
from holdfast.stages.generation.declining import declines
from holdfast.stages.generation.provider_keys import Key, read_key
from holdfast.stages.generation.reply_text import ReplyText, behind_reasoning

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport

NO_ANSWER = "NO_ANSWER"
"""The word that assembly's system text agrees with the model on."""

_CHARACTERS_PER_TOKEN_AT_MOST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One model at one address."""

    provider: str
    model: str
    base_url: str
    key_env: str
    is_own: bool
    """Whether this is the provider's own address, not one that only speaks its protocol."""
    is_here: bool
    """Whether the address is on this machine."""
    temperature: float | None
    stream: bool
    price: PriceSettings | None = None
    """As declared, before that of the price list."""
    price_share: float = 1.0
    """Share of the price that its calls cost: half in a batch."""
    transport: AsyncBaseTransport | None = field(default=None, repr=False, compare=False)
    """What carries its requests in the place of a connection: a batch does."""

    @property
    def name(self) -> str:
        """Return `provider:model`."""
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a provider's reply ended; comes after its last piece of text."""

    finish: str
    """`stop`, `length`, `content_filter`, or what else the provider wrote; empty: it wrote nothing."""
    usage: Usage = field(default_factory=Usage)
    returned_model: str = ""
    cost_usd: float | None = None
    """None: no price is known."""


class Wire(Protocol):
    """An open client that speaks one provider's protocol."""

    def send(
        self,
        messages: tuple[Message, ...],
        *,
        output_tokens: int,
        deadline: Deadline,
        output: OutputSpec | None = None,
    ) -> AsyncGenerator[str | Ended, None]:
        """Yield text, then how it ended; raise ProviderError, or TimeoutError at the deadline.

        An `output` is asked for in its `mode`; the text is then its JSON.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...

    def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        ...


class ProviderModel:
    """Calls one model once, and accepts its reply only when it is whole."""

    def __init__(self, endpoint: Endpoint, *, wire: str) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._factory = wire
        self._opening: tuple[asyncio.AbstractEventLoop, asyncio.Task[Wire]] | None = None

    def __repr__(self) -> str:
        return f"ProviderModel({self.name} at {self._endpoint.base_url})"

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[str | Reply]:
        """Yield the text in pieces and, last, the complete Reply.

        Raises ProviderUnavailable when another try or route may help, ProviderRejected when not.
        """
        text, came, shown = "", 0, _HeldBack()
        cleaned = ReplyText({passage.n for passage in prompt.passages})
        ended: Ended | None = None
        async with aclosing(self._within(prompt, call.deadline)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ended):
                    ended = piece
                    break
                came += len(piece)
                self._check_size(came, prompt.output_tokens)
                text += (clean := cleaned(piece))
                if ready := shown(clean):
                    yield ready
        text += (clean := cleaned("", last=True))
        if ready := shown(clean):
            yield ready
        try:
            reply = self._accepted(behind_reasoning(text).strip(), ended, prompt)
        except ProviderError as error:
            if ended is not None and ended.usage != Usage():
                error.paid = ended.usage
            raise
        if reply.finish == "stop" and (rest := shown.rest()):
            yield rest
        yield reply

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known; opens the client if need be."""
        return (await self._open()).priced(usage, model=model)

    async def aclose(self) -> None:
        """Close the connections of the running event loop; a later call opens new ones."""
        opening, self._opening = self._opening, None
        if opening and opening[0] is asyncio.get_running_loop() and not _has_failed(opening[1]):
            await (await opening[1]).aclose()

    async def _within(self, prompt: Prompt, deadline: Deadline) -> AsyncGenerator[str | Ended, None]:
        """Yield what the wire yields, turning the deadline's end into an error.

        The client is opened here, because importing one takes a second or more.
        """
        try:
            async with asyncio.timeout(deadline.left_s):
                wire = await self._open()
            async with aclosing(
                wire.send(
                    prompt.messages,
                    output_tokens=prompt.output_tokens,
                    deadline=deadline,
                    output=prompt.output,
                )
            ) as pieces:
                async for piece in pieces:
                    yield piece
        except TimeoutError:
            raise DeadlineOver(
                f"{self.name} did not finish before the deadline",
                stage=Stage.GENERATION,
                move="Try again, raise generation.deadline_s, or add a rung",
            ) from None

    async def _open(self) -> Wire:
        """Return the client of the running event loop: connections do not outlive their loop.

        Calls that come while it is being opened wait for the same one; after a failure it is opened anew.
        """
        loop = asyncio.get_running_loop()
        if self._opening is None or self._opening[0] is not loop or _has_failed(self._opening[1]):
            self._opening = (loop, loop.create_task(asyncio.to_thread(self._opened)))
        return await asyncio.shield(self._opening[1])

    def _opened(self) -> Wire:
        endpoint = self._endpoint
        key = read_key(endpoint.key_env, wanted_by=self.name) if endpoint.key_env else None
        factory: Callable[[Endpoint, Key | None], Wire] = load(self._factory)
        return factory(endpoint, key)

    def _check_size(self, came: int, output_tokens: int) -> None:
        if came > output_tokens * _CHARACTERS_PER_TOKEN_AT_MOST:
            error = ReplyMalformed(
                f"{self.name} sent {came} characters where {output_tokens} tokens were asked for",
                stage=Stage.GENERATION,
                move="See whether the endpoint honours max_tokens",
            )
            error.may_be_paid = True
            raise error

    def _accepted(self, text: str, ended: Ended | None, prompt: Prompt) -> Reply:
        """Return the reply if it is whole; a reply that was cut or filtered is none."""
        finish = ended.finish if ended else ""
        if ended is None or finish not in ("stop", "length", "content_filter"):
            what = f"ended with `{finish}` instead of a reply" if finish else "broke off before its end"
            raise ReplyMalformed(
                f"the reply of {self.name} {what}", stage=Stage.GENERATION, move="Try again, or add a rung"
            )
        if finish == "length":
            raise ReplyTruncated(
                f"the reply of {self.name} was cut at {prompt.output_tokens} tokens",
                stage=Stage.GENERATION,
                move="Raise output_tokens of the rung",
            )
        if finish == "content_filter":
            raise ReplyRefused(
                f"{self.name} refused to answer (its content filter)",
                stage=Stage.GENERATION,
                move="Answer it by hand, or add a rung of another provider",
            )
        if not text:
            raise ReplyMalformed(
                f"the reply of {self.name} is empty", stage=Stage.GENERATION, move="Try again, or add a rung"
            )
        nothing = _says_nothing(text)
        return Reply(
            text=NO_ANSWER if nothing else text,
            model=self.name,
            usage=ended.usage,
            cost_usd=ended.cost_usd or 0.0,
            finish="nothing" if nothing else "stop",
            returned_model=ended.returned_model,
        )


def _has_failed(task: asyncio.Task[Wire]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


_QUOTES = " \t\r\n.!\"'`*_[]()"


def _says_nothing(text: str) -> bool:
    """Return whether the agreed word is the whole reply, or stands alone at its beginning or end.

    A reply that says the same in a sentence of its own, and cites nothing, counts as well.
    """
    lines = text.strip(_QUOTES).splitlines() or [""]
    first, last = lines[0].split(), lines[-1].split()
    words = {word.strip(_QUOTES).upper() for word in (*first[:1], *last[-1:])}
    return NO_ANSWER in words or declines(text)


class _HeldBack:
    """Shows pieces once it is clear that they are not the agreed word."""

    def __init__(self) -> None:
        self._held = ""
        self._is_open = False

    def __call__(self, piece: str) -> str:
        if self._is_open:
            return piece
        self._held += piece
        if NO_ANSWER.startswith(self._held.strip(_QUOTES).upper()[: len(NO_ANSWER)]):
            return ""
        self._is_open = True
        return self._held.lstrip()

    def rest(self) -> str:
        """Return what was held back although it was text after all."""
        return "" if self._is_open else self._held.strip()
