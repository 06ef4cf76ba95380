"""Anthropic's official client and nothing else."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from anthropic import AsyncAnthropic

TITLE = "anthropic's AsyncClient"
PACKAGES = ("anthropic",)
HOW = "`messages.create`, text deltas joined"


class System:
    """One open client."""

    further: ClassVar[dict[str, Any]] = {}

    def __init__(self, url: str) -> None:
        self._client = AsyncAnthropic(api_key="none", base_url=url, max_retries=0)

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started = time.perf_counter()
        asked: dict[str, Any] = {
            "model": "loopback", "system": messages[0]["content"], "messages": messages[1:],
            "max_tokens": 200,
        } | self.further  # fmt: skip
        if not stream:
            reply = await self._client.messages.create(**asked)
            return reply.content[0].text, time.perf_counter() - started
        text, first = [], 0.0
        async for event in await self._client.messages.create(**asked, stream=True):
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                first = first or time.perf_counter() - started
                text.append(event.delta.text)
        return "".join(text), first

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
