"""Candidates are measured alike: one index each group, in the order of changes, within the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.observed import Wanted
from holdfast.domain.prompts import Passage, Prompt
from holdfast.errors import ProviderUnavailable, UsageError
from holdfast.evaluation.reading import Target
from holdfast.evaluation.search_space import candidates_of
from holdfast.evaluation.trying import Clock, Measured, TimeIsUp, measure
from holdfast.evaluation.tuning import judged, refuse_too_few
from holdfast.workflow import Workflow

WANTED = Wanted(document="a.md")
CANDIDATES = candidates_of(Workflow())


def target(number: int, wanted: Wanted = WANTED) -> Target:
    case = Case(
        id=f"c{number}", question="?", principal=Principal(user=f"u{number}"), expect=Expectation(outcome="answer")
    )  # fmt: skip
    return Target(case=case, wanted=(wanted,))


TARGETS = [target(number) for number in range(3)]


class AtOnce(Clock):
    """A clock on which the time is up after so many looks."""

    async def check(self) -> None:
        if (left := self.ends_at) <= 0:
            raise TimeIsUp
        object.__setattr__(self, "ends_at", left - 1)


@dataclass
class World:
    """Trials whose evidence is first where headings are left out, and third elsewhere."""

    degraded: str = ""
    opened: list[Workflow] = field(default_factory=list)
    closed: int = 0
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def open(self, settings: Workflow, clock: Clock) -> AsyncIterator[World]:
        self.opened.append(settings)
        try:
            await clock.check()
            yield self
        finally:
            self.closed += 1

    def retriever(self, settings: Workflow) -> Finds:
        return Finds(self, settings)

    def prompt(self, item: WorkItem, retrieved: Retrieved) -> Prompt:
        first = retrieved.hits[0]
        passage = Passage(n=1, document=first.document, text="", start=0, end=10)
        return Prompt(question=item.question, messages=(), passages=(passage,))

    def forget(self) -> None:
        pass


@dataclass
class Finds:
    world: World
    settings: Workflow

    async def retrieve(self, item: WorkItem) -> Retrieved:
        self.world.asked.append(item.principal.user)
        names = ["b.md", "c.md", "a.md"] if self.settings.chunking.heading_context else ["a.md", "b.md"]
        hits = [
            Hit(chunk_id=ord(name[0]), document=name, ordinal=0, text="", start=0, end=10) for name in names
        ]
        return Retrieved(hits=tuple(hits), degraded=self.world.degraded)


def measured(world: World, looks: float = 1000.0) -> Measured:
    return asyncio.run(
        measure(
            CANDIDATES, TARGETS, world.open, clock=AtOnce(looks), progress=lambda _what, _done, _total: None
        )
    )


def test_candidates_that_share_an_index_share_a_trial_and_each_case_asks_as_its_principal() -> None:
    world = World()
    found = measured(world)
    assert found.is_complete
    assert len(world.opened) == world.closed == len({one.index_key for one in CANDIDATES}) == 13
    assert found.candidates[0].changes == {}
    assert set(world.asked) == {"u0", "u1", "u2"}
    assert found.evidence.shape == found.in_prompt.shape == (len(CANDIDATES), 3)
    for row, one in enumerate(found.candidates):
        is_best = not one.settings.chunking.heading_context
        assert list(found.evidence[row]) == [1.0 if is_best else 0.5] * 3
        assert list(found.in_prompt[row]) == [float(is_best)] * 3


def test_when_the_time_is_up_what_was_measured_whole_counts_and_trials_are_closed() -> None:
    world = World()
    found = measured(world, looks=6)
    assert not found.is_complete
    assert len({one.index_key for one in found.candidates}) == 1
    assert found.candidates[0].changes == {}
    assert (len(world.opened), world.closed) == (2, 2)


def test_without_time_for_what_is_declared_there_is_nothing_to_compare() -> None:
    with pytest.raises(UsageError, match="before the settings as declared were measured"):
        measured(World(), looks=2)


def test_a_missing_leg_ends_the_measuring_for_lists_would_not_compare() -> None:
    with pytest.raises(ProviderUnavailable, match="settings cannot be compared"):
        measured(World(degraded="found by words only"))


def test_a_gain_that_is_the_same_in_every_group_is_recommended_with_the_fewest_changes() -> None:
    targets = [target(number, Wanted(document=f"{number}.md")) for number in range(3)]
    tuned = judged(measured(World()), targets)
    assert tuned.recommended is not None
    assert dict(tuned.recommended.changes) == {"chunking.heading_context": False}
    figures = (tuned.choice.gain.low, tuned.choice.gain.mean, tuned.in_prompt)
    assert figures == pytest.approx((0.5, 0.5, 1.0))


def test_a_change_that_takes_evidence_out_of_prompts_is_not_recommended() -> None:
    found = measured(World())
    targets = [target(number, Wanted(document=f"{number}.md")) for number in range(3)]
    lossy = Measured(
        candidates=found.candidates, evidence=found.evidence, in_prompt=1 - found.in_prompt, is_complete=True
    )
    tuned = judged(lossy, targets)
    assert tuned.recommended is None
    assert (
        tuned.reason
        == "the best change would leave evidence out of prompts (-100.0% of cases have all of it)"
    )


def test_many_cases_about_few_documents_are_refused_too() -> None:
    refuse_too_few([target(n, Wanted(document=f"{n % 12}.md")) for n in range(40)], (), gain=0.1)
    with pytest.raises(UsageError, match="lean on 9 separate groups of documents; 10 are needed"):
        refuse_too_few([target(n, Wanted(document=f"{n % 9}.md")) for n in range(40)], (), gain=0.1)
    with pytest.raises(UsageError, match="154 are needed"):
        refuse_too_few([target(n, Wanted(document=f"{n}.md")) for n in range(30)], (), gain=0.05)
