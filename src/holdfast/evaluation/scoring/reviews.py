"""Score what people did with an outcome in review."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer, Escalation
from holdfast.domain.outputs import changed_fields, fields_held
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.marks import holds, missing, score, shortened

ACCEPTED = Metric(
    name="accepted", unit="share", higher_is_better=True, is_deterministic=False, margin=0.05,
    says="a person sent the text as it was",
)  # fmt: skip
REJECTED = Metric(
    name="rejected", unit="share", higher_is_better=False, is_deterministic=False, margin=0.05,
    says="a person threw the text away",
)  # fmt: skip
EDITED_BY = Metric(
    name="edited_by", unit="share", higher_is_better=False, is_deterministic=False, margin=0.05,
    says="share of the words, or fields of a record, that a person changed before sending",
)  # fmt: skip
LONGEST = 3_000
"""Words of either text beyond which the distance would take more than about a second."""


class ReviewEvaluator:
    """Reads the record of a review."""

    metrics: tuple[Metric, ...] = (ACCEPTED, REJECTED, EDITED_BY)

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the three scores."""
        reviewed = seen.reviewed
        if reviewed is None:
            return tuple(missing(metric, "no person has reviewed it") for metric in self.metrics)
        said = f"{reviewed.result}: {shortened(reviewed.why) or 'no reason was given'}"
        rejected = reviewed.result == "rejected"
        return (
            holds(ACCEPTED, is_so=reviewed.result == "accepted", why=said),
            score(REJECTED, float(rejected), said if rejected else ""),
            await asyncio.to_thread(_edited, seen),
        )


def edit_distance(before: str, after: str) -> float | None:
    """Return the share of words that differ, 0 to 1; None where a text is longer than `LONGEST` words.

    Levenshtein (1966) over words, divided by the words of the longer text: two texts without a word in
    common are 1 apart.
    """
    old, new = before.split(), after.split()
    if max(len(old), len(new)) > LONGEST:
        return None
    return _distance(old, new) / max(len(old), len(new), 1)


def fields_changed(before: Any, after: Any) -> float:
    """Return the share of fields that differ, 0 to 1, of those that hold something in either output."""
    return len(changed_fields(before, after)) / max(fields_held(before, after), 1)


def _edited(seen: Observed) -> Score:
    reviewed = seen.reviewed
    if reviewed is None or reviewed.result == "rejected":
        return missing(EDITED_BY, "the text was rejected, so nothing was edited")
    if reviewed.result == "accepted":
        return score(EDITED_BY, 0)
    outcome = seen.run.outcome
    said = f"edited: {shortened(reviewed.why) or 'no reason was given'}"
    if reviewed.output is not None:
        drafted = outcome.output if isinstance(outcome, (Answer, Escalation)) else None
        return score(EDITED_BY, fields_changed(drafted, reviewed.output), said)
    before = outcome.draft if isinstance(outcome, Escalation) and outcome.draft else outcome.text
    if not reviewed.text:
        return missing(EDITED_BY, "the text as it was sent is not on record")
    distance = edit_distance(before, reviewed.text)
    if distance is None:
        return missing(EDITED_BY, f"a text is longer than {LONGEST} words")
    return score(EDITED_BY, distance, said)


def _distance(old: Sequence[str], new: Sequence[str]) -> int:
    above = list(range(len(new) + 1))
    for row, word in enumerate(old, 1):
        line = [row]
        for column, other in enumerate(new, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (word != other)))
        above = line
    return above[-1]
