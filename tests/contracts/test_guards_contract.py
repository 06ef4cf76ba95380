from __future__ import annotations

import pytest

from holdfast.protocols import Guards
from holdfast.stages.guardrails.guard import guardrails_for
from holdfast.stages.guardrails.settings import GuardrailsSettings
from holdfast.testing.contracts.guards import GuardsContract
from holdfast.testing.fakes import FakeGuards

DECLARED = guardrails_for(GuardrailsSettings(), system_prompt="Answer from the numbered passages.")


class TestDeclaredGuards(GuardsContract):
    @pytest.fixture
    def part(self) -> Guards:
        return DECLARED


class TestFakeGuards(GuardsContract):
    @pytest.fixture
    def part(self) -> Guards:
        return FakeGuards()
