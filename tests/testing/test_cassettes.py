"""What a provider said is recorded without secrets, and said again to whoever asks the same."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.errors import DeclarationError, ProviderRejected, ProviderUnavailable, RateLimited, UsageError
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import RungSettings
from holdfast.testing.cassette_scrubbing import SCRUBBED, Scrubber
from holdfast.testing.cassettes import Event, Exchange, Request, header_line, lines_of, read_cassette
from holdfast.testing.provider import Fault, ProviderServer, Scripted
from holdfast.testing.replaying import CassetteServer

pytest.importorskip("openai", reason="the extra `providers` is not installed")
from holdfast.testing.recording import RecordingServer

KEY = "sk-live-0123456789abcdef"
PROVIDERS = pytest.mark.parametrize("provider", ["openai", "anthropic"])
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)


def address(server: Any, provider: str) -> str:
    return server.openai_url if provider == "openai" else server.anthropic_url


def asked(server: Any, provider: str, question: str = "How tight?", *, stream: bool = False) -> Reply:
    """Ask through the whole client of Holdfast's own."""
    rung = RungSettings(
        provider=provider, model="m", base_url=address(server, provider), key_env="A_KEY", stream=stream
    )
    prompt = Prompt(
        question=question,
        messages=(Message(role="system", text="Cite."), Message(role="user", text=question)),
        passages=(),
        tokens=20,
        output_tokens=64,
    )

    async def reply() -> Reply:
        model = model_for(rung)
        try:
            async for piece in model.generate(prompt, Call(deadline=Deadline.after(10))):
                last = piece
        finally:
            await model.aclose()
        assert isinstance(last, Reply)
        return last

    return asyncio.run(reply())


def recorded(
    path: Path, script: Any, provider: str, questions: int = 1, *, stream: bool = False
) -> list[Any]:
    """Return what each question came to while it was recorded."""
    told: list[Any] = []
    with (
        ProviderServer(script) as real,
        RecordingServer(path, provider=provider, base_url=address(real, provider)) as server,
    ):
        for _ in range(questions):
            try:
                told.append(asked(server, provider, stream=stream))
            except ProviderUnavailable as error:
                told.append(error)
    assert not server.problems
    return told


@PROVIDERS
@STREAMED
def test_what_was_recorded_is_said_again(tmp_path: Path, provider: str, *, stream: bool) -> None:
    path = tmp_path / "torque.jsonl"
    script = [Scripted(text="24 Nm [1], ±2 °C.", model="m-2026", cached_tokens=30)]
    (before,) = recorded(path, script, provider, stream=stream)
    with CassetteServer(path) as server:
        again = asked(server, provider, stream=stream)
        twice = asked(server, provider, stream=stream)
    assert before == again == twice
    assert (again.text, again.returned_model, again.usage.cached_tokens) == (
        "24 Nm [1], ±2 °C.",
        "m-2026",
        30,
    )
    assert server.replayed == 2
    assert not server.unknown


@PROVIDERS
@STREAMED
def test_a_rate_limit_with_its_wait_and_then_a_reply(tmp_path: Path, provider: str, *, stream: bool) -> None:
    path = tmp_path / "limited.jsonl"
    script = [Scripted(fault=Fault.RATE_LIMIT, retry_after="7"), Scripted(text="24 Nm [1].")]
    recorded(path, script, provider, 2, stream=stream)
    with CassetteServer(path) as server:
        with pytest.raises(RateLimited) as limited:
            asked(server, provider, stream=stream)
        reply = asked(server, provider, stream=stream)
    assert limited.value.retry_after_s == 7.0
    assert reply.text == "24 Nm [1]."


@PROVIDERS
@STREAMED
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.MALFORMED, Fault.HTML, Fault.EMPTY_CHOICES])
def test_what_is_no_reply_is_recorded_as_it_was(
    tmp_path: Path, provider: str, fault: Fault, *, stream: bool
) -> None:
    path = tmp_path / "broken.jsonl"
    (before,) = recorded(path, [Scripted(fault=fault)], provider, stream=stream)
    with CassetteServer(path) as server, pytest.raises(type(before)):
        asked(server, provider, stream=stream)
    assert not server.unknown


