from __future__ import annotations

import pytest

from holdfast.declaring.evaluation import EvaluationSettings
from holdfast.evaluation.scoring.composing import evaluators_of
from holdfast.evaluation.scoring.judging import Judge
from holdfast.protocols import Evaluator
from holdfast.testing.contracts.evaluator import EvaluatorContract
from holdfast.testing.fakes import FakeModel

OWN = evaluators_of(EvaluationSettings())


class TestOwnEvaluators(EvaluatorContract):
    @pytest.fixture(params=OWN, ids=lambda one: one.metrics[0].name)
    def part(self, request: pytest.FixtureRequest) -> Evaluator:
        made: Evaluator = request.param
        return made


class TestJudge(EvaluatorContract):
    @pytest.fixture
    def part(self) -> Evaluator:
        model = FakeModel(text="It is polite.\nVERDICT: YES")
        return Judge(model, name="polite", asks="Is it polite?", budget_usd=None, timeout_s=5)


class TestJudgeThatTalksNonsense(EvaluatorContract):
    @pytest.fixture
    def part(self) -> Evaluator:
        return Judge(FakeModel(text="yes and no"), name="polite", asks="Polite?", budget_usd=1, timeout_s=5)
