"""Holdfast: production AI engineering from one declaration.

async with holdfast.open("folder") as flow:
    run = await flow.ask("question", principal=holdfast.Principal(user="ana"))

with holdfast.open("folder") as flow:
    run = flow.ask("question", principal=holdfast.Principal(user="ana"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.loading import load

if TYPE_CHECKING:
    from holdfast.domain.access import Principal
    from holdfast.domain.items import WorkItem
    from holdfast.opening import open  # noqa: A004

__all__ = ["Principal", "WorkItem", "open"]

_WHERE = {
    "Principal": "holdfast.domain.access:Principal",
    "WorkItem": "holdfast.domain.items:WorkItem",
    "open": "holdfast.opening:open",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: `import holdfast` itself stays light."""
    if name not in _WHERE:
        message = f"module 'holdfast' has no attribute {name!r}"
        raise AttributeError(message)
    return load(_WHERE[name])


def __dir__() -> list[str]:
    """List the public names only; what stands here for their sake is found by who knows it."""
    return sorted(__all__)
