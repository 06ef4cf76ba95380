"""Let today's permissions count for the next question, and say where they cannot be trusted."""

from __future__ import annotations

from holdfast.session import Flow


async def follow(flow: Flow) -> str:
    """Follow permissions that changed; return a notice where they cannot be trusted, else empty."""
    return await flow.follow()
