"""Say in words which checks of a recorded run failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.storage.runs import StoredRun

WEAK = 0.5
"""Support (0 to 1) below which a claim is told."""
LONGEST = 120


def failed_checks(run: StoredRun) -> tuple[str, ...]:
    """Return what checking, guardrails and the ladder had against the last draft, each in a sentence."""
    told = [problem for stage in run.stages for problem in _of_stage(stage.stage, stage.made, stage.error)]
    if run.summary.degraded:
        told.append(f"a lesser route was taken: {run.summary.degraded}")
    if run.summary.fallback and not run.summary.degraded:
        told.append(f"another model was asked: {run.summary.fallback}")
    return tuple(dict.fromkeys(told))


def _of_stage(stage: str, made: Any, error: str) -> Iterator[str]:
    if error:
        yield f"{stage} failed: {error}"
    if not isinstance(made, Mapping):
        return
    for mark in made.get("unresolved") or ():
        yield f"the draft cites {mark}, which it was not given"
    for claim in made.get("claims") or ():
        if claim["support"] < WEAK or claim["conflicts"]:
            why = "; ".join(claim["conflicts"]) or f"support {claim['support']:.2f}"
            yield f'"{_short(claim["text"])}" is not supported by what it cites ({why})'
    for finding in made.get("findings") or ():
        yield f"{finding['guardrail']}: {finding['kind']} ({finding['action']})"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} ..."
