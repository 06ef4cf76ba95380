"""When a provider beside the path is down, an item is answered by a lesser route that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import holdfast
from holdfast.domain.outcomes import Answer
from holdfast.testing.embedding_server import EmbeddingServer, Fault
from holdfast.testing.provider import ProviderServer, Scripted

Make = Callable[..., Path]
ANA = holdfast.Principal(user="ana")
GLAND = "How tight are the gland bolts of the HX-200?"


def declared(server: EmbeddingServer) -> str:
    return (
        "name: desk\nsources: [{files: documents}]\nembedding:\n  model: endpoint\n"
        f"  endpoint: {{url: '{server.url}', model: served, dimension: 8, tries: 2}}\n"
    )


def test_with_the_embedding_endpoint_down_words_find_the_answer_and_the_run_says_so(make: Make) -> None:
    with EmbeddingServer() as server, holdfast.open(make(declaration=declared(server))) as flow:
        flow.sync()
        assert flow.ask(GLAND, principal=ANA).degraded == ""
        server.faults.extend([Fault(status=503)] * 100)
        run = flow.ask(GLAND, principal=ANA)
        many = [flow.ask(GLAND, principal=ANA) for _ in range(15)]
    for one in [run, *many]:
        assert isinstance(one.outcome, Answer)
        assert "35 Nm" in one.outcome.text
        assert one.degraded.startswith("found by words only")
    assert "status 503" in run.degraded
    assert "left alone for now" in many[-1].degraded, "the breaker opened, the question did not wait"


def test_with_the_embedding_endpoint_gone_a_sync_and_a_question_go_on(make: Make) -> None:
    with EmbeddingServer() as server:
        pass
    with holdfast.open(make(declaration=declared(server))) as flow:
        report = flow.sync()
        run = flow.ask(GLAND, principal=ANA)
    assert report.added == 3
    assert isinstance(run.outcome, Answer)
    assert "found by words only" in run.degraded


def test_with_the_reranker_down_the_fused_order_stays_and_the_run_says_so(make: Make) -> None:
    with ProviderServer([Scripted(status=503)]) as server:
        section = f"reranking: {{url: '{server.rerank_url}', model: any, tries: 1}}\n"
        with holdfast.open(make(section)) as flow:
            flow.sync()
            run = flow.ask(GLAND, principal=ANA)
    assert isinstance(run.outcome, Answer)
    assert run.degraded.startswith("reranker failed: fused order")


def test_a_lookup_without_its_database_leaves_a_mark_on_the_run(make: Make) -> None:
    section = (
        "lookups:\n  - name: orders\n    database: gone.sqlite\n    access: [everyone]\n"
        "    sql: SELECT number, due FROM orders WHERE number = :order\n"
        "    parameters: {order: {pattern: '\\bPO-\\d+\\b'}}\n"
    )
    with holdfast.open(make(section)) as flow:
        flow.sync()
        run = flow.ask("When is PO-123 due?", principal=ANA)
        other = flow.ask(GLAND, principal=ANA)
    assert run.degraded == "the lookup orders failed"
    assert other.degraded == ""
