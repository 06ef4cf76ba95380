"""LiteLLM's client."""

from __future__ import annotations

import time

import litellm

TITLE = "LiteLLM's client"
PACKAGES = ("litellm", "openai")
HOW = "`acompletion`, telemetry off, deltas joined"
litellm.telemetry = False


class System:
    """The module's own client."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started, first, text = time.perf_counter(), 0.0, []
        reply = await litellm.acompletion(
            model="openai/loopback", messages=messages, api_base=self._url, api_key="none", num_retries=0,
            max_retries=0, max_tokens=200, temperature=0.0, stream=stream,
            stream_options={"include_usage": True} if stream else None,
        )  # fmt: skip
        if not stream:
            return reply.choices[0].message.content or "", time.perf_counter() - started
        async for chunk in reply:
            if chunk.choices and (piece := chunk.choices[0].delta.content):
                first = first or time.perf_counter() - started
                text.append(piece)
        return "".join(text), first

    async def close(self) -> None:
        """Leave the connections to the end of the process: it has no call for it."""
