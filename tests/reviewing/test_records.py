"""A corrected record is held against the shape that a model's reply is held against."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator
from tests.reviewing.test_sources import cited, passage, run

from holdfast.domain.outputs import OutputSpec, Record, changed_fields
from holdfast.domain.reviews import Action, Decision
from holdfast.errors import UsageError
from holdfast.reviewing.record_sources import sources_of_verdict
from holdfast.reviewing.records import RecordMisfits, corrected_record, record_of_edit
from holdfast.reviewing.support import unsupported_by
from holdfast.reviewing.verdicts import verdict_of
from holdfast.stages.checking.checker import LexicalChecker
from holdfast.stages.generation.output import Shape, shape_of
from holdfast.stages.generation.output_settings import OutputSettings

CLAIM = passage(1, "claim.md", "The claim C-1042 is for water damage. The repair costs 2,340 EUR.")
LETTER = passage(
    2, "letter.md", "Dear all. The repair of the hall costs 2,430 EUR after all. Yours, Ostrand."
)
DRAFT = {"claim": "C-1042", "cost_eur": 9999}
RUN = run(
    [CLAIM, LETTER], citations=[cited(1, CLAIM, "The claim C-1042 is for water damage.")], output=DRAFT,
    cites={"claim": [1], "cost_eur": [1]},
)  # fmt: skip


class Claim(BaseModel):
    claim: str = Field(pattern="^C-")
    cost_eur: float | None = None
    parts: list[str] = []

    @field_validator("parts")
    @classmethod
    def _are_few(cls, parts: list[str]) -> list[str]:
        if len(parts) > 2:
            raise ValueError("more parts than a claim has")
        return parts


def shape(cite: Any = "all") -> Shape:
    settings = OutputSettings.model_validate({"model": "claims:Claim", "cite": cite})
    return shape_of(settings, schema=None, model=Claim)


def problems(output: Any, cites: Any = None) -> tuple[str, ...]:
    with pytest.raises(RecordMisfits) as refused:
        corrected_record(shape(), RUN, output, cites, before=None)
    assert "nothing was stored" in str(refused.value)
    return refused.value.problems


def sent(record: Record) -> Decision:
    return Decision(
        run="r", who="lena", action=Action.EDIT, at=RUN.summary.started_at, text=record.text, record=record,
        in_review=True,
    )  # fmt: skip


def test_a_models_own_validators_hold_a_persons_record_too() -> None:
    said = problems({"claim": "X", "cost_eur": "much", "parts": ["a", "b", "c"]})
    assert [one.partition(": ")[0] for one in said] == ["claim", "cost_eur", "parts"]
    assert "more parts than a claim has" in said[2]
    made = corrected_record(shape(), RUN, {"claim": "C-1", "cost_eur": None}, None, before=None)
    assert made == Record(output={"claim": "C-1", "cost_eur": None})


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ([], "is none"),
        ({"claim": "C-1", "cost_eur": float("nan")}, "no JSON"),
        ({"claim": "C-" + "1" * 300_000}, "at most 200,000"),
        ({"claim": "C-1", "x": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}, "deeper than 20"),
    ],
)
def test_what_no_record_can_be_is_refused(output: Any, said: str) -> None:
    (problem,) = problems(output)
    assert said in problem


def test_a_source_that_nobody_was_shown_is_refused_at_its_field() -> None:
    (problem,) = problems({"claim": "C-1"}, {"claim": [1, 7]})
    assert problem == "claim: names [7], and no passage has that number (passages: [1], [2])"


def test_fields_cite_what_they_did_before_unless_somebody_says_otherwise() -> None:
    edit = {"claim": "C-1042", "cost_eur": None}
    made = record_of_edit(shape(), RUN, (), text="", output=edit, cites=None)
    assert made == Record(output=edit, cites={"claim": (1,)})  # what holds nothing cites nothing
    with pytest.raises(UsageError, match="is a record"):
        record_of_edit(shape(), RUN, (), text="It costs 2,430 EUR [2].", output=None, cites=None)
    assert record_of_edit(None, RUN, (), text="It costs 2,430 EUR [2].", output=None, cites=None) is None
    with pytest.raises(UsageError, match="declares no output"):
        record_of_edit(None, RUN, (), text="", output=edit, cites=None)


def test_a_field_is_quoted_from_the_sentence_that_says_it_and_a_slip_is_told() -> None:
    right = Record(output={"claim": "C-1042", "cost_eur": 2430}, cites={"claim": (1,), "cost_eur": (2,)})
    verdict = verdict_of(RUN, [sent(right)])
    assert verdict is not None
    quotes = [one["quote"] for one in sources_of_verdict(RUN, verdict)]
    assert quotes == [
        "The claim C-1042 is for water damage.",
        "The repair of the hall costs 2,430 EUR after all.",
    ]
    spec: OutputSpec = shape().spec
    assert unsupported_by(LexicalChecker(), RUN, sent(right), shape=spec) == ()
    slip = Record(output={"claim": "C-1042", "cost_eur": 2034}, cites={"cost_eur": (2,)})
    (told,) = unsupported_by(LexicalChecker(), RUN, sent(slip), shape=spec)
    assert (told.text, told.why) == ("cost eur: 2034", "number 2034 is in no cited passage")


def test_changes_are_told_in_the_order_of_the_new_record_and_what_is_gone_last() -> None:
    before = {"a": 1, "gone": "x", "same": 1, "list": [1, 2], "in": {"deep": True}}
    after = {"new": 0, "a": True, "same": 1.0, "list": [1], "in": {"deep": True}, "none": None}
    told = [(one.path, one.before, one.after) for one in changed_fields(before, after)]
    assert told == [("new", None, 0), ("a", 1, True), ("list", [1, 2], [1]), ("gone", "x", None)]
    assert changed_fields(None, {"a": ""}) == ()
