"""Measure retrieval on judged queries: quality of the whole and of each leg, latency."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles

from holdfast.domain.access import Principal
from holdfast.domain.hits import Hit
from holdfast.domain.items import WorkItem
from holdfast.evaluation.beir import SUFFIX, Judged
from holdfast.evaluation.intervals import Interval, paired_bootstrap
from holdfast.evaluation.ranking import ndcg, recall, reciprocal_rank
from holdfast.protocols import Retriever

READER = Principal(user="benchmark")
CUT = 10
DEEP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalScores:
    """What one benchmark found; every quality figure is a mean over queries, 0 to 1."""

    queries: int
    ndcg: float
    mrr: float
    recall_10: float
    recall_100: float
    ms_p50: float
    ms_p95: float
    legs: Mapping[str, float]
    """nDCG@10 of each leg alone."""
    gain: Interval
    """Paired difference in nDCG@10 to the better leg, with its 95% interval."""


async def measure_retrieval(
    judged: Sequence[Judged], retriever: Retriever, legs: Mapping[str, Retriever]
) -> RetrievalScores:
    """Return the scores of the retriever, and of each leg's own retriever, over the queries."""
    ranked, took = [], []
    await retriever.retrieve(_item(judged[0]))  # opens files and loads the model; not what a query takes
    for query in judged:
        started = time.perf_counter()
        retrieved = await retriever.retrieve(_item(query))
        took.append((time.perf_counter() - started) * 1000)
        ranked.append(documents_of(retrieved.hits))
    scores = [ndcg(names, query.relevance) for names, query in zip(ranked, judged, strict=True)]
    of_legs = {name: await _scores(judged, leg) for name, leg in legs.items()}
    better = max(of_legs.values(), key=fmean)
    pairs = list(zip(ranked, judged, strict=True))
    return RetrievalScores(
        queries=len(judged),
        ndcg=fmean(scores),
        mrr=fmean(reciprocal_rank(names, query.relevance, k=CUT) for names, query in pairs),
        recall_10=fmean(recall(names, query.relevance, k=CUT) for names, query in pairs),
        recall_100=fmean(recall(names, query.relevance, k=DEEP) for names, query in pairs),
        ms_p50=_percentile(took, 50),
        ms_p95=_percentile(took, 95),
        legs={name: fmean(values) for name, values in of_legs.items()},
        gain=paired_bootstrap([a - b for a, b in zip(scores, better, strict=True)]),
    )


def documents_of(hits: Sequence[Hit]) -> list[str]:
    """Return the documents of chunk hits, each at its best chunk's rank."""
    return list(dict.fromkeys(hit.document.removesuffix(SUFFIX) for hit in hits))


async def _scores(judged: Sequence[Judged], retriever: Retriever) -> list[float]:
    return [
        ndcg(documents_of((await retriever.retrieve(_item(query))).hits), query.relevance) for query in judged
    ]


def _item(query: Judged) -> WorkItem:
    return WorkItem(id=query.id, question=query.text, principal=READER, origin="benchmark")


def _percentile(values: Sequence[float], percent: int) -> float:
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[percent - 1]
