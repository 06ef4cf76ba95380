"""`holdfast tune`: choose settings of retrieval on the golden cases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import progress, say, show, show_json
from holdfast.cli.target import target_of
from holdfast.errors import UsageError
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.evaluation.choosing import LEVEL
from holdfast.evaluation.proposing import Proposal, apply, proposed
from holdfast.evaluation.reading import targets_of
from holdfast.evaluation.search_space import candidates_of
from holdfast.evaluation.trying import Clock
from holdfast.evaluation.tuning import Tuned, refuse_too_few, tune
from holdfast.session import Flow
from holdfast.trials import Trials
from holdfast.workflow import LoadedWorkflow

MOST_SHOWN = 12
NEEDS_SYNC = ("chunking", "indexing")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """All that is printed of one run."""

    tuned: Tuned
    proposal: Proposal | None
    seed: int
    took_s: float
    is_applied: bool = False


def tune_settings(
    *,
    words: list[str],
    folder: Path | None,
    minutes: float,
    gain: float,
    seed: int,
    apply_it: bool,
    as_json: bool,
) -> int:
    """Measure, choose, print; write the recommendation when asked to."""
    target = target_of(words, folder, wanted=0)

    async def work() -> _Told:
        async with ready(target) as flow:
            return await _tuned(flow, minutes=minutes, gain=gain, seed=seed)

    told = finish(work())
    if apply_it and told.proposal is not None:
        apply(told.proposal)
        told = replace(told, is_applied=True)
    if as_json:
        show_json(_json(told))
    else:
        _show(told)
    return 0


async def _tuned(flow: Flow, *, minutes: float, gain: float, seed: int) -> _Told:
    started, clock = time.monotonic(), Clock.of_minutes(minutes)
    loaded = flow.wiring.loaded
    _refuse_parts_of_its_own(loaded)
    candidates = candidates_of(loaded.settings)
    trials = Trials(flow.wiring, deepest=max(one.settings.retrieval.depth for one in candidates))
    cases = to_run(load_cases(loaded.folder))
    paths = {evidence.document for case in cases for evidence in case.in_documents}
    targets, left_out = targets_of(cases, trials.documents(paths).get)
    refuse_too_few(targets, left_out, gain=gain)
    for one in left_out:
        say(f"left out: {one.case}: {one.reason}")
    for note in _notes(loaded):
        say(f"note: {note}")
    with progress() as telling:
        tuned = await tune(candidates, targets, trials.open, clock=clock, progress=telling, seed=seed)
    tuned = replace(tuned, left_out=left_out)
    best, file = tuned.recommended, loaded.file
    proposal = proposed(file, best.changes) if best is not None and file is not None else None
    return _Told(tuned=tuned, proposal=proposal, seed=seed, took_s=time.monotonic() - started)


def _notes(loaded: LoadedWorkflow) -> Iterator[str]:
    """Yield what the figures leave out, or cost."""
    settings = loaded.settings
    if settings.reranking.url or settings.reranking.use:
        yield "hits are measured before reranking"
    if settings.embedding.model == "endpoint":
        yield "new texts are sent to the embedding endpoint, which may cost"


def _refuse_parts_of_its_own(loaded: LoadedWorkflow) -> None:
    if not loaded.is_declared:
        raise UsageError(
            f"{loaded.folder} has no workflow.yaml whose settings could be chosen",
            move="Write one with `name:` and `sources:`.",
        )
    for section in ("retrieval", "indexing"):
        if part := getattr(loaded.settings, section).use:
            raise UsageError(
                f"{section}.use names {part}, a part of your own whose settings are not known here",
                move=f"Leave {section}.use out to tune Holdfast's own.",
            )


def _json(told: _Told) -> dict[str, Any]:
    tuned, choice = told.tuned, told.tuned.choice
    measured = tuned.measured
    means, prompts = measured.evidence.mean(axis=1), measured.in_prompt.mean(axis=1)
    return {
        "v": 1,
        "cases": tuned.targets,
        "groups": tuned.clusters,
        "left_out": [{"case": one.case, "reason": one.reason} for one in tuned.left_out],
        "tried": [
            {
                "changes": dict(candidate.changes),
                "evidence@10": round(float(mean), 4),
                "gain": round(float(mean - means[0]), 4),
                "in_prompt": round(float(prompt), 4),
            }
            for candidate, mean, prompt in zip(measured.candidates, means, prompts, strict=True)
        ],
        "complete": measured.is_complete,
        "chosen": dict(tuned.chosen.changes),
        "chosen_in_folds": round(choice.agreement, 3),
        "expected": {
            "gain": round(choice.gain.mean, 4),
            "interval": [round(choice.gain.low, 4), round(choice.gain.high, 4)],
            "level": LEVEL,
            "in_prompt": round(tuned.in_prompt, 4),
        },
        "smallest_gain": round(tuned.smallest_gain, 4),
        "recommended": dict(tuned.recommended.changes) if tuned.recommended else None,
        "reason": tuned.reason,
        "diff": told.proposal.diff if told.proposal else "",
        "applied": told.is_applied,
        "seed": told.seed,
        "took_s": round(told.took_s, 1),
    }


def _show(told: _Told) -> None:
    tuned, choice = told.tuned, told.tuned.choice
    tried = len(tuned.measured.candidates)
    show(
        f"{tried} settings tried on {tuned.targets} cases ({tuned.clusters} groups of documents) "
        f"in {told.took_s:.0f} s"
    )
    if not tuned.measured.is_complete:
        show("The time was up before all of them were tried; give more with --minutes.")
    show()
    _show_table(tuned)
    show()
    gain = f"{_signed(choice.gain.mean)} [{_signed(choice.gain.low)}, {_signed(choice.gain.high)}]"
    if tuned.recommended is None:
        show(f"Keep what you have: {tuned.reason}.", style="bold")
        show(f"Expected gain of the best change, out of fold: {gain} ({LEVEL:.0%} interval).")
        show(f"Gains below about {tuned.smallest_gain:.3f} cannot be told from chance with these cases.")
        return
    show(f"Recommended: {tuned.recommended}; {tuned.reason}.", style="bold")
    show(
        f"Expected gain, out of fold: {gain} ({LEVEL:.0%} interval); all evidence in the prompt: "
        f"{tuned.in_prompt:+.1%} of cases; chosen in {choice.agreement:.0%} of the folds."
    )
    if told.proposal is not None:
        show()
        show(told.proposal.diff, end="")
        show()
        _show_next(told, tuned)


def _show_next(told: _Told, tuned: Tuned) -> None:
    sync = any(key.startswith(NEEDS_SYNC) for key in (tuned.recommended.changes if tuned.recommended else ()))
    if not told.is_applied:
        show("Nothing was written. `holdfast tune --apply` writes it.")
    elif sync:
        show("Written to workflow.yaml. Run `holdfast sync` to index anew under these settings.")
    else:
        show("Written to workflow.yaml; it counts from the next question on.")


def _show_table(tuned: Tuned) -> None:
    measured = tuned.measured
    means, prompts = measured.evidence.mean(axis=1), measured.in_prompt.mean(axis=1)
    best = sorted(range(1, len(means)), key=lambda row: -means[row])[: MOST_SHOWN - 1]
    show("evidence@10    gain  all in prompt  settings", style="bold")
    for row in (0, *best):
        gain = _signed(means[row] - means[0]) if row else "-"
        show(f"{means[row]:>11.3f}  {gain:>6}  {prompts[row]:>13.3f}  {measured.candidates[row]}")
    if len(means) > MOST_SHOWN:
        show(f"... and {len(means) - MOST_SHOWN} lower ones; --json has them all")
    show("These gains are on the cases that chose them, and so too high: what to expect stands below.")


def _signed(value: float) -> str:
    return f"{value:+.3f}"
