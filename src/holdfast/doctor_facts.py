"""What the doctor is told of a workflow beside its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.domain.hidden import HiddenText
from holdfast.domain.indexing import Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What was seen of one source."""

    name: str
    trouble: str = ""
    """Why it cannot be listed, in words, with the next move."""
    has_permissions: bool = False
    """Whether somebody wrote who may see what: a permissions.yaml or an access setting."""
    open_documents: int = 0
    """Documents that everyone may see."""
    documents: int = 0
    unused_rules: tuple[str, ...] = ()
    """Permission rules that match no document."""
    listed_s: float = 0.0
    """Seconds that each question waits for its listing; 0 where it has a `permissions_digest()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFacts:
    """What was seen of the index."""

    version: int = 0
    """0 when there is none."""
    staleness: str = ""
    """How far the folder has moved on (`2 new, 1 changed`), empty when it has not."""
    damaged: tuple[str, ...] = ()
    """Files that hold other bytes than were written."""
    problems: tuple[str, ...] = ()
    """Documents that need a person, each with its reason."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """ISO 639-1 code to number of documents."""
    hidden: tuple[HiddenText, ...] = ()
    """Documents that hold text which their readers do not see, the most important first."""
    doubts: tuple[Doubt, ...] = ()
    """Claims to supersede another document that count for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """A declared model of which no price is known, and that is not on this machine."""

    name: str
    """As it is named under `prices` in holdfast.yaml."""
    place: tuple[str | int, ...]
    """Where it is declared."""
    by: str
    """What to write there as its price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadColumn:
    """A column that a condition reads and its lookup does not bring."""

    condition: str
    lookup: str
    column: str
    columns: tuple[str, ...]
    """Those that it brings."""
    place: tuple[str | int, ...]
    """Where the condition is declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the declaration does not say itself; the caller looks it up."""

    sources: tuple[SourceFacts, ...] = ()
    golden_cases: int = 0
    refusal_cases: int = 0
    """Golden cases that expect a refusal."""
    variables: frozenset[str] = frozenset()
    """Names of environment variables that are set."""
    hooks_trusted: bool = True
    index: IndexFacts = IndexFacts()
    embedding_model_is_there: bool = True
    plugins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Stage to names of installed plug-ins, for the stages where one is named."""
    reviewers: tuple[str, ...] = ()
    """Who may decide cases of the queue, where all of them are declared by name."""
    undecidable_cases: int = 0
    """Cases that wait and that no declared reviewer may decide: none sees them today but who asked."""
    unused_prompts: tuple[str, ...] = ()
    lookup_problems: tuple[str, ...] = ()
    unread_columns: tuple[UnreadColumn, ...] = ()
    prompts_trouble: str = ""
    """Why the prompts cannot be used; nothing runs then."""
    prompts_move: str = ""
    unpriced: tuple[Unpriced, ...] = ()
    has_budget: bool = False
    """Whether a run, a day or the cost centre has one."""
