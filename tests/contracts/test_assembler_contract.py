from __future__ import annotations

import pytest

from holdfast.protocols import Assembler
from holdfast.stages.assembly.assembler import assembler_for
from holdfast.stages.assembly.settings import AssemblySettings
from holdfast.testing.contracts.assembler import AssemblerContract
from holdfast.testing.fakes import FakeAssembler


class TestTemplateAssembler(AssemblerContract):
    @pytest.fixture
    def part(self) -> Assembler:
        return assembler_for(AssemblySettings(), None)


class TestFakeAssembler(AssemblerContract):
    @pytest.fixture
    def part(self) -> Assembler:
        return FakeAssembler()
