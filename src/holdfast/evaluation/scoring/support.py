"""Score how well the passages that were given support what an answer claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer
from holdfast.domain.prompts import Passage
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.citations import NO_ANSWER, NO_PROMPT
from holdfast.evaluation.scoring.claiming import claim_support, claims_of
from holdfast.evaluation.scoring.made import prompt_of
from holdfast.evaluation.scoring.marks import missing, score
from holdfast.stages.checking.claims import Stated, stated_in
from holdfast.stages.checking.support import Evidence, evidence_sentences, support_of

SUPPORT = Metric(
    name="support", unit="share", higher_is_better=True, margin=0.05,
    says="mean probability that the given passages state the answer's claims",
)  # fmt: skip
UNSUPPORTED_ANSWER = Metric(
    name="unsupported_answer", unit="count", higher_is_better=False, margin=0.02,
    says="answered with a claim that the given passages do not support",
)  # fmt: skip


class SupportEvaluator:
    """Compares each claim with the passages it names, with all of them where it names none."""

    metrics: tuple[Metric, ...] = (SUPPORT, UNSUPPORTED_ANSWER)

    def __init__(self, *, supported_at: float) -> None:
        self._supported_at = supported_at

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the two scores."""
        answer, prompt = seen.run.outcome, prompt_of(seen.run)
        if not isinstance(answer, Answer):
            return tuple(missing(metric, NO_ANSWER) for metric in self.metrics)
        if prompt is None:
            return tuple(missing(metric, NO_PROMPT) for metric in self.metrics)
        claims = claims_of(answer, prompt)
        if not claims:
            return tuple(missing(metric, "the answer makes no claim") for metric in self.metrics)
        supports = [_support(claim, prompt.passages) for claim in claims]
        weak = [
            f"support {support:.2f}: {claim.text[:80]!r}"
            for claim, support in zip(claims, supports, strict=True)
            if support < self._supported_at
        ]
        why = "; ".join(weak)
        return (score(SUPPORT, fmean(supports), why), score(UNSUPPORTED_ANSWER, float(bool(weak)), why))


def text_support(text: str, passages: Iterable[str]) -> float | None:
    """Return the support of a text's weakest claim by these passages, 0 to 1; None: it claims nothing."""
    sentences = tuple(piece for passage in passages for piece in evidence_sentences(passage))
    found = [support_of(claim.text, Evidence(sentences=sentences)) for claim in stated_in(text)]
    return min((one.probability for one in found), default=None)


def _support(claim: Stated, passages: Sequence[Passage]) -> float:
    named = [passage for passage in passages if passage.n in claim.cites]
    if claim.cites and not named:
        return 0.0
    return claim_support(claim, named or passages)
