"""Golden cases that ask nearly the same and cannot both be right are told from those that can."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation, ExpectedField, Fact
from holdfast.domain.items import ItemAttachment
from holdfast.evaluation.near_cases import contradicting

ASKED = "Fill in the claim C-1042."


def case(name: str, question: str = ASKED, **changes: Any) -> Case:
    more = {key: changes.pop(key) for key in ("attachments",) if key in changes}
    expect = Expectation(outcome="answer", **changes)
    return Case(id=name, question=question, principal=Principal(user="ana"), expect=expect, **more)


def expecting(name: str, field: ExpectedField, question: str = ASKED, **more: Any) -> Case:
    return case(name, question, fields={"x": field}, **more)


EMPTY = ExpectedField(value="", compare="empty")


@pytest.mark.parametrize(
    ("one", "other", "excludes"),
    [
        (ExpectedField(value="fire"), ExpectedField(value="water"), True),
        (ExpectedField(value="fire"), ExpectedField(value=" fire"), False),
        (ExpectedField(value=2, compare="number"), ExpectedField(value=3, compare="number"), True),
        (
            ExpectedField(value=2, compare="number", tolerance=0.5),
            ExpectedField(value=3, compare="number", tolerance=0.5),
            False,
        ),
        (ExpectedField(value="24 Nm"), ExpectedField(value=24, compare="number"), False),
        (ExpectedField(value=25), ExpectedField(value=24, compare="number"), True),
        (
            ExpectedField(value=("a", "b"), compare="set"),
            ExpectedField(value=("b", "a"), compare="set"),
            False,
        ),
        (ExpectedField(value=("a",), compare="set"), ExpectedField(value=("a", "b"), compare="set"), True),
        (ExpectedField(value="2026-03-04", compare="date"), ExpectedField(value="4 March 2026"), False),
        (
            ExpectedField(value="2026-03-04", compare="date"),
            ExpectedField(value="2026-03-05", compare="date"),
            True,
        ),
        (ExpectedField(value=4, compare="number"), ExpectedField(value="2026-03-04", compare="date"), False),
        (EMPTY, EMPTY, False),
        (EMPTY, ExpectedField(value="fire"), True),
    ],
)
def test_fields_that_no_record_can_have_so_contradict(
    one: ExpectedField, other: ExpectedField, excludes: bool,  # noqa: FBT001
) -> None:  # fmt: skip
    first, second = expecting("a", one), expecting("b", other, "Please fill in the claim C-1042.")
    assert contradicting(first, [first, second]) == ((second,) if excludes else ())
    assert contradicting(second, [first, second]) == ((first,) if excludes else ())


def test_other_facts_contradict_and_fields_that_one_case_alone_names_do_not() -> None:
    facts = [case(id_, facts=(Fact(text=text),)) for id_, text in (("a", "35 Nm"), ("b", "24 Nm"))]
    assert contradicting(facts[0], facts) == (facts[1],)
    named = [case(id_, fields={id_: ExpectedField(value=id_)}) for id_ in ("a", "b")]
    assert contradicting(named[0], named) == ()


def test_the_same_request_about_another_thing_or_file_is_another_one() -> None:
    fire, water = ExpectedField(value="fire"), ExpectedField(value="water")
    first = expecting("a", fire)
    assert contradicting(first, [expecting("b", water, "Fill in the claim C-7.")]) == ()
    assert contradicting(first, [expecting("b", water, "Fill in the claim C1042!")]) != ()
    assert contradicting(first, [expecting("b", water, "Fill in the claim.")]) != ()
    mails = [(ItemAttachment(name="mail.txt", text=text),) for text in ("It burnt.", "It was wet.")]
    here = expecting("a", fire, attachments=mails[0])
    assert contradicting(here, [expecting("b", water, attachments=mails[1])]) == ()
    assert contradicting(here, [expecting("b", water, attachments=mails[0])]) != ()
