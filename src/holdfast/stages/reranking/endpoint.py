"""Order hits by an endpoint that reads each with the question."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.calling.accounts import Account, estimated_tokens
from holdfast.calling.guarded import Guarded
from holdfast.calling.posting import Endpoint, post_json
from holdfast.calling.settings import RetrySettings
from holdfast.calling.shared import SharedCalls
from holdfast.domain.calls import Deadline, Purpose
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError, ProviderRejected, ReplyMalformed
from holdfast.protocols import Reranker
from holdfast.stages.reranking.keep import KeepOrder, first
from holdfast.stages.reranking.settings import RerankingSettings

_FIRST_WAIT_S = 0.1


def reranker_for(
    settings: RerankingSettings, *, shared: SharedCalls | None = None, account: Account | None = None
) -> Reranker:
    """Return the endpoint's reranker when one is declared, else the one that keeps the order."""
    if not settings.url:
        return KeepOrder(keep=settings.keep)
    return EndpointReranker(settings, shared=shared, account=account)


class EndpointReranker:
    """Asks a Cohere/Jina-style endpoint; when it fails the fused order stays, and the run says so."""

    def __init__(
        self,
        settings: RerankingSettings,
        *,
        shared: SharedCalls | None = None,
        account: Account | None = None,
    ) -> None:
        """Take what other rerankers of the process share with this one, and where attempts are recorded."""
        self._settings = settings
        self._endpoint = Endpoint(
            url=settings.url,
            stage=Stage.RERANKING,
            later="The fused order is used; see the endpoint's status",
            check="Correct url, model or key_env in the section `reranking`",
        )
        retry = RetrySettings(tries=settings.tries, first_wait_s=_FIRST_WAIT_S)
        self._guarded = Guarded(
            (shared or SharedCalls()).of(
                f"{settings.url}/{settings.model}",
                retry=retry,
                breaker=settings.breaker,
                limits=settings.limits,
            ),
            retry,
            stage=Stage.RERANKING,
            model=f"{self._endpoint.host}:{settings.model}",
            account=account,
        )

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
        documents = [f"{hit.context}\n{hit.text}" if hit.context else hit.text for hit in hits]
        body = {
            "model": settings.model,
            "query": question,
            "documents": documents,
            "top_n": min(settings.keep, len(hits)),
        }
        key = _key(settings.key_env)
        deadline = Deadline.after(settings.deadline_s)

        async def once() -> dict[int, float]:
            reply = await post_json(self._endpoint, body, key=key, deadline=deadline)
            return _parsed(reply, len(hits))

        tokens = estimated_tokens([question, *documents])
        return await self._guarded.call(once, deadline=deadline, tokens=tokens, purpose=Purpose.ANSWER)


def _question_of(item: WorkItem, retrieved: Retrieved) -> str:
    """Return what the hits are read with: inside a thread, the query that folded earlier turns into it."""
    queries = retrieved.queries or (item.question,)
    folded = (query for query in queries[1:] if query.endswith(queries[0]))
    return next(folded, queries[0]) if item.history else queries[0]


def _parsed(reply: Any, count: int) -> dict[int, float]:
    """Return score by index; raise ReplyMalformed for a reply of another shape."""
    try:
        pairs = [(result["index"], float(result["relevance_score"])) for result in reply["results"]]
    except (KeyError, TypeError, ValueError):
        pairs = []
    scores = {index: score for index, score in pairs if isinstance(index, int) and 0 <= index < count}
    if not pairs or len(scores) != len(pairs) or not all(map(math.isfinite, scores.values())):
        raise ReplyMalformed(
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
