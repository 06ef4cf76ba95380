"""What goes to a model and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from holdfast.domain.documents import Metadata
from holdfast.domain.hits import Dropped
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one rung's model can take."""

    context_tokens: int
    """Window of the model, prompt and reply together."""
    output_tokens: int
    """Tokens kept free for the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What of a chunk or lookup row is in the prompt, under its citation number."""

    n: int
    """Citation number, from 1, in prompt order."""
    document: str
    text: str
    start: int
    end: int
    """Offsets into the document's canonical text (0, len(text) for a lookup row)."""
    context: str = ""
    locator: Locator = NOWHERE
    metadata: Metadata = field(default_factory=Metadata)
    chunk_id: int | None = None
    score: float = 0.0
    """The hit's fused or reranked score; 0 for a lookup row."""
    dense_score: float = 0.0
    """Cosine of the question and the chunk; 0 when the dense leg did not find it."""
    sparse_score: float = 0.0
    """BM25 of the question and the chunk; 0 when the sparse leg did not find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The rendered prompt of one rung, with what fitted and what did not."""

    question: str
    """The question as generation and checking should read it (rewritten when the item had a history)."""
    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    dropped: tuple[Dropped, ...] = ()
    tokens: int = 0
    """Estimate by the rung's tokenizer or its rule of thumb."""
    output_tokens: int = 0
    template: str = ""
    """Name and digest of the template."""
    output: OutputSpec | None = None
    """The structured output that is wanted; None: text."""
    read_as: tuple[str, ...] = ()
    """Words that `question` has otherwise than the messages (`'torqe' as 'torque'`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said, complete and final."""

    text: str
    model: str
    """`provider:model` as declared; `extractive` for the answerer that quotes."""
    usage: Usage = Usage()
    cost_usd: float = 0.0
    finish: Literal["stop", "nothing", "unable"] = "stop"
    """`nothing`: the model says that the passages hold no answer (it wrote the agreed word).
    `unable`: this rung cannot give the structured output that is wanted."""
    answerability: float | None = None
    """Probability that the passages answer the question, where the model tells it (0 to 1)."""
    lacks: tuple[str, ...] = ()
    """What of the question it does not hold, where the model tells it (`it holds no temperature`)."""
    returned_model: str = ""
    """The id that the provider's reply named."""
    output: Any = None
    """Structured output as declared, parsed and validated; None where none is declared."""
    cites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Path of a field of the output (`parts.0.torque`) to the passage numbers that the model names for it."""
    repairs: int = 0
    """Further calls that the structured output took until it fitted its schema."""
    is_cached: bool = False
    """Whether an earlier reply was taken; its cost is 0 then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """What was written so far does not count; the reply begins anew."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """Structured output as far as it has come; the next one replaces it."""

    output: Any


Piece = str | Partial | Restart | Reply
"""What a model yields: text as it comes, and last the complete Reply."""


def with_rules(prompt: Prompt, words: str, *, tokens: int) -> Prompt:
    """Return the prompt with words at the end of its system text, which is the same for every item."""
    messages = list(prompt.messages)
    at = next((i for i, one in enumerate(messages) if one.role == "system"), None)
    if at is None:
        messages.insert(0, Message(role="system", text=words.strip()))
    else:
        messages[at] = replace(messages[at], text=messages[at].text + words)
    return replace(prompt, messages=tuple(messages), tokens=prompt.tokens + tokens)
