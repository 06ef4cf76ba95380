"""The official client and nothing else: what every other system is compared with."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from openai import AsyncOpenAI

TITLE = "openai's AsyncClient"
PACKAGES = ("openai",)
HOW = "`chat.completions.create`, deltas joined"


class System:
    """One open client."""

    further: ClassVar[dict[str, Any]] = {}

    def __init__(self, url: str) -> None:
        self._client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started = time.perf_counter()
        asked: dict[str, Any] = {
            "model": "loopback",
            "messages": messages,
            "max_tokens": 200,
            "temperature": 0.0,
        }
        asked |= self.further
        if not stream:
            reply = await self._client.chat.completions.create(**asked)
            return reply.choices[0].message.content or "", time.perf_counter() - started
        text, first = [], 0.0
        options = {"include_usage": True}
        async for chunk in await self._client.chat.completions.create(
            **asked, stream=True, stream_options=options
        ):
            if chunk.choices and (piece := chunk.choices[0].delta.content):
                first = first or time.perf_counter() - started
                text.append(piece)
        return "".join(text), first

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
