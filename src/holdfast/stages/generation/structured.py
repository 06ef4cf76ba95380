"""Have a rung's model fill the declared shape, and repair what does not fit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from holdfast.domain.calls import Call
from holdfast.domain.outputs import Mode, text_of_output
from holdfast.domain.prompts import Message, Partial, Piece, Prompt, Reply, Restart, with_rules
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage
from holdfast.errors import OutputInvalid
from holdfast.protocols import Model
from holdfast.schemas.citing import NO_ANSWER, apart, plain_so_far, tree_of
from holdfast.schemas.reading import PartialObject, object_in
from holdfast.stages.generation.output import Shape

_CHARACTERS_PER_TOKEN = 3
"""Sooner too few: what a repair adds to the prompt must not be counted short."""
_SHOWN_PROBLEMS = 3
_REPLY_CHARS_AT_MOST = 20_000

_IN_WORDS = """

Reply with nothing but one JSON object, without a code fence around it. It must fit this JSON Schema:
{schema}"""

_REPAIR = """\
The object does not fit yet:
{problems}
Write the whole object again, corrected. Change nothing else, and take values from the passages only."""


class StructuredModel:
    """Stands around one rung's whole stack: text comes in, an object of the declared shape goes out."""

    def __init__(self, model: Model, shape: Shape, *, mode: Mode, in_words: bool = True) -> None:
        """Take the stack, the shape, and how its model is asked for it.

        `in_words` shows the schema in the prompt as well, for providers that hold a model to a schema
        which it does not see.
        """
        self._in_words = in_words or mode == "prompt"
        self.name = model.name
        self._model = model
        self._shape = shape
        self._spec = replace(shape.spec, mode=mode)
        self._tree = tree_of(shape.spec.cited)

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the object as far as it has come and, last, the Reply with it.

        A reply that does not fit is given back to the model with what is wrong in it, at most `repairs`
        times: each is a call of its own, with attempts of its own in the journal. Raises OutputInvalid
        when it still does not fit or the deadline leaves no time, and what the stack raises.
        """
        first, spent = self._asked(prompt), _Spent()
        asked = first
        for repairs in range(self._shape.settings.repairs + 1):
            reply: Reply | None = None
            async with aclosing(self._written(asked, call)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Reply):
                        reply = piece
                    else:
                        yield piece
            if reply is None:
                return  # whoever reads on says that the stream ended before its reply
            spent.add(reply)
            taken = await asyncio.to_thread(self._taken, reply)
            if isinstance(taken, Reply):
                yield spent.on(replace(taken, repairs=repairs))
                return
            if repairs == self._shape.settings.repairs or call.deadline.is_over:
                raise self._invalid(taken, repairs)
            yield Restart(reason=f"the reply does not fit its schema ({taken[0]})")
            asked = _repaired(first, reply.text, taken)
        raise AssertionError("the last round returns or raises")

    async def aclose(self) -> None:
        """Close what the stack holds open."""
        close = getattr(self._model, "aclose", None)
        if close is not None:
            await close()

    def _asked(self, prompt: Prompt) -> Prompt:
        """Return the prompt with the shape; where it is told in words, the schema joins the rules."""
        prompt = replace(prompt, output=self._spec)
        if not self._in_words:
            return prompt
        words = _IN_WORDS.format(schema=json.dumps(self._spec.asked, ensure_ascii=False))
        return with_rules(prompt, words, tokens=_tokens(words))

    async def _written(self, prompt: Prompt, call: Call) -> AsyncGenerator[Piece, None]:
        """Yield the stack's pieces with JSON text turned into objects so far."""
        reader = PartialObject()
        told: Any = None
        async for piece in self._model.generate(prompt, call):
            if isinstance(piece, Restart):
                reader, told = PartialObject(), None
            if not isinstance(piece, str):
                yield piece
                continue
            found = reader(piece)
            if found is None or found.get(NO_ANSWER) is True:
                continue
            rest = {key: value for key, value in found.items() if key != NO_ANSWER}
            shown = plain_so_far(rest, self._tree)
            if shown and shown != told:
                told = shown
                yield Partial(output=shown)

    def _taken(self, reply: Reply) -> Reply | tuple[str, ...]:
        """Return the reply with its output, or in words what does not fit."""
        if reply.finish != "stop":
            return reply
        try:
            found = object_in(reply.text)
        except ValueError as error:
            return (f"the reply: {error}",)
        if found.get(NO_ANSWER) is True:
            return replace(reply, text="", finish="nothing")
        plain, cites, malformed = apart(found, self._tree)
        held = self._shape.validate(plain)
        # A malformed field is told once: what it holds cannot fit either.
        fields = {problem.partition(": ")[0] for problem in malformed}
        others = [one for one in held.problems if one.partition(": ")[0] not in fields]
        if malformed or held.problems:
            return (*malformed, *others)
        return replace(reply, text=text_of_output(held.output, cites), output=held.output, cites=cites)

    def _invalid(self, problems: tuple[str, ...], repairs: int) -> OutputInvalid:
        told = "; ".join(problems[:_SHOWN_PROBLEMS])
        more = f"; and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
        after = f" after {repairs} repair{'s' if repairs > 1 else ''}" if repairs else ""
        return OutputInvalid(
            f"the output of {self.name} does not fit its schema{after}: {told}{more}",
            stage=Stage.GENERATION,
            move="Loosen the schema, describe its fields, raise output.repairs, or add a rung",
        )


class TextOnly:
    """Stands in the place of a rung that can only quote: it says so instead of answering as text."""

    def __init__(self, model: Model) -> None:
        self.name = model.name

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:  # noqa: ARG002 - the socket's
        """Yield a Reply whose `finish` is `unable`."""
        yield Reply(text="", model=self.name, finish="unable")


def _repaired(prompt: Prompt, said: str, problems: tuple[str, ...]) -> Prompt:
    """Return the prompt with the earlier reply and what is wrong in it at its end."""
    told = _REPAIR.format(problems="\n".join(f"- {problem}" for problem in problems))
    said = said[:_REPLY_CHARS_AT_MOST] or "(nothing)"
    return replace(
        prompt,
        messages=(
            *prompt.messages,
            Message(role="assistant", text=said),
            Message(role="user", text=told),
        ),
        tokens=prompt.tokens + _tokens(said + told),
    )


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


@dataclass(slots=True)
class _Spent:
    """What all calls for one output took together."""

    usage: Usage = Usage()
    cost_usd: float = 0.0
    is_cached: bool = True

    def add(self, reply: Reply) -> None:
        """Count one call's reply."""
        more = reply.usage
        self.usage = Usage(
            input_tokens=self.usage.input_tokens + more.input_tokens,
            output_tokens=self.usage.output_tokens + more.output_tokens,
            cached_tokens=self.usage.cached_tokens + more.cached_tokens,
            written_tokens=self.usage.written_tokens + more.written_tokens,
        )
        self.cost_usd += reply.cost_usd
        self.is_cached = self.is_cached and reply.is_cached

    def on(self, reply: Reply) -> Reply:
        """Return the reply with everything that it took."""
        return replace(reply, usage=self.usage, cost_usd=self.cost_usd, is_cached=self.is_cached)
