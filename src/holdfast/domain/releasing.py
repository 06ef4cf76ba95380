"""What lets text through to a reader before a reply is whole."""

from __future__ import annotations

from typing import Protocol


class Releaser(Protocol):
    """Decides which text of a reply a reader may see before the reply is whole."""

    async def __call__(self, piece: str) -> str:
        """Take the next piece and return the text that may be shown now, often none."""
        ...

    def begin_anew(self) -> None:
        """Forget what was held back: the reply begins anew."""
        ...
