"""LangChain's ChatOpenAI."""

from __future__ import annotations

import time

from langchain_openai import ChatOpenAI

TITLE = "LangChain's ChatOpenAI"
PACKAGES = ("langchain-openai", "langchain-core", "openai")
HOW = "`ainvoke` and `astream`"


class System:
    """One chat model."""

    def __init__(self, url: str) -> None:
        self._chat = ChatOpenAI(
            model="loopback", base_url=url, api_key="none", max_retries=0, max_tokens=200, temperature=0.0,
            stream_usage=True,
        )  # fmt: skip

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started, first, text = time.perf_counter(), 0.0, []
        asked = [(one["role"], one["content"]) for one in messages]
        if not stream:
            reply = await self._chat.ainvoke(asked)
            return str(reply.content), time.perf_counter() - started
        async for chunk in self._chat.astream(asked):
            if chunk.content:
                first = first or time.perf_counter() - started
                text.append(str(chunk.content))
        return "".join(text), first

    async def close(self) -> None:
        """Leave the connections to the end of the process: it has no call for it."""
