"""Holdfast's model of a rung, or the whole stack that a factory builds around it."""

from __future__ import annotations

import itertools
import os
import time
import uuid

from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.loading import load
from holdfast.stages.generation.settings import RungSettings

TITLE = "Holdfast"
PACKAGES = ("holdfast",)
HOW = (
    "`generate` of the whole stack: single flight, retry, breaker, limiter, ledger in SQLite, patience, price"
)
STACK = "HOLDFAST_BENCH_STACK"
"""Environment variable: `module:function` that makes a model of RungSettings."""


def _call() -> Call:
    return Call(deadline=Deadline.after(30), run=uuid.uuid4().hex, principal=Principal(user="bench"))


class System:
    """One model."""

    provider = "openai"
    output: OutputSpec | None = None

    def __init__(self, url: str) -> None:
        factory = load(os.environ.get(STACK) or "calls.stack:whole_stack")
        self._asked = itertools.count()
        rung = {"provider": self.provider, "model": "loopback", "base_url": url, "output_tokens": 200}
        self._models = {stream: factory(RungSettings(**rung, stream=stream)) for stream in (True, False)}

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started, first, text = time.perf_counter(), 0.0, ""
        prompt = Prompt(
            question=f"{messages[-1]['content']} ({next(self._asked)})",  # equal calls at once would be one
            messages=tuple(Message(role=one["role"], text=one["content"]) for one in messages),
            passages=(),
            tokens=500,
            output_tokens=200,
            output=self.output,
        )
        async for piece in self._models[stream].generate(prompt, _call()):
            first = first or time.perf_counter() - started
            if isinstance(piece, Reply):
                text = piece.text
        return text, first

    async def close(self) -> None:
        """Close the connections, where the stack has any to close."""
        for model in self._models.values():
            if hasattr(model, "aclose"):
                await model.aclose()
