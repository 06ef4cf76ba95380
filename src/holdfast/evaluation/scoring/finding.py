"""Score what retrieval found, and what of it fitted into the prompt, against a case's evidence."""

from __future__ import annotations

import math

from holdfast.domain.observed import Observed
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.reading import rank_of
from holdfast.evaluation.scoring.citations import NO_EVIDENCE, NO_PROMPT
from holdfast.evaluation.scoring.made import prompt_of, retrieved_of
from holdfast.evaluation.scoring.marks import missing, score

CONTEXT_RECALL = Metric(
    name="context_recall", unit="share", higher_is_better=True, margin=0.05,
    says="share of the evidence that stood in the prompt",
)  # fmt: skip


class FindingEvaluator:
    """Looks for each piece of evidence in the hits, in their order, and in the prompt."""

    def __init__(self, *, k: int) -> None:
        self._k = k
        self.recall = Metric(
            name=f"recall@{k}", unit="share", higher_is_better=True, margin=0.05,
            says=f"share of the evidence within the first {k} hits",
        )  # fmt: skip
        self.mrr = Metric(
            name=f"mrr@{k}", unit="share", higher_is_better=True, margin=0.05,
            says=f"1 / rank of the first hit that completes a piece of evidence, 0 beyond {k}",
        )  # fmt: skip
        self.ndcg = Metric(
            name=f"ndcg@{k}", unit="share", higher_is_better=True, margin=0.05,
            says=f"evidence found within {k} hits, discounted by its rank",
        )  # fmt: skip
        self.metrics: tuple[Metric, ...] = (self.recall, self.mrr, self.ndcg, CONTEXT_RECALL)

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the four scores; what came with the item is not looked for in the hits, only in the prompt.

        A piece counts at the rank of the hit with which the last of its words has been read; each piece is
        worth 1 / log2(1 + rank), and the best there can be is every piece in the first hit (nDCG of
        Jarvelin and Kekalainen, 2002, where pieces are what is gained).
        """
        if not seen.wanted:
            why = seen.unlocated or NO_EVIDENCE
            return tuple(missing(metric, why) for metric in self.metrics)
        return (*self._found(seen), _context(seen))

    def _found(self, seen: Observed) -> tuple[Score, ...]:
        retrieved, sought = retrieved_of(seen.run), [one for one in seen.wanted if not one.is_attached]
        if retrieved is None or not sought:
            why = NO_EVIDENCE if not sought else "retrieval did not run"
            return tuple(missing(one, why) for one in (self.recall, self.mrr, self.ndcg))
        hits = retrieved.hits[: self._k]
        ranks = [rank_of(hits, wanted) for wanted in sought]
        found = [rank for rank in ranks if rank is not None]
        lost = [one.document for one, rank in zip(sought, ranks, strict=True) if rank is None]
        why = "; ".join(f"not within {self._k}: evidence in {document}" for document in lost)
        count = len(sought)
        return (
            score(self.recall, len(found) / count, why),
            score(self.mrr, 1 / min(found) if found else 0.0, "" if found else why),
            score(self.ndcg, sum(1 / math.log2(1 + rank) for rank in found) / count, why),
        )


def _context(seen: Observed) -> Score:
    prompt = prompt_of(seen.run)
    if prompt is None:
        return missing(CONTEXT_RECALL, NO_PROMPT)
    lost = [one.document for one in seen.wanted if rank_of(prompt.passages, one) is None]
    why = "; ".join(f"not in the prompt: evidence in {document}" for document in lost)
    return score(CONTEXT_RECALL, 1 - len(lost) / len(seen.wanted), why)
