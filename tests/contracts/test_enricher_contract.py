from __future__ import annotations

import pytest

from holdfast.protocols import Enricher
from holdfast.stages.enriching.enricher import RuleEnricher
from holdfast.stages.enriching.settings import EnrichingSettings
from holdfast.testing.contracts.enricher import EnricherContract
from holdfast.testing.fakes import FakeEnricher


class TestRuleEnricher(EnricherContract):
    @pytest.fixture
    def part(self) -> Enricher:
        return RuleEnricher()


class TestRuleEnricherWithKeys(EnricherContract):
    @pytest.fixture
    def part(self) -> Enricher:
        chosen = {"keys": {"product": [r"HX-\d+"]}}
        return RuleEnricher(EnrichingSettings.model_validate(chosen))


class TestFakeEnricher(EnricherContract):
    @pytest.fixture
    def part(self) -> Enricher:
        return FakeEnricher()
