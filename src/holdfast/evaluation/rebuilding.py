"""Make a run of the domain out of one that is on record."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import KINDS
from holdfast.domain.runs import Run, StageRecord
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage
from holdfast.errors import StorageError
from holdfast.storage.runs import StoredRun


def run_of(stored: StoredRun) -> Run:
    """Return the run; what its stages were given and made stays plain data.

    Raises StorageError for a record that this version cannot read, such as a run that was emptied when a
    document was forgotten.
    """
    summary = stored.summary
    kinds: dict[str, Any] = {word: kind for kind, word in KINDS.items()}
    try:
        outcome = kinds[summary.kind]
        return Run(
            id=summary.id,
            version=summary.version,
            index_version=summary.index_version,
            item=_adapter(WorkItem).validate_python(stored.item),
            outcome=_adapter(outcome).validate_python(stored.outcome),
            model=summary.model,
            degraded=summary.degraded,
            fallback=summary.fallback,
            usage=Usage(),
            cost_usd=summary.cost_usd or 0.0,
            started_at=summary.started_at,
            took_ms=summary.took_ms,
            stages=tuple(
                StageRecord(
                    stage=Stage(one.stage), part=one.part, given=one.given, made=one.made,
                    took_ms=one.took_ms, cost_usd=one.cost_usd, error=one.error,
                )
                for one in stored.stages
            ),
            attempts=stored.attempts,
        )  # fmt: skip
    except (ValidationError, KeyError, ValueError, TypeError) as error:
        raise _unreadable(stored, error) from error


def item_of(stored: StoredRun) -> WorkItem:
    """Return the item that a run worked; raise StorageError for a record that this version cannot read."""
    try:
        item: WorkItem = _adapter(WorkItem).validate_python(stored.item)
    except (ValidationError, ValueError, TypeError) as error:
        raise _unreadable(stored, error) from error
    return item


def _unreadable(stored: StoredRun, error: Exception) -> StorageError:
    return StorageError(
        f"the run {stored.summary.id} cannot be read as it is on record ({type(error).__name__})",
        stage="storage",
        move="It may have been emptied when a document was forgotten; ask its question again.",
    )


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
