from __future__ import annotations

import pytest

from holdfast.protocols import Checker
from holdfast.stages.checking.checker import checker_for
from holdfast.stages.checking.settings import CheckingSettings
from holdfast.testing.contracts.checker import CheckerContract


class TestLexicalChecker(CheckerContract):
    @pytest.fixture
    def part(self) -> Checker:
        return checker_for(CheckingSettings())
