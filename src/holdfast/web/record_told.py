"""Tell a record in the reader's words: the form in which it is corrected, what was changed in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.domain.outputs import Record, shown_value
from holdfast.domain.reviews import Decision
from holdfast.errors import HoldfastError
from holdfast.reviewing.records import record_before
from holdfast.reviewing.verdicts import changes_to, draft_of, record_of
from holdfast.stages.generation.output import Shape
from holdfast.storage.runs import StoredRun
from holdfast.web.record_fields import Control, control_of
from holdfast.web.visits import Visit

AGAIN, WORDS = "again", "words"
"""Fields of the form beside those of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One field that a person left otherwise than it was, as it is shown."""

    path: str
    before: str
    """Empty: nothing."""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """A record's form as a template shows it."""

    action: str
    """Where it is posted."""
    whole: Control
    is_again: bool
    """It corrects what was sent, or what nobody handed over."""
    words: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    """By the id of a control, what does not fit in it; by the empty text, in none of them."""
    said: str = ""
    """What came of it when it was posted."""
    is_new: bool = False
    """There is no record to correct: it is filled in from nothing."""
    is_unkept: bool = False
    """There is a draft, and only its text was kept."""

    @property
    def faulty(self) -> list[tuple[Control, str]]:
        """Return what does not fit, with its control, in the order of the form."""
        return [(one, error) for one in self.whole.within() for error in self.errors.get(one.id, ())]


def form_of(
    visit: Visit, run: StoredRun, decisions: Collection[Decision], *, is_again: bool
) -> RecordForm | None:
    """Return the form in which a run's record is corrected; None where the workflow declares no output."""
    shape = shape_at(visit)
    if shape is None:
        return None
    before = record_before(run, decisions)
    return RecordForm(
        action=address_of(visit, run.summary.id), is_again=is_again, whole=control_of(shape.spec, before),
        is_new=before is None, is_unkept=is_unkept(run),
    )  # fmt: skip


def address_of(visit: Visit, run: str) -> str:
    """Return the address of the form of a run's record."""
    return f"{visit.home}/runs/{run}/record"


def shape_at(visit: Visit) -> Shape | None:
    """Return the declared output; None where there is none, or where its own model cannot be used now."""
    try:
        return visit.desk.flow.review.shape
    except HoldfastError:
        return None


def is_unkept(run: StoredRun) -> bool:
    """Return whether a draft's text is on record without the fields that it may have had."""
    return record_of(run) is None and bool(draft_of(run))


def is_record(visit: Visit, run: StoredRun) -> bool:
    """Return whether a run's answer is a record that can be edited as one."""
    return record_of(run) is not None and shape_at(visit) is not None


def changes_of(run: StoredRun, record: Record | None) -> tuple[Changed, ...]:
    """Return what a person's record has otherwise than the draft; nothing of a text."""
    return tuple(
        Changed(path=one.path, before=_shown(one.before), after=_shown(one.after))
        for one in changes_to(run, record)
    )


def _shown(value: Any) -> str:
    return "" if value is None else shown_value(value)
