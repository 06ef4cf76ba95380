"""`holdfast bench retrieval`: index a judged corpus with the default parts, or a workflow's, and score it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import synced
from holdfast.cli.screen import show, show_json
from holdfast.domain.indexing import SyncReport
from holdfast.evaluation.beir import BeirSource, judged_queries
from holdfast.evaluation.retrieval_benchmark import RetrievalScores, measure_retrieval
from holdfast.session import Flow
from holdfast.wire import wire_corpus

HITS = 200
"""Chunks asked for: all that both legs contribute, so that a hundred documents may be among them."""


def retrieval(*, dataset: Path, folder: Path | None, as_json: bool) -> int:
    """Index the corpus in a folder that is thrown away, work the queries, print the scores."""
    judged = judged_queries(dataset)
    with TemporaryDirectory(prefix="holdfast-bench-") as state:
        report, scores = finish(_measure(dataset, judged, Path(state), folder))
    shown = _json(dataset, report, scores)
    if as_json:
        show_json(shown)
    else:
        _show(shown)
    return 0


async def _measure(
    dataset: Path, judged: list[Any], state: Path, folder: Path | None
) -> tuple[SyncReport, RetrievalScores]:
    async with Flow(wire_corpus(BeirSource(dataset), state=state, workflow=folder)) as flow:
        report = await synced(flow)
        wiring = flow.wiring
        depth = wiring.settings.retrieval.depth
        legs = {
            "sparse": wiring.retriever(k=HITS, depth=depth, sparse_weight=1.0),
            "dense": wiring.retriever(k=HITS, depth=depth, sparse_weight=0.0),
        }
        return report, await measure_retrieval(judged, wiring.retriever(k=HITS, depth=depth), legs)


def _json(dataset: Path, report: SyncReport, scores: RetrievalScores) -> dict[str, Any]:
    return {
        "v": 1,
        "dataset": dataset.name,
        "queries": scores.queries,
        "documents": report.added,
        "chunks": report.chunks,
        "ndcg@10": round(scores.ndcg, 4),
        "mrr@10": round(scores.mrr, 4),
        "recall@10": round(scores.recall_10, 4),
        "recall@100": round(scores.recall_100, 4),
        "ms_p50": round(scores.ms_p50, 2),
        "ms_p95": round(scores.ms_p95, 2),
        "index_s": round(report.took_s, 2),
        "legs": {name: {"ndcg@10": round(value, 4)} for name, value in scores.legs.items()},
        "gain": {
            "ndcg@10": round(scores.gain.mean, 4),
            "interval": [round(scores.gain.low, 4), round(scores.gain.high, 4)],
        },
    }


def _show(shown: dict[str, Any]) -> None:
    for name, value in shown.items():
        if name != "v":
            show(f"{name:<12} {value}")
