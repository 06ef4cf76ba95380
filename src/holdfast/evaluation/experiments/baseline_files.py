"""Keep what an experiment scored in a file that is committed beside the cases, figures only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.domain.scores import Metric, Score
from holdfast.errors import UsageError

FORM = 1
FROM_A_FILE = "file"
"""Stands in the place of a run's id: the run itself is not at hand."""
_TIMED = frozenset({"s"})
"""Units that differ from machine to machine: not kept."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenRun(_Written):
    """One repeat of one case."""

    outcome: Literal["answer", "question", "refusal", "escalation"]
    model: str
    scores: dict[str, Annotated[float, Field(allow_inf_nan=False)] | None]


class WrittenCase(_Written):
    """One case as it was asked."""

    digest: str
    kind: str = ""
    documents: tuple[str, ...] = ()
    runs: tuple[WrittenRun, ...]


class WrittenBaseline(_Written):
    """A whole file."""

    holdfast_baseline: Literal[1]
    workflow: str
    version: str
    cases_digest: str
    cases: dict[str, WrittenCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is compared with: rows of an experiment, wherever they came from."""

    name: str
    """In words: `main (3fa9c2d1)`, `experiment 3fa9c2`, `golden/baseline.json`."""
    version: str
    cases_digest: str
    rows: tuple[CaseRun, ...]


def baseline_text(experiment: Experiment, rows: Sequence[CaseRun], metrics: Sequence[Metric]) -> str:
    """Return the file's text: a line for each case, so that a change of it reads well in git."""
    kept = {metric.name for metric in metrics if metric.unit not in _TIMED}
    by_case: dict[str, list[CaseRun]] = defaultdict(list)
    for row in rows:
        if not row.not_run:
            by_case[row.case].append(row)
    head = {
        "holdfast_baseline": FORM,
        "workflow": experiment.plan.workflow,
        "version": experiment.plan.version,
        "cases_digest": experiment.plan.cases_digest,
    }
    lines = [
        f"    {json.dumps(case, ensure_ascii=False)}: {json.dumps(_case(runs, kept), ensure_ascii=False)}"
        for case, runs in sorted(by_case.items())
    ]
    start = json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}")
    return f'{start},\n  "cases": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


def _case(runs: Sequence[CaseRun], kept: set[str]) -> Mapping[str, object]:
    first = runs[0]
    return {
        "digest": first.digest,
        "kind": first.kind,
        "documents": list(first.documents),
        "runs": [
            {
                "outcome": run.outcome,
                "model": run.model,
                "scores": {
                    score.metric: score.value
                    for score in sorted(run.scores, key=lambda score: score.metric)
                    if score.metric in kept and score.value is not None
                },
            }
            for run in runs
        ],
    }


def read_baseline(file: Path) -> Baseline:
    """Return the baseline in a file; raise UsageError when it is none."""
    try:
        written = WrittenBaseline.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror})", move="Name a file that `--save-baseline` wrote."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(
            f"{file} is no baseline ({place}: {first['msg']})",
            move="Write one with `holdfast eval --save-baseline FILE.json`.",
        ) from error
    rows = tuple(
        CaseRun(
            case=case, digest=one.digest, repeat=repeat, kind=one.kind, run=FROM_A_FILE, outcome=run.outcome,
            model=run.model,
            scores=tuple(Score(metric=name, value=value) for name, value in run.scores.items()),
            documents=one.documents,
        )
        for case, one in written.cases.items()
        for repeat, run in enumerate(one.runs)
    )  # fmt: skip
    return Baseline(
        name=file.name, version=written.version, cases_digest=written.cases_digest, rows=rows
    )  # fmt: skip
