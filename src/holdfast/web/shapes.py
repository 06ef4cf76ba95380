"""The JSON that programs get, as the interface's description tells it; `contract.py` makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from holdfast.domain.reviews import Action

Version = Literal[1]


class Shape(BaseModel):
    """A shape without any other key."""

    model_config = ConfigDict(extra="forbid")


class Fault(Shape):
    """What went wrong: the thing, the stage, the next move."""

    v: Version
    error: str
    stage: str
    move: str | None


class Citation(Shape):
    """Where a sentence of an answer comes from."""

    n: int
    document: str
    title: str
    quote: str
    start: int
    end: int
    page: int | None
    section: str | None
    locator: str


class UsageOut(Shape):
    """Tokens and cost of a run."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None = Field(description="Null where no price is known.")


class StageTime(Shape):
    """How long a stage took."""

    stage: str
    took_ms: float


class CorrectedBefore(Shape):
    """What a reviewer answered to the same question."""

    run: str = Field(description="The run that was corrected.")
    by: str = Field(description="The reviewer.")
    at: datetime
    text: str
    output: Any = Field(description="The record, where one was corrected; else null.")
    same_words: bool = Field(description="No content word of the two questions differs; else some do.")
    citations: list[Citation]
    changed: list[str] = Field(description="Documents it rests on whose content is another now.")
    superseded: list[str] = Field(description="Documents it rests on in whose place another stands now.")


class AskOut(Shape):
    """A run that has just ended, as `holdfast ask --json` prints it."""

    v: Version
    run: str
    outcome: Literal["answer", "question", "refusal", "escalation"]
    text: str
    output: Any
    cites: dict[str, list[int]]
    reason: str
    confidence: float
    citations: list[Citation]
    route: str = Field(default="", description="Of an escalation, as are `contact` and `draft`.")
    contact: str = ""
    draft: str = ""
    draft_output: Any = Field(default=None, description="The draft's record, where an output is declared.")
    options: list[str] = Field(default=[], description="Of a question that is asked back.")
    nearest: list[Citation] = Field(default=[], description="Of a refusal.")
    model: str
    degraded: str | None
    fallback: str | None
    usage: UsageOut
    stages: list[StageTime]
    corrected_before: list[CorrectedBefore] = Field(
        description="What reviewers answered to the same question, newest first, at most three; only what "
        "who asks may see today."
    )


class RunSummaryOut(Shape):
    """A run in a list."""

    run: str
    id: str
    question: str
    outcome: str
    model: str
    degraded: str | None
    fallback: str | None
    user: str
    version: str
    index_version: int
    cost_usd: float | None = Field(description="Null where no price is known.")
    started_at: datetime
    took_ms: float
    origin: Literal["work", "golden", "replay"]


class Next(Shape):
    """Where the next page begins."""

    before: datetime
    before_id: str


class Skip(Shape):
    """Where the next page of a list begins that is ordered by time or cost."""

    skip: int


class RunsOut(Shape):
    """A page of runs."""

    v: Version
    runs: list[RunSummaryOut]
    hidden: int = Field(description="How many are left out: the person may not see their evidence.")
    next: Next | Skip | None


class StageOut(Shape):
    """A stage of a run."""

    stage: str
    part: str
    given: Any
    made: Any
    took_ms: float
    cost_usd: float
    error: str | None


class AttemptOut(Shape):
    """A call to a provider."""

    model: str
    purpose: str
    number: int
    status: str
    error: str | None
    returned_model: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    written_tokens: int
    searches: int
    is_estimated: bool
    is_batch: bool
    cost_usd: float | None
    saved_usd: float
    took_ms: float
    first_token_ms: float | None


class RunOut(Shape):
    """A run with everything its stages were given and made."""

    v: Version
    run: RunSummaryOut
    item: dict[str, Any]
    outcome: dict[str, Any] | None
    stages: list[StageOut]
    attempts: list[AttemptOut]


class DecisionOut(Shape):
    """What was decided about a draft."""

    v: Version
    run: str
    action: Action
    told: list[str] = Field(description="Everything that was decided about it, in words.")
    state: str = Field(description="How the run stands now, in a word; empty: as it ended.")
    said: str = Field(description="What became of it by the decision, in a sentence.")
    sent: bool = Field(description="The decision was a review: who asked is told of it.")


class CaseLine(Shape):
    """A case of the review queue."""

    run: str
    question: str
    outcome: str
    asked_by: str
    cause: str
    risk: str
    route: str | None
    confidence: float
    opened_at: datetime
    due_at: datetime
    owner: str | None
    substitute: str | None
    state: Literal["open", "claimed", "done"]
    claimed_by: str | None
    claimed_until: datetime | None
    done_by: str | None
    done_at: datetime | None
    verdict: str | None
    category: str | None


class FinishedOut(Shape):
    """How much one reviewer finished."""

    who: str
    accepted: int
    edited: int
    rejected: int
    median_minutes: float


class HeldOut(Shape):
    """A golden case that waits for a second person."""

    case: str
    file: str
    written_by: str | None


class QueueOut(Shape):
    """The review queue."""

    v: Version
    cases: list[CaseLine]
    hidden: int
    more: bool
    finished: list[FinishedOut]
    held: list[HeldOut]


class MadeCase(Shape):
    """A golden case that was made of a decision."""

    case: str
    file: str
    held: bool


class ClaimedOut(CaseLine):
    """A case after something was done with it."""

    v: Version
    golden: MadeCase | None


class NothingOut(Shape):
    """No case waits."""

    v: Version
    run: None


class ChangeOut(Shape):
    """One field of a record that a person left otherwise than it was."""

    field: str
    before: Any
    after: Any


class SaidOut(Shape):
    """One decision about a case."""

    action: Action
    who: str
    at: datetime
    text: str | None
    category: str | None
    words: str | None
    to: str | None
    output: Any = Field(description="The record of an edit, where one was sent; else null.")
    cites: dict[str, list[int]]
    changed: list[ChangeOut] = Field(description="Which fields it has otherwise than the draft.")


class CaseOut(CaseLine):
    """One case with its draft, its evidence, what was decided."""

    v: Version
    fields: dict[str, str]
    attachments: list[dict[str, str]]
    history: list[dict[str, str]]
    draft: str | None
    draft_output: Any
    draft_cites: dict[str, list[int]]
    reason: str | None
    citations: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    failed_checks: list[str]
    decisions: list[SaidOut]
    golden: list[MadeCase]


class GoldenOut(MadeCase):
    """A golden case with who wrote and who confirmed it."""

    v: Version
    written_by: str | None
    confirmed_by: str | None


class Health(Shape):
    """The process lives."""

    status: Literal["ok"]


class Readiness(Shape):
    """Whether every workflow can answer, with the reasons of those that cannot."""

    status: Literal["ok", "unready"]
    workflows: dict[str, str]
