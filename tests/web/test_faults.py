"""What a server does that is killed, or whose disk is full: it says so, keeps what it can, goes on afterwards."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from holdfast.testing.provider import ProviderServer, Scripted

from .conftest import QUESTION, SSE, ended, up, write_workflow

SLOW = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 50


@contextmanager
def client_of(url: str, person: str = "ana") -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, cookies={"holdfast_person": person}, timeout=30) as client:
        yield client


def test_a_server_that_is_killed_under_an_open_draft_leaves_an_interrupted_run(tmp_path: Path) -> None:
    with ProviderServer([Scripted(text=SLOW, pieces=500, pause_s=0.05), Scripted()]) as model:
        rung = f"{{provider: openai, model: m, base_url: '{model.openai_url}', key_env: A_KEY}}"
        folder = write_workflow(tmp_path / "desk", more=f"generation: {{rungs: [{rung}]}}\n")
        process, url = up(folder, tmp_path / "home")
        with (
            client_of(url) as client,
            client.stream("POST", "/api/items", json={"question": QUESTION}, headers=SSE) as answer,
        ):
            lines = (line.removeprefix("data: ") for line in answer.iter_lines() if line)
            run = json.loads(next(lines))["messageId"]
            assert any("35 Nm" in line for line in lines)
            with client_of(url) as another:
                shown_until(another, f"/w/desk/ask?run={run}", "35 Nm")
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=20)
        process, url = up(folder, tmp_path / "home")
        try:
            with client_of(url) as client:
                told = recorded(client, run)
                page = client.get(f"/w/desk/ask?run={run}")
                listed = client.get("/api/runs?kind=interrupted").json()["runs"]
                again = client.post("/api/items", json={"question": QUESTION, "after": run}).json()
        finally:
            ended(process)
    assert told["run"]["outcome"] == "interrupted"
    assert told["outcome"]["reason"] == "the server ended before the answer was complete"
    assert told["run"]["model"] == "openai:m"
    assert [one["run"] for one in listed] == [run]
    assert "refresh" not in page.headers
    assert "Interrupted" in page.text
    assert "nothing of it is final" in page.text
    assert f">{QUESTION}</textarea>" in page.text
    assert again["run"] != run


def shown_until(client: httpx2.Client, path: str, words: str) -> httpx2.Response:
    for _ in range(200):
        page = client.get(path)
        if words in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError(page.text)


def recorded(client: httpx2.Client, run: str) -> Any:
    for _ in range(200):
        answer = client.get(f"/api/runs/{run}")
        if answer.status_code == 200:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError("the run is not on record")
