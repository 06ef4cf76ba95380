"""Score what an answer cites: whether it stands there, says it, and is the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.domain.checks import Citation
from holdfast.domain.observed import Observed, Wanted
from holdfast.domain.outcomes import Answer
from holdfast.domain.prompts import Passage, Prompt
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.claiming import claim_support, claims_of
from holdfast.evaluation.scoring.made import checks_of, prompt_of
from holdfast.evaluation.scoring.marks import missing, score
from holdfast.stages.checking.claims import Stated, marked_numbers
from holdfast.text.totals import is_total

CITATION_VALID = Metric(
    name="citation_valid", unit="share", higher_is_better=True, margin=0.02,
    says="share of citations whose quote stands where it is said to, in a passage that was given",
)  # fmt: skip
CITATION_PRECISION = Metric(
    name="citation_precision", unit="share", higher_is_better=True, margin=0.05,
    says="share of citations whose passage supports the claim that names it",
)  # fmt: skip
CITATION_COVERAGE = Metric(
    name="citation_coverage", unit="share", higher_is_better=True, margin=0.05,
    says="share of the answer's claims that name a passage",
)  # fmt: skip
EVIDENCE_CITED = Metric(
    name="evidence_cited", unit="share", higher_is_better=True, margin=0.05,
    says="share of the case's evidence that a citation quotes from",
)  # fmt: skip
NO_EVIDENCE = "no evidence in a document is known"
NO_ANSWER = "the run ended without an answer"


class CitationEvaluator:
    """Holds citations against the passages of the prompt and the case's evidence."""

    metrics: tuple[Metric, ...] = (CITATION_VALID, CITATION_PRECISION, CITATION_COVERAGE, EVIDENCE_CITED)

    def __init__(self, *, supported_at: float) -> None:
        self._supported_at = supported_at

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the four scores."""
        answer = seen.run.outcome
        if not isinstance(answer, Answer):
            return tuple(missing(metric, NO_ANSWER) for metric in self.metrics)
        prompt = prompt_of(seen.run)
        claims = claims_of(answer, prompt)
        return (
            _valid(answer, prompt, _unresolved(seen)),
            self._precision(claims, prompt),
            _coverage(claims),
            _evidence(answer.citations, seen),
        )

    def _precision(self, claims: Sequence[Stated], prompt: Prompt | None) -> Score:
        """Return the share of pairs of claim and passage in which the passage alone supports the claim."""
        if prompt is None:
            return missing(CITATION_PRECISION, NO_PROMPT)
        passages = {passage.n: passage for passage in prompt.passages}
        pairs = [(claim, n) for claim in claims for n in claim.cites if n in passages]
        if not pairs:
            return missing(CITATION_PRECISION, "the answer cites nothing")
        totals = {claim.start for claim in claims if _is_total(claim, passages)}
        weak = [
            (claim, n)
            for claim, n in pairs
            if claim.start not in totals and not self._supports(claim, passages[n])
        ]
        why = "; ".join(f"[{n}] does not support {claim.text[:80]!r}" for claim, n in weak)
        return score(CITATION_PRECISION, 1 - len(weak) / len(pairs), why)

    def _supports(self, claim: Stated, passage: Passage) -> bool:
        return claim_support(claim, [passage]) >= self._supported_at


def _is_total(claim: Stated, passages: Mapping[int, Passage]) -> bool:
    """Return whether the claim adds up the rows that it names: no row alone states that."""
    return is_total(claim.text, [passages[n].text for n in claim.cites if n in passages])


NO_PROMPT = "no prompt was built: a rule decided"


def _unresolved(seen: Observed) -> tuple[str, ...]:
    checks = checks_of(seen.run)
    return checks.unresolved if checks is not None else ()


def _valid(answer: Answer, prompt: Prompt | None, unresolved: Sequence[str]) -> Score:
    shown = {f"[{n}]" for n in marked_numbers(answer.text)}
    dangling = [mark for mark in unresolved if mark in shown]
    count = len(answer.citations) + len(dangling)
    if prompt is None:
        return missing(CITATION_VALID, NO_PROMPT)
    if not count:
        return missing(CITATION_VALID, "the answer cites nothing")
    faults = [f"{mark} names no passage" for mark in dangling]
    faults += [
        f"[{one.n}] quotes what does not stand in {one.document} at {one.start}"
        for one in answer.citations
        if not any(_stands(one, passage) for passage in prompt.passages)
    ]
    return score(CITATION_VALID, 1 - len(faults) / count, "; ".join(faults))


def _stands(citation: Citation, passage: Passage) -> bool:
    """Return whether the passage holds the quote at its offsets."""
    if citation.document != passage.document or not citation.quote:
        return False
    if not passage.start <= citation.start <= citation.end <= passage.end:
        return False
    begin = citation.start - passage.start
    return passage.text[begin : begin + len(citation.quote)] == citation.quote or (
        citation.quote in passage.text  # a passage's text may leave out what is repeated in its context
    )


def _coverage(claims: Sequence[Stated]) -> Score:
    if not claims:
        return missing(CITATION_COVERAGE, "the answer makes no claim")
    bare = [claim for claim in claims if not claim.cites]
    why = "; ".join(f"names no passage: {claim.text[:80]!r}" for claim in bare)
    return score(CITATION_COVERAGE, 1 - len(bare) / len(claims), why)


def _evidence(citations: Sequence[Citation], seen: Observed) -> Score:
    if not seen.wanted:
        return missing(EVIDENCE_CITED, seen.unlocated or NO_EVIDENCE)
    left_out = [one for one in seen.wanted if not any(touches(cited, one) for cited in citations)]
    why = "; ".join(f"no citation quotes the evidence in {one.document}" for one in left_out)
    return score(EVIDENCE_CITED, 1 - len(left_out) / len(seen.wanted), why)


def touches(citation: Citation, wanted: Wanted) -> bool:
    """Return whether a citation quotes from a piece of evidence."""
    if citation.document != wanted.document:
        return False
    spans = [span for occurrence in wanted.occurrences for span in occurrence]
    return not spans or any(citation.start < end and start < citation.end for start, end in spans)
