"""Every failure Holdfast raises, and the exit code that the command line gives it.

HoldfastError
├── UsageError              2   the call itself is wrong: an argument, an item, a file that was named
├── DeclarationError        3   workflow.yaml, permissions.yaml, a prompt or a hook is wrong
├── ProviderError           4   a model, embedding or reranking provider
│   ├── ProviderUnavailable     worth another try or another route (timeout, 5xx, reset connection)
│   │   ├── RateLimited             the provider's own limit (429); says when, where it says so
│   │   ├── ReplyMalformed          no whole reply: cut stream, empty choices, a web page with status 200
│   │   ├── DeadlineOver            the item's deadline ended the call; no other try
│   │   ├── BreakerOpen             the breaker lets no call through now; another route at once
│   │   └── Busy                    Holdfast's own queue is full, or the turn comes after the deadline
│   └── ProviderRejected        will fail again as it stands (bad request, unknown model, no key)
│       ├── PromptTooLarge          the prompt does not fit the model's window
│       ├── QuotaExhausted          the account's quota or credit is used up
│       ├── ReplyRefused            the provider refused to answer (content filter)
│       ├── ReplyTruncated          the reply was cut at its limit of tokens
│       ├── OutputInvalid           structured output does not fit its schema, repairs included
│       ├── NotCleared              the provider may not see what the prompt holds (`may_see`)
│       ├── BudgetExhausted         the call could cost more than a budget has left
│       └── PriceUnknown            a budget is declared, and the model has no price
├── StorageError            5   the records database, the index, or the state folder
│   └── IndexUnavailable        no index yet, or its files cannot be used
├── DocumentError               one document could not be read; `sync` lists it and goes on
└── NotAllowed              6   access, trust or policy says no

Every message says the stage, the thing and the next move, in that order.
"""

from __future__ import annotations

from typing import ClassVar


class HoldfastError(Exception):
    """A failure that a user can read: stage, what happened to which thing, and the next move."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, stage: str = "", move: str = "") -> None:
        self.what = what
        self.stage = stage
        self.move = move
        super().__init__(what, stage, move)

    def __str__(self) -> str:
        text = f"{self.stage}: {self.what}" if self.stage else self.what
        return f"{text}. {self.move}" if self.move else text


class UsageError(HoldfastError):
    """The call itself is wrong."""

    exit_code = 2


class DeclarationError(HoldfastError):
    """A declaration, permission file, prompt or hook is wrong; names file and line where known."""

    exit_code = 3


class ProviderError(HoldfastError):
    """A model, embedding or reranking provider failed."""

    exit_code = 4
    kind: ClassVar[str] = "failed"
    """How the ledger names it."""
    paid: object = None
    """Usage of a reply that the provider charges although it is of no use, where it named one."""
    may_be_paid: bool = False
    """Whether the provider wrote a reply, and may charge it, without a word of how much that was."""


class ProviderUnavailable(ProviderError):
    """The provider may answer another try, or another route may."""

    kind = "unavailable"
    is_worth_a_retry: ClassVar[bool] = True

    def __init__(
        self, what: str, *, stage: str = "", move: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(what, stage=stage, move=move)
        self.retry_after_s = retry_after_s
        """Seconds to wait before another try, where the provider says so."""


class RateLimited(ProviderUnavailable):
    """The provider's own rate limit is reached."""

    kind = "rate_limited"


class ReplyMalformed(ProviderUnavailable):
    """What came is no whole reply."""

    kind = "malformed"


class DeadlineOver(ProviderUnavailable):
    """The deadline ended the call."""

    kind = "deadline"
    is_worth_a_retry = False


class ProviderSlow(ProviderUnavailable):
    """The provider stayed silent while there was time for another route."""

    kind = "slow"
    is_worth_a_retry = False


class BreakerOpen(ProviderUnavailable):
    """The breaker lets no call through now."""

    kind = "breaker_open"
    is_worth_a_retry = False


class Busy(ProviderUnavailable):
    """Holdfast's own queue for the provider is full, or the turn would come after the deadline."""

    kind = "busy"
    is_worth_a_retry = False


class ProviderRejected(ProviderError):
    """The provider will refuse the same request again."""

    kind = "rejected"


class PromptTooLarge(ProviderRejected):
    """The prompt does not fit the model's window."""

    kind = "too_large"


class QuotaExhausted(ProviderRejected):
    """The account's quota or credit is used up."""

    kind = "quota"


class ReplyRefused(ProviderRejected):
    """The provider refused to answer."""

    kind = "refused"


class ReplyTruncated(ProviderRejected):
    """The reply was cut at its limit of tokens."""

    kind = "truncated"


class OutputInvalid(ProviderRejected):
    """The structured output does not fit its schema, repairs included."""

    kind = "invalid_output"


class NotCleared(ProviderRejected):
    """The provider may not see what the prompt holds."""

    kind = "not_cleared"


class BudgetExhausted(ProviderRejected):
    """The call could cost more than a budget has left."""

    kind = "budget"


class PriceUnknown(ProviderRejected):
    """A budget is declared, and the model has no price."""

    kind = "price_unknown"


class StorageError(HoldfastError):
    """The records database, an index projection or the state folder cannot be used."""

    exit_code = 5


class IndexUnavailable(StorageError):
    """There is no published index, or its files cannot be used."""


class DocumentError(HoldfastError):
    """One document could not be taken in; it is recorded with this reason and the sync goes on."""


class NotAllowed(HoldfastError):
    """Access lists, trust or a policy forbid it."""

    exit_code = 6
