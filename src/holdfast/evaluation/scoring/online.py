"""Score a sample of production runs, of which nothing is expected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from holdfast.domain.observed import Observed
from holdfast.domain.scores import Score
from holdfast.evaluation.scoring.citations import NO_EVIDENCE
from holdfast.evaluation.scoring.outcome import NO_CASE
from holdfast.evaluation.scoring.scoring import score_run
from holdfast.protocols import Evaluator

_WHOLE = 1 << 64
WITHOUT_A_CASE = frozenset({NO_CASE, NO_EVIDENCE})
"""Reasons that say no more than that nothing is expected."""


def is_sampled(run_id: str, share: float) -> bool:
    """Return whether a run is in the sample: the same ones always, a larger share holds a smaller one's."""
    drawn = int.from_bytes(hashlib.sha256(run_id.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return drawn < share * _WHOLE


async def score_online(
    seen: Iterable[Observed], evaluators: Sequence[Evaluator], *, share: float
) -> Mapping[str, tuple[Score, ...]]:
    """Return the scores of the sampled runs by their ids, those that need an expectation left out.

    Nothing is raised: what an evaluator could not do is a score without a value. A provider's error stays
    (*not run*), so that whoever keeps the scores can try that run again.
    """
    found: dict[str, tuple[Score, ...]] = {}
    for one in seen:
        if one.case is None and is_sampled(one.run.id, share):
            scores = await score_run(evaluators, one)
            found[one.run.id] = tuple(score for score in scores if not _needs_a_case(score))
    return found


def _needs_a_case(score: Score) -> bool:
    return score.value is None and score.why in WITHOUT_A_CASE