def test_the_key_is_sent_on_and_written_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "keys.jsonl"
    script = [Scripted(status=401, message=f"Incorrect API key {KEY} of org-AbCdEfGhIjKlMnOpQrStUvWx")]
    with (
        ProviderServer(script) as real,
        RecordingServer(path, provider="openai", base_url=real.openai_url, key="another") as server,
        pytest.raises(ProviderRejected),
    ):
        asked(server, "openai")
    assert real.requests[0].headers["authorization"] == "Bearer another"
    written = path.read_text()
    assert KEY not in written
    assert "org-AbC" not in written
    assert "authorization" not in written.lower()
    assert f"key {SCRUBBED} of {SCRUBBED}" in written


def test_a_key_that_a_model_writes_piece_by_piece_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "spelt.jsonl"
    text = f"The keys are {KEY} and tok_plain_secret, use them."
    (before,) = recorded(path, [Scripted(text=text, pieces=30)], "openai", stream=True)
    assert KEY in before.text
    with CassetteServer(path) as server:
        again = asked(server, "openai", stream=True)
    assert again.text == f"The keys are {SCRUBBED} and tok_plain_secret, use them."


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"user": "ana@example.com", "messages": []}, {"user": SCRUBBED, "messages": []}),
        ({"metadata": {"user_id": "7"}}, {"metadata": SCRUBBED}),
        ({"tools": [{"api_key": "hidden", "user": "stays"}]}, {"tools": [{"api_key": SCRUBBED, "user": "stays"}]}),
        ({"arguments": '{"password": "p", "n": 1}'}, {"arguments": f'{{"password": "{SCRUBBED}", "n": 1}}'}),
        ({"text": "see https://ana:pw@host/x"}, {"text": f"see https://{SCRUBBED}@host/x"}),
        ({"text": "Bearer abc.def.ghi"}, {"text": SCRUBBED}),
        ({"text": "task-force and risk-based, PK-1234567890"}, {"text": "task-force and risk-based, PK-1234567890"}),
        ({"key": "torque", "organization": "Ostrand"}, {"key": "torque", "organization": "Ostrand"}),
    ],
)  # fmt: skip
def test_what_is_scrubbed_of_a_request_and_what_is_not(body: Any, left: Any) -> None:
    request = Scrubber().request(Request(method="POST", path="/v1/x?api-version=1&key=abc", body=body))
    assert request.body == left
    assert request.path == f"/v1/x?api-version=1&key={SCRUBBED}"


SECRETS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=20)


@settings(max_examples=50, deadline=None)
@given(secret=SECRETS, before=st.text(max_size=10), after=st.text(max_size=10), cuts=st.integers(1, 9))
def test_no_known_secret_is_left_wherever_it_stands(secret: str, before: str, after: str, cuts: int) -> None:
    text = f"{before}{secret}{after}"
    size = -(-len(text) // cuts)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    events = tuple(Event(text=f"data: {json.dumps({'delta': piece})}") for piece in pieces)
    body = {"a": [text], text: 1, "inner": json.dumps({"t": text})}
    scrubber = Scrubber([secret])
    for exchange in (
        Exchange(request=Request(method="POST", path="/", body=body), status=200, headers={}, body=body),
        Exchange(
            request=Request(method="POST", path="/"),
            status=200,
            headers={"content-type": text},
            events=events,
        ),
    ):
        clean = scrubber.exchange(exchange)
        assert secret not in "".join(json.loads(e.text[6:])["delta"] for e in clean.events or ())
        assert not scrubber.holds(lines_of(clean).replace(SCRUBBED, ""))
        assert scrubber.exchange(clean) == clean or secret in SCRUBBED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(
    asked=JSON,
    body=JSON.filter(lambda one: one is not None),
    data=st.dictionaries(st.text(), JSON, max_size=2),
    at_ms=st.integers(0, 9999),
)
def test_an_exchange_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, asked: Any, body: Any, data: Any, at_ms: int
) -> None:
    request = Request(method="POST", path="/v1/x", body=asked)
    whole = Exchange(request=request, status=429, headers={"retry-after": "2"}, after_ms=5, body=body, line=2)
    text = f"event: a\ndata: {json.dumps(data, separators=(',', ':'))}"
    events = (Event(text=text, at_ms=at_ms), Event(text="data: [DONE]", at_ms=at_ms + 1))
    streamed = Exchange(request=request, status=200, headers={}, events=events, is_cut=True, line=4)
    path = tmp_path_factory.mktemp("cassettes") / "one.jsonl"
    path.write_text(header_line("openai") + lines_of(whole) + lines_of(streamed), encoding="utf-8")
    assert read_cassette(path) == (whole, streamed)


