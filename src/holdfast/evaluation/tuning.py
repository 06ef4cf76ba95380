"""Recommend settings of retrieval whose gain is shown on golden cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from holdfast.errors import UsageError
from holdfast.evaluation.choosing import SEED, Choice, choose
from holdfast.evaluation.clusters import clusters_of
from holdfast.evaluation.intervals import cases_needed, smallest_gain
from holdfast.evaluation.reading import LeftOut, Target
from holdfast.evaluation.search_space import Candidate
from holdfast.evaluation.trying import Clock, Measured, OpenTrial, measure
from holdfast.flows.sync import Progress

POWER = 0.8
SPREAD = 0.17
"""Standard deviation of paired differences in evidence@10 that a plan assumes: .13 to .17 was measured
between settings on three sets of questions."""
REACH = 2.8
"""Standard errors that the interval of a choice among some fifty candidates goes to one side, by
simulation; 1.96 would do for a single one."""
FEWEST_CLUSTERS = 10
"""Groups of documents below which the error over them is not known well enough for an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What was tried, what came of it, and why."""

    targets: int
    clusters: int
    """Groups of targets that no document links."""
    measured: Measured
    choice: Choice
    recommended: Candidate | None
    reason: str
    """Why something is recommended, or nothing."""
    in_prompt: float
    """Out-of-fold change of the share of targets whose evidence is all in the prompt."""
    smallest_gain: float
    """Gain that would have been shown with these cases in four of five runs."""
    left_out: tuple[LeftOut, ...] = field(default=())

    @property
    def chosen(self) -> Candidate:
        """Return what the rule picks on all cases, shown or not; the first is what is declared."""
        return self.measured.candidates[self.choice.chosen]


def refuse_too_few(targets: Sequence[Target], left_out: Sequence[LeftOut], *, gain: float) -> None:
    """Raise UsageError, with the count that is needed, when the targets cannot show such a gain."""
    needed = cases_needed(gain, spread=SPREAD, power=POWER, reach=REACH)
    clusters = _count(targets)
    if len(targets) >= needed and clusters >= FEWEST_CLUSTERS:
        return
    also = (
        f" ({len(left_out)} more cannot be measured: {left_out[0].case}: {left_out[0].reason})"
        if left_out
        else ""
    )
    if len(targets) < needed:
        what = (
            f"{len(targets)} golden cases can be measured{also}; to see a gain of {gain:g} with probability "
            f"{POWER:g}, {needed} are needed"
        )
        move = (
            "Write more cases with evidence (golden/*.yaml); a larger gain needs fewer of them: "
            f"--gain {min(2 * gain, 0.9):g}."
        )
        raise UsageError(what, move=move)
    raise UsageError(
        f"the {len(targets)} golden cases{also} lean on {clusters} separate groups of documents; "
        f"{FEWEST_CLUSTERS} are needed to know how far a gain may be chance",
        move="Write cases about other documents.",
    )


async def tune(
    candidates: Sequence[Candidate],
    targets: Sequence[Target],
    open_trial: OpenTrial,
    *,
    clock: Clock,
    progress: Progress,
    seed: int = SEED,
) -> Tuned:
    """Return what was tried on the targets and what is recommended; candidate 0 is the declaration's own.

    Recommended is the choice of the rule on all cases, if the out-of-fold gain of choosing so has a
    lower bound above 0 and the prompts of held-out cases lose no evidence on balance.
    """
    measured = await measure(candidates, targets, open_trial, clock=clock, progress=progress)
    progress("choosing", 0, 0)
    return judged(measured, targets, seed=seed)


def judged(measured: Measured, targets: Sequence[Target], *, seed: int = SEED) -> Tuned:
    """Return what follows from the scores."""
    clusters = clusters_of([_documents(target) for target in targets])
    changes = [len(candidate.changes) for candidate in measured.candidates]
    choice = choose(measured.evidence, changes, clusters, seed=seed)
    in_prompt = float(np.mean(choice.out_of_fold(measured.in_prompt)))
    is_better = choice.is_shown and in_prompt >= 0
    return Tuned(
        targets=len(targets),
        clusters=int(clusters.max()) + 1,
        measured=measured,
        choice=choice,
        recommended=measured.candidates[choice.chosen] if is_better else None,
        reason=_reason(choice, in_prompt),
        in_prompt=in_prompt,
        smallest_gain=smallest_gain(choice.gain, choice.error, power=POWER),
    )


def _reason(choice: Choice, in_prompt: float) -> str:
    if choice.chosen == 0:
        return "no change is better than what is declared by more than a standard error"
    if not choice.is_shown:
        return "the best change's gain on cases that had no part in choosing it may be chance"
    if in_prompt < 0:
        return (
            f"the best change would leave evidence out of prompts ({in_prompt:+.1%} of cases have all of it)"
        )
    return "its gain on cases that had no part in choosing it has a lower bound above 0"


def _count(targets: Sequence[Target]) -> int:
    return int(clusters_of([_documents(target) for target in targets]).max(initial=-1)) + 1


def _documents(target: Target) -> set[str]:
    return {one.document for one in target.wanted}
