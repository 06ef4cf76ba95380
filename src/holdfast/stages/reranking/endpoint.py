"""Order hits by an endpoint that reads each with the question."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import stamina

from holdfast.domain.calls import Deadline
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError, ProviderRejected, ProviderUnavailable
from holdfast.protocols import Reranker
from holdfast.stages.reranking.keep import KeepOrder, first
from holdfast.stages.reranking.posting import post_json
from holdfast.stages.reranking.settings import RerankingSettings

_FIRST_WAIT_S = 0.1


def reranker_for(settings: RerankingSettings) -> Reranker:
    """Return the endpoint's reranker when one is declared, else the one that keeps the order."""
    return EndpointReranker(settings) if settings.url else KeepOrder(keep=settings.keep)


class EndpointReranker:
    """Asks a Cohere/Jina-style endpoint; when it fails the fused order stays, and the run says so."""

    def __init__(self, settings: RerankingSettings) -> None:
        self._settings = settings

    async def rerank(self, item: WorkItem, retrieved: Retrieved) -> Retrieved:
        """Return hits with the endpoint's scores, best first, or the given order marked as degraded."""
        settings = self._settings
        if not retrieved.hits:
            return retrieved
        sent = retrieved.hits[: settings.candidates]
        question = _question_of(item, retrieved)
        try:
            scores = await self._scores(question, sent)
        except ProviderError as error:
            why = f"reranker failed: fused order ({error.what})"
            degraded = "; ".join(filter(None, (retrieved.degraded, why)))
            return first(replace(retrieved, degraded=degraded), settings.keep)
        order = sorted(scores, key=lambda index: (-scores[index], index))
        ranked = [replace(sent[index], score=scores[index]) for index in order]
        behind = [hit for index, hit in enumerate(retrieved.hits) if index not in scores]
        return first(replace(retrieved, hits=(*ranked, *behind)), min(settings.keep, len(ranked)))

    async def _scores(self, question: str, hits: tuple[Hit, ...]) -> dict[int, float]:
        """Return the endpoint's score by position in `hits`; raise ProviderError."""
        settings = self._settings
        body = {
            "model": settings.model,
            "query": question,
            "documents": [f"{hit.context}\n{hit.text}" if hit.context else hit.text for hit in hits],
            "top_n": min(settings.keep, len(hits)),
        }
        key = _key(settings.key_env)
        deadline = Deadline.after(settings.deadline_s)
        async for attempt in stamina.retry_context(
            on=ProviderUnavailable,
            attempts=settings.tries,
            timeout=settings.deadline_s,
            wait_initial=_FIRST_WAIT_S,
            wait_jitter=_FIRST_WAIT_S,
        ):
            with attempt:
                reply = await post_json(settings.url, body, key=key, deadline=deadline)
                return _parsed(reply, len(hits))
        raise AssertionError("stamina either returns or raises")


def _question_of(item: WorkItem, retrieved: Retrieved) -> str:
    """Return what the hits are read with: inside a thread, the query that folded earlier turns into it."""
    queries = retrieved.queries or (item.question,)
    folded = (query for query in queries[1:] if query.endswith(queries[0]))
    return next(folded, queries[0]) if item.history else queries[0]


def _parsed(reply: Any, count: int) -> dict[int, float]:
    """Return score by index; raise ProviderUnavailable for a reply of another shape."""
    try:
        pairs = [(result["index"], float(result["relevance_score"])) for result in reply["results"]]
    except (KeyError, TypeError, ValueError):
        pairs = []
    scores = {index: score for index, score in pairs if isinstance(index, int) and 0 <= index < count}
    if not pairs or len(scores) != len(pairs) or not all(map(math.isfinite, scores.values())):
        raise ProviderUnavailable(
            "the rerank endpoint sent no usable results",
            stage=Stage.RERANKING,
            move="Check that `url` is a rerank endpoint as Cohere and Jina have it",
        )
    return scores


def _key(variable: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the key in `VARIABLE` or the file that `VARIABLE_FILE` names; raise ProviderRejected."""
    environment = os.environ if environ is None else environ
    if not variable or environment.get(variable):
        return environment.get(variable, "").strip()
    try:
        return Path(environment.get(f"{variable}_FILE", "")).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ProviderRejected(
            f"there is no key in {variable}",
            stage=Stage.RERANKING,
            move=f"Set {variable} (or {variable}_FILE)",
        ) from None
