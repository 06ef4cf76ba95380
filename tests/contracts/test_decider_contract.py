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
    "default_route": "desk",
    "rules": [
        {"name": "orders", "when": "count(orders) > 0", "then": "answer", "because": "there is an order"},
        {"name": "asks", "when": "fields.product == 'HX-200'", "then": "ask", "because": "two are sold"},
    ],
}


class TestThresholdDecider(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return decider_for(DecidingSettings())


class TestThresholdDeciderWithRules(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return decider_for(DecidingSettings.model_validate(RULES))


class TestFakeDecider(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return FakeDecider()


class TestFakeDeciderWithRuling(DeciderContract):
    @pytest.fixture
    def part(self) -> Decider:
        return FakeDecider(Ruling(outcome=Escalation(text="To a person.", reason="a test says so")))
