"""pydantic-ai's Agent."""

from __future__ import annotations

import time

from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

TITLE = "pydantic-ai's Agent"
PACKAGES = ("pydantic-ai-slim", "openai")
HOW = "`Agent.run` and `run_stream` with its text deltas"


class System:
    """One agent."""

    def __init__(self, url: str) -> None:
        self._client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
        model = OpenAIChatModel("loopback", provider=OpenAIProvider(openai_client=self._client))
        self._agent = Agent(model, model_settings={"max_tokens": 200, "temperature": 0.0})

    async def call(self, messages: list[dict[str, str]], *, stream: bool) -> tuple[str, float]:
        """Return the text and the seconds until its first piece."""
        started, first, text = time.perf_counter(), 0.0, []
        asked = {"user_prompt": messages[-1]["content"], "instructions": messages[0]["content"]}
        if not stream:
            reply = await self._agent.run(**asked)
            return reply.output, time.perf_counter() - started
        async with self._agent.run_stream(**asked) as run:
            async for piece in run.stream_text(delta=True, debounce_by=None):
                first = first or time.perf_counter() - started
                text.append(piece)
        return "".join(text), first

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
