"""What the workbench costs: a list of a million runs, the Ask page, a sentence on its way.

python bench/workbench.py [RUNS]

Answers come from faked stages. Figures of the page need chromium; drafts at once have `drafts_at_once.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx2
import sqlalchemy as sa

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Prompt, Reply
from holdfast.session import Flow
from holdfast.storage.runs import save_run
from holdfast.testing.answering import a_rung, answer_parts
from holdfast.testing.records import run_of
from holdfast.web.people import Person, Role
from holdfast.web.serving import listening, serve, url_of
from holdfast.web.workbench import Desk, Workbench

SENTENCES = 12
PAUSE_S = 0.05
ROUNDS, PAINTS = 20, 80
QUERIES = (
    "",
    "kind=refusal",
    "kind=answer&degraded=yes",
    "user=user-7",
    "model=nothing-has-this-name",
    "since=2026-01-03&until=2026-01-04",
    "sort=took",
    "decided=wrong",
    "sort=cost&kind=refusal",
    "sort=took&stage=retrieval&least_ms=1",
)


class Writer:
    """A model that writes one sentence after the other and notes when it released each."""

    name = "fake:writer"

    def __init__(self) -> None:
        self.said_at: list[float] = []

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[str | Reply]:  # noqa: ARG002
        """Yield sentences; one is released when the next has begun."""
        text = ""
        for number in range(SENTENCES):
            piece = f"Sentence number {number} says what is to be done. "
            text += piece
            yield piece
            self.said_at.append(time.time())
            await asyncio.sleep(PAUSE_S)
        yield Reply(text=text.strip(), model=self.name)


@contextmanager
def served(writer: Writer, folder: Path, *, before: Any = lambda _flow: None) -> Any:
    """Serve a workflow whose stages are faked, from a thread; yield its URL."""
    started, until, listener = threading.Event(), asyncio.Event(), listening(0)
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with faked(writer, folder, before=before) as flow:
            await serve(workbench_of(flow), listener, ready=started.set, until=until)

    def run() -> None:
        try:
            loop.run_until_complete(main())
        finally:
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    try:
        yield url_of(listener).rstrip("/")
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join()


@asynccontextmanager
async def faked(writer: Writer, folder: Path, *, before: Any = lambda _flow: None) -> AsyncIterator[Flow]:
    """Open a synced workflow whose stages are faked."""
    async with holdfast.open(folder) as flow:
        await flow.sync()
        before(flow)
        flow.wiring.answer_parts = lambda _model="", **_told: answer_parts(a_rung(writer))  # type: ignore[method-assign]
        yield flow


def workbench_of(flow: Flow) -> Workbench:
    """Return a workbench with one workflow, for the local user."""
    local = Person(principal=Principal(user="local"), role=Role.OWNER)
    return Workbench(desks={"desk": Desk(name="desk", flow=flow)}, local=local)


def write_folder(room: Path) -> Path:
    """Write a workflow with one document; return its folder."""
    folder = room / "desk"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "a.md").write_text("# A\n\nThe lid takes 24 Nm.\n", encoding="utf-8")
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
    )
    return folder


def main() -> None:
    """Print every figure."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as room:
        folder = write_folder(Path(room))
        os.environ["HOLDFAST_HOME"] = f"{room}/home"
        writer = Writer()
        with served(writer, folder) as url:
            if shutil.which("chromium"):
                _page(url, writer)
            else:
                print("the page: not measured, there is no chromium")
        with served(writer, folder, before=lambda flow: _fill(flow, many)) as url:
            _lists(url)


def _page(url: str, writer: Writer) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        sizes: list[int] = []
        page = browser.new_page()
        page.on("response", lambda answer: sizes.append(len(answer.body())))
        page.goto(f"{url}/w/desk/ask", wait_until="networkidle")
        print(f"Ask page: {sum(sizes) / 1000:.1f} KB in {len(sizes)} requests")
        paints = []
        for _ in range(PAINTS):
            fresh = browser.new_context().new_page()
            fresh.goto(f"{url}/w/desk/ask", wait_until="load")
            fresh.wait_for_timeout(150)
            paints.append(
                fresh.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            fresh.context.close()
        print(f"first contentful paint, nothing kept: {_told(paints)}")
        page.evaluate(
            """() => { window.shown = []; new MutationObserver(() => {
                const text = document.querySelector(".outcome.open .draft, .outcome:last-child .draft");
                const count = text ? text.textContent.split("done.").length - 1 : 0;
                while (shown.length < count) shown.push(performance.timeOrigin + performance.now());
            }).observe(document.querySelector("[data-thread]"), {childList: true, subtree: true, characterData: true}); }"""
        )
        writer.said_at.clear()
        page.fill("#question", "How?")
        page.press("#question", "Control+Enter")
        page.wait_for_selector(".outcome:not(.open)")
        shown = page.evaluate("shown")
        # Sentence n is released when sentence n + 1 has begun.
        late = [at - 1000 * said for at, said in zip(shown, writer.said_at[1:], strict=False)]
        print(f"from a sentence's release to its place on the page: {_told(late)}")
        browser.close()


def _fill(flow: Flow, many: int) -> None:
    """Write many runs: one is saved, the others are copies of its rows."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    database = flow.wiring.database
    with database.write() as connection:
        save_run(connection, run_of("0" * 32, question="How tight are the gland bolts?"), evidence=["a.md"])
        copy = sa.text(
            "INSERT INTO runs SELECT lower(hex(randomblob(16))), version, index_version, item_id, 'user-' || (n % 50), item, "
            "CASE WHEN n % 100 = 0 THEN 'refusal' ELSE kind END, outcome, model, CASE WHEN n % 1000 = 0 THEN 'slow' ELSE '' END, "
            "input_tokens, output_tokens, cached_tokens, cost_usd, datetime(:start, '+' || n || ' seconds') || '.000000', took_ms, fallback "
            "FROM runs, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :many) SELECT n FROM c) "
            "WHERE id = :first"
        )
        connection.execute(copy, {"start": f"{start:%Y-%m-%d %H:%M:%S}", "many": many, "first": "0" * 32})
        connection.execute(
            sa.text(
                "INSERT INTO run_evidence SELECT id, 'a.md' FROM runs WHERE id <> :first AND item_id = 'item-' || :first"
            ),
            {"first": "0" * 32},
        )
    print(f"{many:,} runs on record, the last of {start + timedelta(seconds=many):%Y-%m-%d}")


def _lists(url: str) -> None:
    with httpx2.Client(base_url=url, timeout=60) as client:
        for query in (*QUERIES, "operations"):
            path = "/w/desk/operations?days=90" if query == "operations" else f"/w/desk/runs?{query}"
            times = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                client.get(path).raise_for_status()
                times.append(1000 * (time.perf_counter() - began))
            print(f"{path:<55} {_told(times)}")
        following: dict[str, str] = json.loads(client.get("/api/runs").text)["next"]
        began = time.perf_counter()
        client.get("/api/runs", params=following).raise_for_status()
        print(f"the page after: {1000 * (time.perf_counter() - began):.0f} ms")


def _told(values: list[float]) -> str:
    return f"p50 {median(values):.0f} ms, p95 {quantiles(values, n=20)[-1]:.0f} ms"


if __name__ == "__main__":
    main()
