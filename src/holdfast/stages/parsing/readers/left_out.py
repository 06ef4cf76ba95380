"""What a reader takes no more of: each thing is named, so that nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.units import Verdict

_LONGEST_VALUE = 500
_CUT = "…"
_MOST_NAMED = 10


class LeftOut:
    """Keeps what was left out, each thing once."""

    def __init__(self, move: str = "Split it") -> None:
        self._move = move
        """What a person can do about it."""
        self._said: dict[str, None] = {}

    def add(self, what: str) -> None:
        """Keep what is missing, in words that go into one sentence: `remarks beyond 5,000 on page 3`."""
        self._said[what] = None

    def verdict(self) -> Iterator[Verdict]:
        """Yield `partial` with what is missing, nothing where nothing is."""
        if self._said:
            said = list(self._said)
            more = f" and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
            reason = f"not read: {'; '.join(said[:_MOST_NAMED])}{more}. {self._move}"
            yield Verdict(status=ParseStatus.PARTIAL, reason=reason)


def clipped(value: str) -> str:
    """Return a document's property with its white space drawn together; a cut one shows that it is."""
    text = " ".join(value.split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - len(_CUT)] + _CUT
