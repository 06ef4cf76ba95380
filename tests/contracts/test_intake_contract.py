from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.protocols import Intake
from holdfast.stages.intake.jsonl import JsonlIntake
from holdfast.testing.contracts.intake import IntakeContract
from holdfast.testing.contracts.samples import ANA


class TestJsonlIntake(IntakeContract):
    @pytest.fixture
    def part(self, tmp_path: Path) -> Intake:
        path = tmp_path / "items.jsonl"
        path.write_text('{"id": "1", "question": "Which seal?"}\n\n{"id": "2", "fields": {"order": "7"}}\n')
        return JsonlIntake(path, principal=ANA)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> tuple[Intake, int]:
        path = tmp_path / "broken.jsonl"
        path.write_text('{"id": "1", "question": "Which seal?"}\n\n{"id": "2", "question": \n')
        return JsonlIntake(path, principal=ANA), 3
