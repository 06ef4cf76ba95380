"""Read what the stages of a run made, whether the run is fresh or from the records."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from holdfast.domain.checks import Checks
from holdfast.domain.hits import Retrieved
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage

T = TypeVar("T")


def retrieved_of(run: Run) -> Retrieved | None:
    """Return what retrieval found, None when it did not run."""
    return _last(run, Stage.RETRIEVAL, Retrieved)


def prompt_of(run: Run) -> Prompt | None:
    """Return the last prompt that was built, None when there is none."""
    return _last(run, Stage.ASSEMBLY, Prompt)


def reply_of(run: Run) -> Reply | None:
    """Return the last reply of a model, None when there is none."""
    return _last(run, Stage.GENERATION, Reply)


def checks_of(run: Run) -> Checks | None:
    """Return what checking found in the last reply, None when nothing was checked."""
    return _last(run, Stage.CHECKING, Checks)


def _last(run: Run, stage: Stage, kind: type[T]) -> T | None:
    for record in reversed(run.stages):
        if record.stage == stage and not record.error:
            return _as(kind, record.made)
    return None


def _as(kind: type[T], made: Any) -> T | None:
    """Return the value, rebuilt where the records hold it as plain lists; None for anything else."""
    if isinstance(made, kind):
        return made
    try:
        rebuilt: T = _adapter(kind).validate_python(made)  # type: ignore[arg-type]  # types are hashable
    except ValidationError:
        return None
    return rebuilt


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
