"""An OpenAI-compatible endpoint, over a real server on this machine."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import numpy as np
import pytest

from holdfast.calling.accounts import Account
from holdfast.calling.shared import SharedCalls
from holdfast.domain.attempts import Attempt
from holdfast.domain.queries import FloatArray
from holdfast.errors import (
    BreakerOpen,
    DeadlineOver,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    ReplyMalformed,
)
from holdfast.stages.embedding.endpoint import EndpointEmbedder
from holdfast.stages.embedding.settings import EndpointSettings
from holdfast.testing.embedding_server import EmbeddingServer, Fault, vector_of

KEY = "sk-a-key-that-nobody-may-read"


def endpoint(server: EmbeddingServer, **changed: object) -> EndpointEmbedder:
    given = {
        "url": server.url,
        "model": "served",
        "dimension": server.dimension,
        "deadline_s": 5.0,
        **changed,
    }
    return EndpointEmbedder(EndpointSettings.model_validate(given))


def embed(embedder: EndpointEmbedder, texts: list[str]) -> FloatArray:
    return asyncio.run(embedder.embed(texts, kind="document"))


def failing(embedder: EndpointEmbedder, texts: list[str]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        embed(embedder, texts)
    return caught.value


def test_vectors_come_in_the_order_of_the_texts_and_of_length_one() -> None:
    texts = [f"text {'x' * (place % 5)} {place}" for place in range(40)]
    with EmbeddingServer() as server:
        made = embed(endpoint(server, batch_texts=7), texts)
    expected = np.array([vector_of(text, 8) for text in texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert made.dtype == np.float32
    assert np.allclose(made, expected, atol=1e-6)


def test_batches_keep_to_both_limits_and_a_few_run_at_once() -> None:
    texts = ["y" * 600 for _ in range(9)]
    with EmbeddingServer([Fault(hang_s=0.05)] * 3) as server:
        embed(endpoint(server, batch_texts=4, batch_chars=1300, requests_at_once=3), texts)
    sizes = [len(asked.body["input"]) for asked in server.requests]
    assert sorted(sizes) == [1, 2, 2, 2, 2]
    assert server.most_at_once <= 3


def test_the_request_is_what_the_protocol_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_EMBEDDING_KEY", KEY)
    with EmbeddingServer() as server:
        embedder = endpoint(server, key_env="TEST_EMBEDDING_KEY", send_dimension=True, query_prefix="query: ")
        asyncio.run(embedder.embed(["why?"], kind="query"))
    [asked] = server.requests
    assert asked.path == "/v1/embeddings"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "served",
        "input": ["query: why?"],
        "encoding_format": "float",
        "dimensions": 8,
    }


def test_the_key_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    monkeypatch.setenv("TEST_EMBEDDING_KEY_FILE", str(tmp_path / "key"))
    with EmbeddingServer() as server:
        embed(endpoint(server, key_env="TEST_EMBEDDING_KEY"), ["a"])
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_without_the_key_nothing_is_sent() -> None:
    with EmbeddingServer() as server:
        error = failing(endpoint(server, key_env="TEST_NO_SUCH_KEY"), ["a"])
    assert isinstance(error, ProviderRejected)
    assert "Set TEST_NO_SUCH_KEY" in str(error)
    assert not server.requests


def test_the_key_is_in_no_error_log_or_repr(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TEST_EMBEDDING_KEY", KEY)
    echo = Fault(status=401, body=f'{{"error": "wrong key {KEY}"}}')
    with caplog.at_level(logging.DEBUG), EmbeddingServer([Fault(status=500, body=KEY), echo]) as server:
        embedder = endpoint(server, key_env="TEST_EMBEDDING_KEY")
        error = failing(embedder, ["a"])
    assert "wrong key ***" in str(error)
    seen = f"{error!r} {error} {embedder!r} {vars(embedder)} {embedder.fingerprint} {caplog.text}"
    assert KEY not in seen


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_a_passing_trouble_is_tried_again(status: int) -> None:
    with EmbeddingServer([Fault(status=status, retry_after="0.01")] * 2) as server:
        embed(endpoint(server), ["a"])
    assert len(server.requests) == 3


def test_a_broken_off_reply_is_tried_again() -> None:
    with EmbeddingServer([Fault(cut=True)]) as server:
        embed(endpoint(server), ["a"])
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=400),
        Fault(status=401),
        Fault(status=404),
        Fault(status=302, location="http://127.0.0.1:9/elsewhere"),
        Fault(status=429, body='{"error": {"code": "insufficient_quota"}}'),
        Fault(body='{"data": [{"index": 0, "embedding": [0, 0]}]}'),
        Fault(body='{"data": [{"index": 0, "embedding": [NaN, 1]}]}'),
    ],
)
def test_what_will_fail_again_is_not_tried_again(fault: Fault) -> None:
    with EmbeddingServer([fault], dimension=2) as server:
        error = failing(endpoint(server), ["a"])
    assert isinstance(error, ProviderRejected)
    assert str(error).startswith("embedding: 127.0.0.1 ")
    assert error.move
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        "<html>sign in</html>",
        '{"data": []}',
        '{"data": [{"index": 7, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": ["a", "b"]}]}',
        '{"data": 5}',
        "[]",
    ],
)
def test_what_is_no_whole_reply_is_tried_again(body: str) -> None:
    with EmbeddingServer([Fault(body=body)], dimension=2) as server:
        embed(endpoint(server), ["a"])
        assert len(server.requests) == 2
    with EmbeddingServer([Fault(body=body)] * 2, dimension=2) as server:
        error = failing(endpoint(server, tries=2), ["a"])
    assert isinstance(error, ReplyMalformed)
    assert error.move


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=429, retry_after="99"), RateLimited),
        (Fault(status=429, body='{"error": {"code": "insufficient_quota"}}'), QuotaExhausted),
        (Fault(status=503), ProviderUnavailable),
        (Fault(hang_s=5), DeadlineOver),
        (Fault(status=400), ProviderRejected),
    ],
)
def test_failures_have_the_types_of_the_model_s(fault: Fault, kind: type[ProviderError]) -> None:
    with EmbeddingServer([fault]) as server:
        assert type(failing(endpoint(server, tries=1, deadline_s=0.2), ["a"])) is kind


def test_a_question_is_told_at_once_of_an_open_breaker_and_documents_wait_for_it() -> None:
    breaker = {"calls_at_least": 2, "rest_s": 0.2}
    with EmbeddingServer([Fault(status=503)] * 2) as server:
        embedder = endpoint(server, tries=1, breaker=breaker)
        for _ in range(2):
            failing(embedder, ["a"])
        with pytest.raises(BreakerOpen):
            asyncio.run(embedder.embed(["a"], kind="query"))
        assert len(server.requests) == 2
        assert embed(embedder, ["a", "b"]).shape == (2, 8)


def test_embedders_of_one_endpoint_share_its_breaker_and_others_do_not() -> None:
    shared, breaker = SharedCalls(), {"calls_at_least": 2, "rest_s": 30}
    with EmbeddingServer([Fault(status=503)] * 2) as server:
        given = {"url": server.url, "model": "served", "dimension": 8, "tries": 1, "breaker": breaker}
        settings = EndpointSettings.model_validate(given)
        for _ in range(2):
            failing(EndpointEmbedder(settings, shared=shared), ["a"])
        with pytest.raises(BreakerOpen):
            asyncio.run(EndpointEmbedder(settings, shared=shared).embed(["a"], kind="query"))
        asyncio.run(EndpointEmbedder(settings).embed(["a"], kind="query"))


class KeptLedger:
    def __init__(self) -> None:
        self.begun: list[Attempt] = []
        self.ended: list[Attempt] = []

    async def begin(self, attempt: Attempt) -> None:
        self.begun.append(attempt)

    async def end(self, attempt: Attempt) -> None:
        self.ended.append(attempt)


def test_every_try_leaves_a_row_in_the_ledger() -> None:
    ledger = KeptLedger()
    with EmbeddingServer([Fault(status=503), Fault()]) as server:
        given = {"url": server.url, "model": "served", "dimension": 8}
        account = Account(ledger=ledger, workflow="desk", cost_centre="support")
        embedder = EndpointEmbedder(EndpointSettings.model_validate(given), account=account)
        embed(embedder, ["a text of some words"])
        asyncio.run(embedder.embed(["why?"], kind="query"))
    rows = [(one.number, one.status, one.purpose) for one in ledger.ended]
    assert rows == [(1, "unavailable", "embedding"), (2, "ok", "embedding"), (1, "ok", "answer")]
    assert [one.id for one in ledger.begun] == [one.id for one in ledger.ended]
    last = ledger.ended[-1]
    assert (last.workflow, last.cost_centre, last.stage) == ("desk", "support", "embedding")
    assert last.model == "127.0.0.1:served"
    assert (last.usage.input_tokens, last.is_estimated) == (1, False)
    assert last.cost_usd == 0.0, "what runs on this machine costs nothing"


def test_a_call_that_is_given_up_ends_as_cancelled_in_the_ledger() -> None:
    ledger = KeptLedger()

    async def give_up(embedder: EndpointEmbedder) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await embedder.embed(["why?"], kind="query")

    with EmbeddingServer([Fault(hang_s=0.4)]) as server:
        given = {"url": server.url, "model": "served", "dimension": 8}
        settings = EndpointSettings.model_validate(given)
        asyncio.run(give_up(EndpointEmbedder(settings, account=Account(ledger=ledger))))
    assert [one.status for one in ledger.ended] == ["cancelled"]


def test_vectors_of_another_length_name_both_lengths() -> None:
    with EmbeddingServer(dimension=8) as server:
        error = failing(endpoint(server, dimension=16), ["a"])
    assert "vectors of length 8, not 16" in str(error)


def test_tries_are_counted() -> None:
    with EmbeddingServer([Fault(status=503, retry_after="0")] * 9) as server:
        error = failing(endpoint(server, tries=3), ["a"])
    assert isinstance(error, ProviderUnavailable)
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", [Fault(hang_s=5), Fault(drip_s=0.02)])
def test_the_deadline_holds_against_silence_and_dripping(fault: Fault) -> None:
    started = time.monotonic()
    with EmbeddingServer([fault]) as server:
        error = failing(endpoint(server, deadline_s=0.15), ["a"])
    assert isinstance(error, ProviderUnavailable)
    assert "before the deadline" in str(error)
    assert time.monotonic() - started < 2


def test_a_wait_beyond_the_deadline_is_not_waited_for() -> None:
    started = time.monotonic()
    with EmbeddingServer([Fault(status=429, retry_after="30")]) as server:
        error = failing(endpoint(server, deadline_s=4), ["a"])
    assert isinstance(error, ProviderUnavailable)
    assert time.monotonic() - started < 2


def test_nobody_there_is_an_outage() -> None:
    with EmbeddingServer() as server:
        pass
    error = failing(endpoint(server, tries=2), ["a"])
    assert isinstance(error, ProviderUnavailable)
    assert "cannot be reached" in str(error)


def test_empty_and_odd_texts_are_sent_as_something_a_server_takes() -> None:
    with EmbeddingServer() as server:
        made = embed(endpoint(server, text_chars=100), ["", "\x00", "\ud800", "z" * 500])
    sent = sorted(server.requests[0].body["input"], key=len)
    assert made.shape == (4, 8)
    assert sent[:3] == [" ", " ", "?"] or sorted(sent[:3]) == [" ", " ", "?"]
    assert len(sent[3]) == 100


def test_no_texts_need_no_request() -> None:
    with EmbeddingServer() as server:
        assert embed(endpoint(server), []).shape == (0, 8)
    assert not server.requests


def test_the_fingerprint_names_what_decides_a_vector() -> None:
    with EmbeddingServer() as server:
        plain = endpoint(server).fingerprint
        assert endpoint(server, deadline_s=1, batch_texts=3).fingerprint == plain
        assert endpoint(server, model="other").fingerprint != plain
        assert endpoint(server, document_prefix="passage: ").fingerprint != plain


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "https://name:secret@host/v1", "host/v1", "https://h/v1?key=1"]
)
def test_a_url_that_cannot_be_or_that_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        EndpointSettings(url=url, model="m", dimension=8)