def test_an_unknown_request_is_told_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "torque.jsonl"
    recorded(path, [Scripted()], "openai")
    with CassetteServer(path) as server:
        with pytest.raises(ProviderRejected) as rejected:
            asked(server, "openai", "How wide is the gland?")
        with pytest.raises(ProviderRejected):
            asked(server, "anthropic")
    differs, elsewhere = server.unknown
    assert (
        "not on torque.jsonl: body.messages[1].content: recorded 'How tight?', asked 'How wide is" in differs
    )
    assert differs in str(rejected.value)
    assert "(nearest: line 2)" in differs
    assert "has no POST /v1/messages" in elsewhere


def test_a_person_may_write_and_correct_a_cassette(tmp_path: Path) -> None:
    path = tmp_path / "torque.jsonl"
    recorded(path, [Scripted(text="24 Nm [1].")], "openai")
    path.write_text(path.read_text().replace("24 Nm", "35 Nm") + "\n")
    with CassetteServer(path) as server:
        assert asked(server, "openai").text == "35 Nm [1]."


def test_time_passes_at_the_declared_pace(tmp_path: Path) -> None:
    path = tmp_path / "slow.jsonl"
    recorded(path, [Scripted(first_token_s=0.2)], "openai", stream=True)
    took = {}
    for pace in (0.0, 1.0):
        with CassetteServer(path, pace=pace) as server:
            asked(server, "openai", stream=True)
            began = time.monotonic()
            asked(server, "openai", stream=True)
            took[pace] = time.monotonic() - began
    assert took[1.0] - took[0.0] > 0.1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'line 1 is not {"cassette": 1'),
        ('{"cassette": 2}\n', 'line 1 is not {"cassette": 1'),
        ('{"cassette": 1}\n{"request"', "line 2 is no JSON"),
        ('{"cassette": 1}\n[]', "line 2 is no JSON object"),
        ('{"cassette": 1}\n{"response": {}}', "line 2 is not where a request with its response begins"),
        ('{"cassette": 1}\n{"request": {"path": "/"}}\n{"response": {"status": 200}}', "line 3 lacks 'method'"),
        ('{"cassette": 1}\n{"request": {"method": "GET", "path": "/"}}\n{"response": {"status": "x"}}', "line 3 cannot be used"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_cassette_names_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(DeclarationError) as raised:
        CassetteServer(path)
    assert words in str(raised.value)


def test_no_cassette_is_overwritten_and_none_made_up(tmp_path: Path) -> None:
    path = tmp_path / "torque.jsonl"
    path.write_text("mine")
    with (
        pytest.raises(UsageError, match="is there already"),
        RecordingServer(path, provider="openai", base_url="http://127.0.0.1:9/v1"),
    ):
        pass
    assert path.read_text() == "mine"
    with pytest.raises(UsageError, match="cannot be read"):
        CassetteServer(tmp_path / "none.jsonl")


def test_a_provider_that_cannot_be_reached_is_told_and_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "torque.jsonl"
    nowhere = RecordingServer(path, provider="openai", base_url="http://127.0.0.1:9/v1")
    with nowhere as server, pytest.raises(ProviderUnavailable, match="cannot be reached"):
        asked(server, "openai")
    assert server.recorded == 0
    assert len(server.problems) == 1
