"""Find golden cases that ask nearly the same and expect something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from holdfast.domain.cases import Case, ExpectedField
from holdfast.evaluation.case_checks import normal
from holdfast.evaluation.scoring.fields import is_same
from holdfast.text.numbers import quantities

NEAR = 0.6
"""Share of all words of two questions, from 0 to 1, that both have from which on they ask nearly the same."""


def contradicting(case: Case, others: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases that ask nearly the same as one for the same groups and cannot hold beside it.

    They end otherwise, each has to state a quantity of one unit in a value that the other does not have, or
    no record can have a field as both expect it.
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
    if _attached(case) != _attached(other):  # the same request about another file
        return False
    one, two = set(normal(case.question).split()), set(normal(other.question).split())
    if _codes(one) - _codes(two) and _codes(two) - _codes(one):  # each is about another thing: C-1042, C-7
        return False
    return len(one & two) >= NEAR * len(one | two) > 0


def _attached(case: Case) -> set[str]:
    return {normal(one.text) for one in case.attachments}


def _codes(words: set[str]) -> set[str]:
    """Return the digits of the words that have some."""
    return {digits for one in words if (digits := "".join(filter(str.isdigit, one)))}


def _cannot_both_hold(case: Case, other: Case) -> bool:
    if case.expect.outcome != other.expect.outcome:
        return True
    mine, theirs = _values(case), _values(other)
    if any(not mine[unit] & theirs[unit] for unit in mine.keys() & theirs.keys()):
        return True
    fields, others = case.expect.fields, other.expect.fields
    return any(_exclude(fields[name], others[name]) for name in fields.keys() & others.keys())


def _exclude(one: ExpectedField, other: ExpectedField) -> bool:
    """Return whether no value is as both expect it, as far as their ways of comparing tell."""
    if one.compare == other.compare:
        reach = one.tolerance + other.tolerance
        return one.compare != "empty" and not is_same(one.value, replace(other, tolerance=reach))
    if "empty" in (one.compare, other.compare):
        return True
    if "exact" not in (one.compare, other.compare):
        return False
    exact, rest = (one, other) if one.compare == "exact" else (other, one)
    return not is_same(exact.value, rest)


def _values(case: Case) -> dict[str, set[float]]:
    found: dict[str, set[float]] = {}
    for fact in case.expect.facts:
        for one in quantities(str(fact)):
            if one.unit:
                found.setdefault(one.unit, set()).add(float(one.value))
    return found
