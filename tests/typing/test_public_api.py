"""The public API as users' type checkers see it; mypy reads this file, nothing here is run for its effect."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never, assert_type

import holdfast
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.indexing import SyncReport
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal
from holdfast.domain.runs import Run
from holdfast.opening import Opening, SyncFlow
from holdfast.session import Flow

ANA = holdfast.Principal(user="ana", groups=frozenset({"service"}))


async def asked_with_await(folder: Path) -> None:
    async with holdfast.open(folder) as flow:
        assert_type(flow, Flow)
        assert_type(await flow.sync(), SyncReport)
        run = await flow.ask("To what torque?", principal=ANA)
        assert_type(run, Run)
        assert_type(run.outcome, Outcome)
        retrieved = await flow.search("torque", principal=ANA, k=5)
        assert_type(retrieved, Retrieved)
        assert_type(retrieved.hits, tuple[Hit, ...])
        item = holdfast.WorkItem(id="1", principal=ANA, fields={"product": "HX-200"})
        assert_type(await flow.ask(item, model="extractive", listen=print), Run)


def asked_without_await(folder: str) -> None:
    with holdfast.open(folder) as flow:
        assert_type(flow, SyncFlow)
        assert_type(flow.sync(rebuild=True), SyncReport)
        assert_type(flow.ask("To what torque?", principal=ANA), Run)
        assert_type(flow.search("torque", principal=ANA), Retrieved)


def asked_without_a_principal(flow: SyncFlow) -> None:
    """Each line is an error that the checker has to find: an unused `ignore` is one as well."""
    flow.search("torque")  # type: ignore[call-arg]
    flow.search("torque", principal="ana")  # type: ignore[arg-type]
    holdfast.WorkItem(id="1", question="To what torque?")  # type: ignore[call-arg]
    holdfast.Principal("ana")  # type: ignore[call-arg]


def told(outcome: Outcome) -> str:
    match outcome:
        case Answer():
            return f"{outcome.text} ({len(outcome.citations)})"
        case Question():
            return " or ".join(outcome.options) or outcome.text
        case Refusal():
            return f"{outcome.reason} {len(outcome.nearest)}"
        case Escalation():
            return f"{outcome.route} {outcome.draft}"
        case _:
            assert_never(outcome)


def test_the_public_names_are_what_their_types_say() -> None:
    assert_type(holdfast.open(), Opening)
    assert isinstance(holdfast.open(), Opening)
    assert sorted(holdfast.__all__) == ["Principal", "WorkItem", "open"]


def test_every_outcome_is_told() -> None:
    assert told(Answer(text="24 Nm [1].", citations=(), confidence=0.9)) == "24 Nm [1]. (0)"
    assert told(Question(text="Which?", reason="two", options=("a", "b"))) == "a or b"
    assert told(Refusal(text="No.", reason="not held")) == "not held 0"
    assert told(Escalation(text="To a person.", reason="a rule", route="desk", draft="24")) == "desk 24"
