"""A draft outlives its page, its server and its replica; what a reviewer answered belongs to the thread."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from holdfast.storage.encoding import pack
from holdfast.storage.review_tables import drafts
from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.testing.records import run_of

from .conftest import QUESTION, Served, served, write_workflow

SLOW = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 8


@pytest.fixture
def replicas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Served, Served]]:
    """Return two servers over one database, with a model that writes slowly."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")
    with ProviderServer([Scripted(text=SLOW, pieces=60, pause_s=0.03)]) as server:
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        folder = write_workflow(tmp_path / "desk", more=f"generation: {{rungs: [{rung}]}}\n")
        with served(folder) as one, served(folder) as other:
            yield one, other


def test_another_replica_shows_the_draft_as_it_is_written_and_then_its_outcome(
    replicas: tuple[Served, Served],
) -> None:
    one, other = replicas
    runs: list[str] = []
    begun = threading.Event()

    def ask() -> None:
        client = one.client("ana", accept="text/event-stream")
        with client.stream("POST", "/api/items", json={"question": QUESTION}) as answer:
            for line in answer.iter_lines():
                if line.startswith('data: {"type":"start"'):
                    runs.append(json.loads(line[6:])["messageId"])
                    begun.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert begun.wait(10)
    seen = shown_until(other, runs[0], "35 Nm")
    assert "It is being written" in seen.text
    assert seen.headers["refresh"] == "2"
    assert other.client("rita").get(f"/w/desk/ask?run={runs[0]}").status_code == 404
    asking.join(30)
    done = other.client("ana").get(f"/w/desk/ask?run={runs[0]}")
    assert "refresh" not in done.headers
    assert "It is being written" not in done.text
    assert 'data-kind="answer"' in done.text


def shown_until(web: Served, run: str, words: str) -> httpx2.Response:
    for _ in range(100):
        page = web.client("ana").get(f"/w/desk/ask?run={run}")
        if words in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError(page.text)


def test_a_page_that_left_finds_its_question_and_what_was_shown(replicas: tuple[Served, Served]) -> None:
    one, other = replicas
    client = one.client("ana", accept="text/event-stream")
    with client.stream("POST", "/api/items", json={"question": QUESTION}) as answer:
        run = ""
        for line in answer.iter_lines():
            if line.startswith('data: {"type":"start"'):
                run = json.loads(line[6:])["messageId"]
            if "35 Nm" in line:
                break
    page = shown_until(other, run, "nothing of it is final")
    assert "Cancelled" in page.text
    assert f">{QUESTION}</textarea>" in page.text


def test_the_draft_of_a_server_that_was_killed_is_told_and_can_be_asked_again(web: Served) -> None:
    run = web.ask(person="ben")["run"]
    with web.flow.wiring.database.write() as connection:
        connection.execute(sa.text("delete from runs where id = :run"), {"run": run})
        mine = drafts.c.run == run
        killed = {"state": "open", "touched_at": datetime(2020, 1, 1, tzinfo=UTC)}
        question = pack(run_of(run, question=QUESTION, user="ben").item)
        connection.execute(sa.update(drafts).where(mine).values(item=question, **killed))
    page = web.client("ben").get(f"/w/desk/ask?run={run}").text
    assert "The server ended while this was written" in page
    assert f">{QUESTION}</textarea>" in page


def test_threads_are_listed_and_a_follow_up_knows_what_the_reviewer_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    with served(write_workflow(tmp_path / "desk")) as web:
        first = web.ask("Somebody was injured.", person="ana")["run"]
        text = {"action": "edit", "text": "Call product safety at once."}
        assert web.client("rita").post(f"/api/reviews/{first}/decision", json=text).status_code == 200
        second = web.ask("And then?", person="ana", after=first)["run"]
        stored = web.client("ana").get(f"/api/runs/{second}").json()
        assert [turn["text"] for turn in stored["item"]["history"]][-1] == "Call product safety at once."
        page = web.client("ana").get("/w/desk/ask").text
        assert "Your latest cases" in page
        assert f'href="/w/desk/ask?run={second}">Somebody was injured.</a>' in page
        assert "2 questions" in page
        assert "Your latest cases" not in web.client("ben").get("/w/desk/ask").text
