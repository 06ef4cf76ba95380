"""Find golden cases that ask nearly the same and expect something else."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.domain.cases import Case
from holdfast.evaluation.case_checks import normal
from holdfast.text.numbers import quantities

NEAR = 0.6
"""Share of all words of two questions, from 0 to 1, that both have from which on they ask nearly the same."""


def contradicting(case: Case, others: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases that ask nearly the same as one for the same groups and cannot hold beside it.

    They end otherwise, or each has to state a quantity of one unit in a value that the other does not have.
    """
    return tuple(
        other
        for other in others
        if other.id != case.id
        and other.principal.groups == case.principal.groups
        and _is_near(case, other)
        and _cannot_both_hold(case, other)
    )


def _is_near(case: Case, other: Case) -> bool:
    if dict(case.fields) != dict(other.fields) or case.history != other.history:
        return False
    one, two = set(normal(case.question).split()), set(normal(other.question).split())
    return len(one & two) >= NEAR * len(one | two) > 0


def _cannot_both_hold(case: Case, other: Case) -> bool:
    if case.expect.outcome != other.expect.outcome:
        return True
    mine, theirs = _values(case), _values(other)
    return any(not mine[unit] & theirs[unit] for unit in mine.keys() & theirs.keys())


def _values(case: Case) -> dict[str, set[float]]:
    found: dict[str, set[float]] = {}
    for fact in case.expect.facts:
        for one in quantities(str(fact)):
            if one.unit:
                found.setdefault(one.unit, set()).add(float(one.value))
    return found
