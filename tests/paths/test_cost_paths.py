"""Who pays for what is embedded and reranked, and what a budget stops."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import holdfast
from holdfast.domain.attempts import OK
from holdfast.domain.outcomes import Answer
from holdfast.testing.embedding_server import EmbeddingServer
from holdfast.testing.provider import ProviderServer

Make = Callable[..., Path]
ANA = holdfast.Principal(user="ana")
GLAND = "How tight are the gland bolts of the HX-200?"
PRICES = "prices:\n  '127.0.0.1:served': {input: 1000}\n  '127.0.0.1:rerank': {searches: 2000}\n"


def declared(url: str, more: str = "") -> str:
    return (
        "name: desk\nsources: [{files: documents}]\nembedding:\n  model: endpoint\n"
        f"  endpoint: {{url: '{url}', model: served, dimension: 8, tries: 1}}\n{more}"
    )


def with_prices(folder: Path, workspace: str = PRICES) -> Path:
    (folder / "holdfast.yaml").write_text(workspace, encoding="utf-8")
    return folder


def costs(folder: Path) -> list[tuple[object, ...]]:
    """Return the rows of `v_costs`: purpose, model, cost centre, attempts, tokens, searches, USD."""
    with sqlite3.connect(next(folder.parent.rglob("records.db"))) as connection:
        return connection.execute(
            "select purpose, model, cost_centre, attempts, input_tokens, searches, round(cost_usd, 6)"
            " from v_costs order by purpose, model"
        ).fetchall()


def test_a_sync_s_embedding_and_an_item_s_calls_beside_the_model_are_paid_for(make: Make) -> None:
    with EmbeddingServer() as embeddings, ProviderServer() as reranker:
        more = (
            f"reranking: {{url: '{reranker.rerank_url}', model: rerank}}\n"
            "generation: {cost_centre: service, budget: {per_day_usd: 100, per_run_usd: 50}}\n"
        )
        folder = with_prices(make(declaration=declared(embeddings.url, more)))
        with holdfast.open(folder) as flow:
            report = flow.sync()
            again = flow.sync()
            run = flow.ask(GLAND, principal=ANA)
        read = sum(len(text.split()) for one in embeddings.requests[:-1] for text in one.body["input"])
        asked = sum(len(text.split()) for text in embeddings.requests[-1].body["input"])
    assert report.run.startswith("sync-")
    assert report.spending.usage.input_tokens == read
    assert report.spending.cost_usd == pytest.approx(read / 1000)
    assert again.spending.calls == 0
    assert run.cost_usd == pytest.approx(asked / 1000 + 2)
    assert [(one.stage, one.status, one.is_estimated) for one in run.attempts] == [
        ("embedding", OK, False), ("reranking", OK, False),
    ]  # fmt: skip
    assert costs(folder) == [
        ("answer", "127.0.0.1:rerank", "service", 1, 0, 1, 2.0),
        ("answer", "127.0.0.1:served", "service", 1, asked, 0, round(asked / 1000, 6)),
        ("embedding", "127.0.0.1:served", "service", report.spending.calls, read, 0, round(read / 1000, 6)),
    ]


def test_an_endpoint_that_counts_otherwise_than_its_price_is_estimated_and_not_free(make: Make) -> None:
    with ProviderServer() as reranker:
        more = f"reranking: {{url: '{reranker.rerank_url}', model: rerank}}\n"
        workspace = "prices: {'127.0.0.1:rerank': {input: 1000}}\n"
        with holdfast.open(with_prices(make(more), workspace)) as flow:
            flow.sync()
            run = flow.ask(GLAND, principal=ANA)
    (attempt,) = run.attempts
    assert attempt.is_estimated
    assert run.cost_usd == pytest.approx(attempt.usage.input_tokens / 1000)
    assert run.cost_usd > 0


def test_an_unpriced_endpoint_under_a_budget_is_the_error_of_an_unpriced_model(make: Make) -> None:
    more = (
        "reranking: {url: 'https://rerank.invalid/v1/rerank', model: any}\n"
        "generation: {budget: {per_day_usd: 1}}\n"
    )
    with holdfast.open(make(declaration=declared("https://embed.invalid/v1", more))) as flow:
        report = flow.sync()
        run = flow.ask(GLAND, principal=ANA)
    wanted = "no price is known of embed.invalid:served, and a budget is declared"
    assert any(wanted in notice and "holdfast.yaml" in notice for notice in report.notices)
    assert isinstance(run.outcome, Answer)
    assert wanted in run.degraded
    assert "no price is known of rerank.invalid:any, and a budget is declared" in run.degraded
    assert run.attempts == (), "nothing was sent"


def test_a_day_s_budget_stops_embedding_and_the_sync_says_so(make: Make) -> None:
    with EmbeddingServer() as embeddings:
        more = "generation: {budget: {per_day_usd: 0.001}}\n"
        with holdfast.open(with_prices(make(declaration=declared(embeddings.url, more)))) as flow:
            report = flow.sync()
    assert embeddings.requests == []
    assert report.added == 3
    assert any("the workflow desk has 0.0010 of 0.00 USD left" in notice for notice in report.notices)


def test_what_a_run_may_cost_counts_its_query_and_not_a_sync(make: Make) -> None:
    with EmbeddingServer() as embeddings:
        more = "generation: {budget: {per_run_usd: 0.001}}\n"
        with holdfast.open(with_prices(make(declaration=declared(embeddings.url, more)))) as flow:
            report = flow.sync()
            run = flow.ask(GLAND, principal=ANA)
    assert report.spending.calls > 0
    assert "a run may cost 0.0010" in run.degraded
    assert run.attempts == ()


def test_without_a_budget_an_endpoint_without_a_price_is_asked_and_the_cost_is_not_known(make: Make) -> None:
    with EmbeddingServer(counts=False) as embeddings:
        workspace = "prices: {'127.0.0.1:served': {searches: 1}}\n"
        with holdfast.open(with_prices(make(declaration=declared(embeddings.url)), workspace)) as flow:
            report = flow.sync()
    assert report.spending.cost_usd is None
    assert report.spending.usage.input_tokens > 0, "estimated, since the endpoint names none"
