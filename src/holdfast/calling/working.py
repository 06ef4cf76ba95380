"""Tell calls of stages whose sockets pass no `Call` on which run they are made for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from holdfast.domain.attempts import Attempt
from holdfast.domain.calls import Call, Deadline, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The run that calls of this task, and of those begun by it, are made for."""

    run: str
    case: str
    journal: list[Attempt]
    deadline: Deadline | None


_WORK: ContextVar[_Work | None] = ContextVar("work", default=None)
_TURN: ContextVar[str] = ContextVar("turn", default="")


@contextmanager
def working_on(
    *, run: str, journal: list[Attempt], case: str = "", deadline: Deadline | None = None
) -> Iterator[None]:
    """Put the attempts of calls within this block on a run's account, and end them with its deadline."""
    token = _WORK.set(_Work(run=run, case=case, journal=journal, deadline=deadline))
    try:
        yield
    finally:
        _WORK.reset(token)


def call_at_hand(*, deadline: Deadline, purpose: Purpose, stage: str, number: int = 1) -> Call:
    """Return the circumstances of a call for the run at hand, of no run where there is none.

    The run's deadline counts where it comes first.
    """
    work = _WORK.get()
    if work is None:
        return Call(deadline=deadline, purpose=purpose, stage=stage, number=number)
    return Call(
        deadline=sooner(deadline), purpose=purpose, stage=stage, number=number, run=work.run,
        case=work.case, journal=work.journal,
    )  # fmt: skip


def sooner(deadline: Deadline) -> Deadline:
    """Return the deadline, or that of the run at hand where it comes first."""
    work = _WORK.get()
    if work is None or work.deadline is None or work.deadline.at > deadline.at:
        return deadline
    return work.deadline


@contextmanager
def in_turn(name: str) -> Iterator[None]:
    """Tell calls within this block from those of other turns that say the same.

    The name has to be the same when a later process does this work again.
    """
    token = _TURN.set(name)
    try:
        yield
    finally:
        _TURN.reset(token)


def turn_at_hand() -> str:
    """Return the name of the turn, empty where nobody tells them apart."""
    return _TURN.get()


def attempt_at_hand() -> str:
    """Return the id of the attempt that this task makes, empty where none is on a run's account."""
    work = _WORK.get()
    return work.journal[-1].id if work and work.journal else ""
