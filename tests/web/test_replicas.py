"""Two servers behind a round-robin proxy on one PostgreSQL database, with one index folder on one disk."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from holdfast.storage.database import open_database
from holdfast.storage.schema import jobs
from holdfast.testing.databases import PostgresServer
from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.testing.receivers import WebhookReceiver, webhook_receiver
from holdfast.testing.round_robin import RoundRobin

from .conftest import QUESTION, SSE, WORKSPACE, ended, plain_client, up, write_workflow

pytestmark = pytest.mark.long

SLOW = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 8
CASES = 6
PAGES = (
    "ask", "runs", "runs?kind=escalation&user=ana", "documents?find=gland", "document?path=gland.md&start=9&end=22",
    "review", "review?done=yes", "sources", "sources?as=ana", "operations?days=1",
)  # fmt: skip


@dataclass(slots=True)
class Replicas:
    """Two servers, the proxy before them, what was posted for them."""

    proxy: str
    servers: tuple[str, str]
    database: str
    hook: WebhookReceiver

    def client(self, person: str, *, server: int | None = None) -> httpx2.Client:
        """Return a client of the proxy, or of one server."""
        url = self.proxy if server is None else self.servers[server]
        return plain_client(url, cookies={"holdfast_person": person})

    def ask(self, question: str, *, person: str = "ana", **more: Any) -> Any:
        """Return the JSON answer to a question that went through the proxy."""
        with self.client(person) as client:
            answer = client.post("/api/items", json={"question": question, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Replicas]:
    """Return the servers; a model writes slowly for them."""
    root = tmp_path_factory.mktemp("replicas")
    with (
        postgres.database() as database,
        webhook_receiver() as hook,
        ProviderServer([Scripted(text=SLOW, pieces=80, pause_s=0.05)]) as model,
    ):
        more = (
            f"generation: {{rungs: [{{provider: openai, model: m, base_url: '{model.openai_url}', key_env: A_KEY}}]}}\n"
            f"review: {{notify: {{webhook: {{url: '{hook.url}'}}}}}}\n"
        )
        workspace = WORKSPACE.replace("role: engineer", "role: reviewer")
        folder = write_workflow(
            root / "desk", more=more, workspace=f"{workspace}database: {{url_env: RECORDS}}\n"
        )
        with ThreadPoolExecutor(2) as pool:  # their clocks tell the time of two zones
            zones = ("UTC", "Asia/Tokyo")
            started = list(
                pool.map(lambda zone: up(folder, root / "home", RECORDS=database, PGTZ=zone), zones)
            )
        urls = tuple(url for _, url in started)
        try:
            with RoundRobin(urls) as proxy:
                yield Replicas(proxy=proxy.url, servers=(urls[0], urls[1]), database=database, hook=hook)
        finally:
            for process, _ in started:
                ended(process)


def test_a_draft_is_followed_and_finished_through_the_other_replica(replicas: Replicas) -> None:
    begun, runs, kinds = threading.Event(), list[str](), list[str]()

    def ask() -> None:
        with (
            replicas.client("ana") as client,
            client.stream("POST", "/api/items", json={"question": QUESTION}, headers=SSE) as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    event = json.loads(line[6:])
                    kinds.append(event["type"])
                    runs.append(event.get("messageId", ""))
                    begun.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert begun.wait(10)
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda server: shown_until(replicas, server, runs[0], "35 Nm"), (0, 1)))
    for page in pages:
        assert "It is being written" in page.text
        assert page.headers["refresh"]
    asking.join(30)
    assert "data-outcome" in kinds
    for server in (0, 1):
        done = shown_until(replicas, server, runs[0], 'data-kind="answer"')
        assert "refresh" not in done.headers
        assert "It is being written" not in done.text


def shown_until(replicas: Replicas, server: int, run: str, words: str) -> httpx2.Response:
    with replicas.client("ana", server=server) as client:
        for _ in range(500):
            page = client.get(f"/w/desk/ask?run={run}")
            if words in page.text:
                return page
            time.sleep(0.02)
    raise AssertionError(page.text)


def test_a_thread_goes_on_wherever_it_is_asked(replicas: Replicas) -> None:
    run = replicas.ask("Somebody was injured.", person="ben")["run"]
    for number in range(3):
        run = replicas.ask(f"Somebody was injured, part {number}.", person="ben", after=run)["run"]
    with replicas.client("ben") as client:
        turns = client.get(f"/api/runs/{run}").json()["item"]["history"]
        pages = [client.get("/w/desk/ask").text for _ in range(2)]
    assert [turn["text"] for turn in turns if turn["speaker"] == "person"] == [
        "Somebody was injured.", "Somebody was injured, part 0.", "Somebody was injured, part 1.",
    ]  # fmt: skip
    assert all("4 questions" in page for page in pages)


def test_two_reviewers_at_two_replicas_never_hold_one_case(replicas: Replicas) -> None:
    cases = [replicas.ask(f"Somebody was injured, case {number}.")["run"] for number in range(CASES)]
    together = threading.Barrier(2)

    def claim(reviewer: str, server: int) -> list[int]:
        with replicas.client(reviewer, server=server) as client:
            statuses = []
            for run in cases:
                together.wait(10)
                statuses.append(client.post(f"/api/reviews/{run}/claim").status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        rita, emil = pool.submit(claim, "rita", 0), pool.submit(claim, "emil", 1)
        claimed = list(zip(rita.result(60), emil.result(60), strict=True))
    assert {tuple(sorted(one)) for one in claimed} == {(200, 403)}
    with replicas.client("kim") as client:
        for run, (by_rita, _) in zip(cases, claimed, strict=True):
            held = client.get(f"/api/reviews/{run}").json()["claimed_by"]
            assert held == ("rita" if by_rita == 200 else "emil")


def test_the_next_case_is_given_to_one_reviewer_only(replicas: Replicas) -> None:
    for number in range(CASES):
        replicas.ask(f"Somebody was injured, next {number}.")
    together = threading.Barrier(2)

    def next_cases(reviewer: str, server: int) -> list[str]:
        with replicas.client(reviewer, server=server) as client:
            runs = []
            for _ in range(CASES // 2):
                together.wait(10)
                run = client.post("/api/reviews/next").json()["run"]
                client.post(f"/api/reviews/{run}/decision", json={"action": "edit", "text": "Call us."})
                runs.append(run)
        return runs

    with ThreadPoolExecutor(2) as pool:
        rita, emil = pool.submit(next_cases, "rita", 0), pool.submit(next_cases, "emil", 1)
        taken = rita.result(60) + emil.result(60)
    assert len(set(taken)) == len(taken) == CASES


def test_every_notice_is_sent_once(replicas: Replicas) -> None:
    runs = [replicas.ask(f"Somebody was injured, notice {number}.")["run"] for number in range(CASES)]
    with replicas.client("rita") as client:
        for run in runs:
            client.post(f"/api/reviews/{run}/decision", json={"action": "edit", "text": "Call us."})
    wanted = {f"{run}:{event}" for run in runs for event in ("opened", "answered")}
    database = open_database(replicas.database)
    try:
        for _ in range(300):
            posted = Counter(json.loads(one.body)["id"] for one in replicas.hook.taken)
            if wanted <= posted.keys() and not unfinished_jobs(database):
                break
            time.sleep(0.1)
    finally:
        database.close()
    assert {posted[one] for one in wanted} == {1}


def unfinished_jobs(database: Any) -> int:
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(jobs.c.status.in_(("waiting", "running")))
        return int(connection.execute(query).scalar_one())


def test_every_page_is_shown_by_both_replicas_on_postgresql(replicas: Replicas) -> None:
    with replicas.client("kim") as client:
        for page in PAGES:
            for _ in range(2):
                shown = client.get(f"/w/desk/{page}", headers={"accept": "text/html"})
                assert shown.status_code == 200, shown.text


def test_a_run_a_case_and_a_sync_on_postgresql(replicas: Replicas) -> None:
    run = replicas.ask("Somebody was injured once more.")["run"]
    with replicas.client("kim") as client:
        for page in (
            f"runs/{run}",
            f"review?case={run}",
            f"ask?run={replicas.ask('which one?', person='kim')['run']}",
        ):
            assert client.get(f"/w/desk/{page}").status_code == 200, page
        told = client.post("/api/sync", headers=SSE).text
        assert '"type":"data-report"' in told
        assert client.get("/readyz").json() == {"status": "ok", "workflows": {}}
