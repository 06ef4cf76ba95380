"""Every failure Holdfast raises, and the exit code that the command line gives it.

HoldfastError
├── UsageError              2   the call itself is wrong: an argument, an item, a file that was named
├── DeclarationError        3   workflow.yaml, permissions.yaml, a prompt or a hook is wrong
├── ProviderError           4   a model, embedding or reranking provider
│   ├── ProviderUnavailable     worth another try or another route (timeout, 5xx, 429, cut stream)
│   ├── ProviderRejected        will fail again as it stands (bad request, unknown model, no key)
│   └── PromptTooLarge          the prompt does not fit the model's window
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


class ProviderUnavailable(ProviderError):
    """The provider may answer another try, or another route may."""


class ProviderRejected(ProviderError):
    """The provider will refuse the same request again."""


class PromptTooLarge(ProviderRejected):
    """The prompt does not fit the model's window."""


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
