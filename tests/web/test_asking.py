"""Asking over HTTP: streamed, whole, by chat clients, with files, with everything that goes wrong."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest

from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.testing.provider_script import Fault

from .conftest import HOSTILE, QUESTION, SSE, Served, served, write_workflow


def test_an_answer_streams_in_the_ui_message_format(web: Served) -> None:
    events = web.events(question=QUESTION)
    kinds = [event if isinstance(event, str) else event["type"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-2:] == ["finish", "[DONE]"]
    text = "".join(one["delta"] for one in events[:-1] if one.get("id") == "text-1" and "delta" in one)
    outcome = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    assert text == outcome["text"]
    assert "35 Nm" in text
    assert outcome["kind"] == "answer"
    assert outcome["run"] == events[0]["messageId"]
    assert kinds.index("text-start") < kinds.index("text-delta") < kinds.index("text-end")
    source = next(one for one in events[:-1] if one["type"] == "source-document")
    assert source["filename"] == "gland.md"


def test_the_stream_names_its_format_and_is_not_kept(web: Served) -> None:
    answer = web.client().post("/api/items", json={"question": QUESTION}, headers=SSE)
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in answer.headers["cache-control"]


def test_without_event_stream_the_answer_comes_whole_and_is_on_record(web: Served) -> None:
    told = web.ask()
    assert told["outcome"] == "answer"
    assert told["citations"][0]["document"] == "gland.md"
    assert web.client().get(f"/api/runs/{told['run']}").json()["run"]["run"] == told["run"]


def test_a_chat_clients_messages_are_an_item_with_history(web: Served) -> None:
    messages = [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "It is about the HX-200."}]},
        {"id": "2", "role": "assistant", "parts": [{"type": "text", "text": "What about it?"}]},
        {"id": "3", "role": "user", "parts": [{"type": "text", "text": QUESTION}]},
    ]
    told = web.client().post("/api/items", json={"id": "chat", "messages": messages}).json()
    item = web.client().get(f"/api/runs/{told['run']}").json()["item"]
    assert item["question"] == QUESTION
    assert [turn["speaker"] for turn in item["history"]] == ["person", "assistant"]


def test_a_follow_up_keeps_the_thread_of_ones_own_run(web: Served) -> None:
    first = web.ask()
    second = web.ask("And how long does the warranty of the HX-200 last?", after=first["run"])
    history = web.client().get(f"/api/runs/{second['run']}").json()["item"]["history"]
    assert [turn["text"] for turn in history] == [QUESTION, first["text"]]
    page = web.client().get(f"/w/desk/ask?run={second['run']}").text
    assert QUESTION in page
    assert "24 months" in page


def test_another_persons_run_cannot_be_followed_up(web: Served) -> None:
    run = web.ask(person="ana")["run"]
    answer = web.client("rita").post("/api/items", json={"question": "And?", "after": run})
    assert answer.status_code == 404


def test_fields_decide_and_are_offered_as_a_form(web: Served) -> None:
    told = web.ask("", fields={"claim_eur": "20000"})
    assert told["outcome"] == "escalation"
    assert 'name="field:claim_eur"' in web.client().get("/w/desk/ask").text


def test_a_question_back_offers_its_answers(web: Served) -> None:
    events = web.events(question="which one?")
    outcome = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    assert (outcome["kind"], outcome["options"]) == ("question", ["HX-200", "HX-250"])


def test_an_attachment_is_read(web: Served) -> None:
    form = {"item": json.dumps({"question": QUESTION})}
    files = [("attachment", ("../../etc/note.md", b"# Note\n\nIt leaks.", "text/markdown"))]
    told = web.client().post("/api/items", data=form, files=files).json()
    (kept,) = web.client().get(f"/api/runs/{told['run']}").json()["item"]["attachments"]
    assert kept["name"] == "note.md"
    assert "It leaks" in kept["text"]


@pytest.mark.parametrize(("name", "data"), [("a.pdf", b"%PDF-1.7 broken"), ("a.docx", b"PK\x03\x04")])
def test_an_attachment_that_cannot_be_read_is_told(web: Served, name: str, data: bytes) -> None:
    files = [("attachment", (name, data, "application/octet-stream"))]
    answer = web.client().post("/api/items", data={"item": json.dumps({"question": QUESTION})}, files=files)
    assert answer.status_code in (400, 409), answer.text
    assert name in answer.json()["error"]


def test_hostile_text_stays_text_in_the_stream(web: Served) -> None:
    answer = web.client().post(
        "/api/items",
        json={"question": f"At how many rpm does the mixer of the HX-999 turn? {HOSTILE}"},
        headers=SSE,
    )
    assert answer.status_code == 200
    assert answer.text.isascii()
    assert answer.text.rstrip().endswith("[DONE]")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"question": 7}', 400),
        (b'{"question": "  "}', 400),
        (b'{"question": "x", "fields": {"a": 1}}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"messages": [{"role": "assistant", "parts": []}]}', 400),
        (b'{"question": "x", "after": "../../x"}', 400),
        (b'{"question": "x", "after": "0123456789abcdef"}', 404),
    ],
)
def test_what_is_no_item_is_told(web: Served, body: bytes, status: int) -> None:
    answer = web.client().post("/api/items", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_question_of_a_megabyte_is_refused_in_words(web: Served) -> None:
    told = web.ask("x" * 1_000_000)
    assert told["outcome"] == "refusal"


def test_a_question_of_three_megabytes_is_not_read(web: Served) -> None:
    answer = web.client().post("/api/items", json={"question": "x" * 3_000_000})
    assert answer.status_code == 413


def test_an_upload_of_500_mb_is_turned_away_by_its_length(web: Served) -> None:
    head = (
        f"POST /api/items HTTP/1.1\r\nHost: {web.url[7:]}\r\nCookie: holdfast_person=kim\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 500000000\r\n\r\n--b\r\n"
    )
    assert b" 413 " in _raw(web, head.encode())


def test_an_upload_without_a_length_ends_at_the_limit(web: Served) -> None:
    def chunks():
        yield b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\n'
        for _ in range(30):
            yield b"x" * 1_000_000
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = web.client().post("/api/items", content=chunks(), headers=headers)
    assert answer.status_code == 413


def _raw(web: Served, data: bytes) -> bytes:
    host, port = web.url[7:].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65536).splitlines()[0]


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what serves a workflow whose answers a scripted provider writes."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")

    def made(server: ProviderServer, *, extractive: bool = False):
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        more = f"generation:\n  rungs: [{rung}]\n  extractive: {str(extractive).lower()}\n"
        return served(write_workflow(tmp_path / "desk", more=more))

    return made


SENTENCE = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. "


def test_a_reader_who_leaves_cancels_the_run_and_it_is_recorded(provider) -> None:
    script = [Scripted(text=SENTENCE * 8, pieces=60, pause_s=0.03)]
    with ProviderServer(script) as server, provider(server) as web:
        client = web.client()
        with client.stream("POST", "/api/items", json={"question": QUESTION}, headers=SSE) as answer:
            lines = (line.removeprefix("data: ") for line in answer.iter_lines() if line)
            run = json.loads(next(lines))["messageId"]
            assert any('"text-delta"' in line for line in lines)
        told = _once_recorded(web, run)
    assert told["run"]["outcome"] == "cancelled"
    assert told["stages"][-1]["stage"] == "generation"
    assert told["outcome"]["reason"] == "whoever asked has left"


def test_a_model_that_dies_midway_is_told_and_recorded_as_failed(provider) -> None:
    with ProviderServer([Scripted(text=SENTENCE * 3, fault=Fault.CUT)]) as server, provider(server) as web:
        events = web.events(question=QUESTION)
        run = events[0]["messageId"]
        told = _once_recorded(web, run)
    assert events[-2]["type"] == "error"
    assert "openai:m" in events[-2]["errorText"] or "provider" in events[-2]["errorText"]
    assert told["run"]["outcome"] == "failed"
    page = [one["id"] for one in events[:-1] if one["type"] in ("text-start", "text-end")]
    assert len(page) % 2 == 0


def test_when_another_model_takes_over_the_text_before_does_not_count(provider) -> None:
    script = [Scripted(text=SENTENCE * 3, fault=Fault.CUT)]
    with ProviderServer(script) as server, provider(server, extractive=True) as web:
        events = web.events(question=QUESTION)
    outcome = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    assert outcome["degraded"]
    last = max(one["id"] for one in events[:-1] if one["type"] == "text-start" and one["id"] != "sources")
    text = "".join(one["delta"] for one in events[:-1] if one["type"] == "text-delta" and one["id"] == last)
    assert text == outcome["text"]


def _once_recorded(web: Served, run: str):
    for _ in range(100):
        answer = web.client().get(f"/api/runs/{run}")
        if answer.status_code == 200:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError("the run is not on record")
