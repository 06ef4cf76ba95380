"""What the loopback provider sent, so that a ledger can be compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.testing.provider_script import Fault


@dataclass(slots=True, kw_only=True)
class Sent:
    """What one request got; filled in as it is sent, each piece just before it leaves."""

    path: str
    model: str
    """The id that the reply names."""
    fault: Fault | None = None
    """As scripted."""
    status: int | None = None
    """None: not even a status was sent (a stall, a reset connection)."""
    is_whole: bool = False
    """Whether all of a reply with status 200 was sent; a web page and broken JSON are no replies."""
    input_tokens: int = 0
    output_tokens: int = 0
    """Of a part of a reply, in proportion to the pieces that were sent."""
    cached_tokens: int = 0
    cache_written_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Every request so far, in the order of arrival."""

    sent: tuple[Sent, ...]

    @property
    def requests(self) -> int:
        """Return how many requests came."""
        return len(self.sent)

    @property
    def by_status(self) -> Mapping[int | None, int]:
        """Return how many requests got each status; None: none."""
        return Counter(one.status for one in self.sent)

    @property
    def whole(self) -> int:
        """Return how many replies were sent to their end."""
        return sum(one.is_whole for one in self.sent)

    @property
    def partial(self) -> int:
        """Return how many replies were sent in part: tokens that a provider would charge for."""
        return sum(not one.is_whole and one.input_tokens > 0 for one in self.sent)

    @property
    def input_tokens(self) -> int:
        """Return the tokens of all prompts that got at least a part of a reply."""
        return sum(one.input_tokens for one in self.sent)

    @property
    def output_tokens(self) -> int:
        """Return the tokens of all replies, whole or in part."""
        return sum(one.output_tokens for one in self.sent)

    @property
    def cached_tokens(self) -> int:
        """Return the tokens of prompts that were read from the cache."""
        return sum(one.cached_tokens for one in self.sent)

    def as_json(self) -> dict[str, Any]:
        """Return the sums, and the requests by status (`none` where no status was sent)."""
        return {
            "requests": self.requests,
            "by_status": {str(status or "none"): count for status, count in self.by_status.items()},
            "whole": self.whole,
            "partial": self.partial,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
        }
