from __future__ import annotations

import pytest

from holdfast.domain.outcomes import Escalation, Ruling
from holdfast.protocols import Decider
from holdfast.stages.deciding.decider import decider_for
from holdfast.stages.deciding.settings import DecidingSettings
from holdfast.testing.contracts.decider import DeciderContract
from holdfast.testing.fakes import FakeDecider

RULES = {
    "uncertain": "escalate",
    "routes": {"desk": {"contact": "desk@example.com"}},
    "rules": [
        {"name": "shipped", "when": "'shipped' in lookup.orders.state", "then": "answer", "because": "it was shipped"},
    ],
}


class TestThresholdDecider(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return decider_for(DecidingSettings())


class TestFakeDecider(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return FakeDecider()


class TestFakeDeciderWithRuling(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return FakeDecider(Ruling(outcome=Escalation(text="To a person.", reason="a test says so")))
