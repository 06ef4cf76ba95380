"""An evaluator of the workflow's own folder scores beside Holdfast's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import holdfast
from holdfast.access.trust import trust
from holdfast.declaring.evaluation import EvaluationSettings
from holdfast.errors import DeclarationError, NotAllowed
from holdfast.evaluation.scoring.scoring import metrics_of, score_run
from holdfast.testing.observing import observed
from holdfast.workflow import load_workflow

HOOK = """
from holdfast.domain.scores import Metric, Score

class Shortness:
    metrics = (Metric(name="length", unit="characters", higher_is_better=False, says="how long it is"),)

    async def score(self, seen):
        return (Score(metric="length", value=len(seen.run.outcome.text)),)
"""


def a_folder(tmp_path: Path, evaluation: str) -> Path:
    (tmp_path / "documents").mkdir(parents=True)
    (tmp_path / "documents" / "a.md").write_text("The bolts take 24 Nm.", encoding="utf-8")
    (tmp_path / "hooks.py").write_text(HOOK, encoding="utf-8")
    declared = f"name: bolts\nsources: [{{files: documents}}]\nevaluation: {evaluation}\n"
    (tmp_path / "workflow.yaml").write_text(declared, encoding="utf-8")
    return tmp_path


def test_a_hook_scores_once_its_folder_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    folder = a_folder(tmp_path / "bolts", "{evaluators: [{use: 'hooks:Shortness'}]}")

    async def scored() -> float | None:
        async with holdfast.open(folder) as flow:
            evaluators = flow.wiring.evaluators
            scores = await score_run(evaluators, observed())
        assert "length" in {metric.name for metric in metrics_of(evaluators)}
        return next(one.value for one in scores if one.metric == "length")

    with pytest.raises(NotAllowed):
        asyncio.run(scored())
    trust(folder)
    assert asyncio.run(scored()) == len(observed().run.outcome.text)


def test_how_a_workflow_is_measured_changes_no_version(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "{}")
    before = load_workflow(folder).declaration_digest
    file = folder / "workflow.yaml"
    file.write_text(file.read_text().replace("{}", "{supported_at: 0.6}"), encoding="utf-8")
    assert load_workflow(folder).declaration_digest == before


def test_a_section_that_cannot_be_is_refused_with_its_line(tmp_path: Path) -> None:
    for wrong, told in (
        (
            "{judges: [{name: a, asks: b, model: c}, {name: a, asks: b, model: c}]}",
            "two judges are named 'a'",
        ),
        ("{evaluators: [{}]}", "names no `use`"),
        ("{online: {share: 2}}", "1"),
        ("{metrics: {support: {margin: -1}}}", "0"),
    ):
        folder = tmp_path / f"{abs(hash(wrong))}"
        folder.mkdir()
        with pytest.raises(DeclarationError, match="line 3") as refused:
            load_workflow(a_folder(folder, wrong))
        assert told in str(refused.value)


def test_defaults_are_one_section() -> None:
    assert EvaluationSettings().online.share == 0
