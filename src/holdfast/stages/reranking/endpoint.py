"""Order hits by an endpoint that reads each with the question."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from holdfast.calling.accounts import Account
from holdfast.calling.guarded import Guarded
from holdfast.calling.posting import Endpoint, post_json
from holdfast.calling.recording import Recorded, estimated_tokens
from holdfast.calling.settings import PriceSettings, RetrySettings
from holdfast.calling.shared import SharedCalls
from holdfast.calling.tariffs import tariff_of, used_by
from holdfast.domain.calls import Deadline, Purpose
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage
from holdfast.errors import ProviderError, ProviderRejected, ReplyMalformed
from holdfast.protocols import Reranker
from holdfast.stages.reranking.keep import KeepOrder, first
from holdfast.stages.reranking.settings import RerankingSettings

_FIRST_WAIT_S = 0.1
_SEARCH_DOCUMENTS = 100
_SPLIT_TOKENS = 500


def reranker_for(
    settings: RerankingSettings,
    *,
    shared: SharedCalls | None = None,
    account: Account | None = None,
    prices: Mapping[str, PriceSettings] = MappingProxyType({}),
) -> Reranker:
    """Return the endpoint's reranker when one is declared, else the one that keeps the order."""
    if not settings.url:
        return KeepOrder(keep=settings.keep)
    return EndpointReranker(settings, shared=shared, account=account, prices=prices)


class EndpointReranker:
    """Asks a Cohere/Jina-style endpoint; when it fails the fused order stays, and the run says so."""

    def __init__(
        self,
        settings: RerankingSettings,
        *,
        shared: SharedCalls | None = None,
        account: Account | None = None,
        prices: Mapping[str, PriceSettings] = MappingProxyType({}),
    ) -> None:
        """Take what other rerankers of the process share with this one, who pays, and declared prices."""
        self._settings = settings
        self._endpoint = Endpoint(
            url=settings.url,
            stage=Stage.RERANKING,
            later="The fused order is used; see the endpoint's status",
            check="Correct url, model or key_env in the section `reranking`",
        )
        retry = RetrySettings(tries=settings.tries, first_wait_s=_FIRST_WAIT_S)
        tariff = tariff_of(settings.url, settings.model, prices)
        self._counts_searches = tariff.declared is not None and tariff.declared.searches is not None
        self._guarded = Guarded(
            (shared or SharedCalls()).of(
                f"{settings.url}/{settings.model}",
                retry=retry,
                breaker=settings.breaker,
                limits=settings.limits,
            ),
            retry,
            stage=Stage.RERANKING,
            tariff=tariff,
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

        async def once(recorded: Recorded) -> dict[int, float]:
            reply = await post_json(self._endpoint, body, key=key, deadline=deadline)
            recorded.usage = used_by(reply)
            return _parsed(reply, len(hits))

        worst = Usage(
            input_tokens=estimated_tokens([question, *documents]),
            searches=_searches(question, documents) if self._counts_searches else 0,
        )
        return await self._guarded.call(once, deadline=deadline, worst=worst, purpose=Purpose.ANSWER)


def _searches(question: str, documents: Sequence[str]) -> int:
    """Return the searches that one request counts as, as Cohere bills it.

    A search is a question with up to 100 documents; a document is split where it has, with the question,
    more than 500 tokens, and each part counts as one.
    """
    lengths = (estimated_tokens([question, document]) for document in documents)
    return math.ceil(sum(math.ceil(length / _SPLIT_TOKENS) for length in lengths) / _SEARCH_DOCUMENTS)


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
