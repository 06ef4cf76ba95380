"""An endpoint orders hits anew; when it cannot, the fused order stays and the run says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.domain.access import Principal
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.stages.reranking.endpoint import reranker_for
from holdfast.stages.reranking.settings import RerankingSettings
from holdfast.testing.provider import Fault, ProviderServer, Scripted

TEXTS = ("about seals and rings", "the torque is 24 Nm", "torque of the cover screws")
ITEM = WorkItem(id="i", principal=Principal(user="ann"), question="torque of the cover screws")


def retrieved(*texts: str) -> Retrieved:
    hits = tuple(
        Hit(chunk_id=n, document=f"d{n}.md", ordinal=0, text=text, start=0, end=len(text), score=1 - n / 100)
        for n, text in enumerate(texts or TEXTS)
    )
    return Retrieved(hits=hits, queries=(ITEM.question,))


def reranked(server: ProviderServer, given: Retrieved | None = None, **settings: Any) -> Retrieved:
    declared = {"url": server.rerank_url, "model": "rerank-3", "deadline_s": 1, "tries": 1} | settings
    reranker = reranker_for(RerankingSettings.model_validate(declared))
    return asyncio.run(reranker.rerank(ITEM, given or retrieved()))


def test_hits_come_in_the_endpoint_s_order_with_its_scores() -> None:
    with ProviderServer() as server:
        result = reranked(server)
    assert [hit.document for hit in result.hits] == ["d2.md", "d1.md", "d0.md"]
    assert [round(hit.score, 2) for hit in result.hits] == [1.0, 0.4, 0.0]
    assert result.degraded == ""
    body = server.requests[0].body
    assert (body["model"], body["query"], body["top_n"]) == ("rerank-3", ITEM.question, 3)


def test_only_the_first_candidates_are_sent_and_the_best_are_kept() -> None:
    with ProviderServer() as server:
        result = reranked(server, candidates=2, keep=1)
    assert len(server.requests[0].body["documents"]) == 2
    assert [hit.document for hit in result.hits] == ["d1.md"]
    assert {dropped.thing for dropped in result.dropped} == {"d0.md 0-21", "d2.md 0-26"}


@pytest.mark.parametrize(
    ("scripted", "why"),
    [
        (Scripted(status=503), "status 503"),
        (Scripted(status=429), "status 429"),
        (Scripted(status=401), "status 401"),
        (Scripted(fault=Fault.HTML), "not JSON"),
        (Scripted(fault=Fault.MALFORMED), "not JSON"),
        (Scripted(fault=Fault.EMPTY_CHOICES), "no usable results"),
        (Scripted(fault=Fault.CUT), "broke off"),
        (Scripted(fault=Fault.RESET), "broke off"),
    ],
)
def test_a_fault_leaves_the_fused_order_and_marks_the_run(scripted: Scripted, why: str) -> None:
    with ProviderServer([scripted]) as server:
        result = reranked(server)
    assert result.hits == retrieved().hits
    assert result.degraded.startswith("reranker failed: fused order (")
    assert why in result.degraded


def test_a_redirect_is_not_followed_because_the_key_would_travel_along() -> None:
    with (
        ProviderServer() as elsewhere,
        ProviderServer([Scripted(status=302, location=elsewhere.rerank_url)]) as server,
    ):
        assert "status 302" in reranked(server).degraded
    assert elsewhere.requests == []


def test_an_endpoint_that_never_answers_is_left_at_the_deadline() -> None:
    with ProviderServer([Scripted(fault=Fault.STALL)]) as server:
        started = time.monotonic()
        result = reranked(server, deadline_s=0.2)
    assert "deadline" in result.degraded
    assert time.monotonic() - started < 1.5


def test_an_unavailable_endpoint_is_tried_again_and_a_rejecting_one_is_not() -> None:
    with ProviderServer([Scripted(status=503), Scripted()]) as server:
        assert reranked(server, tries=2).degraded == ""
        assert len(server.requests) == 2
    with ProviderServer([Scripted(status=401), Scripted()]) as server:
        assert "401" in reranked(server, tries=2).degraded
        assert len(server.requests) == 1


def test_an_earlier_degradation_is_kept_beside_the_new_one() -> None:
    given = Retrieved(hits=retrieved().hits, degraded="embedding provider is down: sparse only")
    with ProviderServer([Scripted(status=500)]) as server:
        degraded = reranked(server, given).degraded
    assert degraded.startswith("embedding provider is down: sparse only; reranker failed")


def test_a_missing_key_names_the_variable() -> None:
    with ProviderServer() as server:
        degraded = reranked(server, key_env="HOLDFAST_TEST_NO_SUCH_KEY").degraded
    assert "there is no key in HOLDFAST_TEST_NO_SUCH_KEY" in degraded
    assert server.requests == []


def test_without_an_endpoint_the_order_stays_and_the_rest_is_dropped() -> None:
    result = asyncio.run(reranker_for(RerankingSettings(keep=2)).rerank(ITEM, retrieved()))
    assert [hit.document for hit in result.hits] == ["d0.md", "d1.md"]
    assert result.dropped[0].reason == "not among the first 2 after reranking"


def test_nothing_is_sent_when_nothing_was_found() -> None:
    with ProviderServer() as server:
        assert reranked(server, Retrieved(hits=())).hits == ()
    assert server.requests == []


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"url": "localhost/rerank"}, "must begin with http"),
        ({"url": "https://user:pw@host/rerank", "model": "m"}, "must not hold a user"),
        ({"url": "https://host/rerank"}, "`url` needs `model`"),
    ],
)
def test_a_wrong_declaration_is_refused(declared: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RerankingSettings.model_validate(declared)
