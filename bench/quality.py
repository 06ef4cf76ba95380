"""What the Quality page costs: 30 experiments of 500 cases on record, each page first and then again.

python bench/quality.py [EXPERIMENTS] [CASES]

"First" is the first request for a page after `holdfast up` was started anew, over HTTP: once right when the
server says that it listens, once two seconds later. Figures are on record as `holdfast eval` leaves them there,
but for the lines that say that none are kept.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import httpx2
from fastapi.responses import HTMLResponse

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.scores import Score
from holdfast.evaluating.headlines import keep_headlines
from holdfast.evaluating.measures import measures_of
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.experiments.identity import cases_digest, digests_of
from holdfast.session import Flow
from holdfast.storage import experiments as store
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of
from holdfast.web.experiment_page import experiment_page
from holdfast.web.people import Person, Role
from holdfast.web.quality_page import quality_page
from holdfast.web.visits import Visit
from holdfast.web.wording import wording
from holdfast.web.workbench import Desk, Workbench

DOCUMENTS = 50
ROUNDS, STARTS = 20, 5
CASE = """\
  - id: case-{n}
    kind: {kind}
    question: How tight is pump {n}?
    principal: {{user: ana}}
    expect:
      outcome: answer
      facts: ["{nm} Nm"]
      evidence: [{{document: d{nm}.md, quote: "The pump takes {nm} Nm."}}]
"""


async def main() -> None:
    """Print the time of each page, and what of it was CPU of this thread."""
    experiments, cases = (
        int(sys.argv[at]) if len(sys.argv) > at else default for at, default in ((1, 30), (2, 500))
    )
    with tempfile.TemporaryDirectory() as room:
        os.environ["HOLDFAST_HOME"] = f"{room}/home"
        async with holdfast.open(_written(Path(room) / "desk", cases)) as flow:
            await flow.sync()
            newest = _fill(flow, experiments)
            folder = flow.wiring.folder
            person = Person(principal=Principal(user="kim"), role=Role.OWNER)
            workbench = Workbench(desks={"desk": Desk(name="desk", flow=flow)}, local=person)
            visit = Visit(
                workbench=workbench, desk=workbench.first, person=person, t=wording("en"), theme="auto",
                url="/",
            )  # fmt: skip
            print(f"{experiments} experiments of {cases} cases; load {os.getloadavg()[0]:.1f}")
            _time("the list", lambda: quality_page(visit))
            _time("the newest beside the one before it", lambda: experiment_page(visit, newest))
            workbench.close()
            ids = [f"{number:012x}" for number in range(experiments)]
            keep_headlines(flow.wiring.database, ids, measures_of(flow.wiring).rules())
            for name, path in (("list", "quality"), ("newest experiment", f"quality/{newest}")):
                for wait_s in (0.0, 2.0):
                    _cold(f"{name}, {wait_s:.0f} s after the start", folder, path, wait_s)
            with flow.wiring.database.write() as connection:
                for one in ids:
                    store.keep_figures(connection, one, "")
            _cold("list, 0 s after the start, no figures kept", folder, "quality", 0.0, starts=1)


def _cold(name: str, folder: Path, path: str, wait_s: float, *, starts: int = STARTS) -> None:
    """Print how long the first request for a page takes after each start of a server."""
    took, lacking = [], 0
    for _ in range(starts):
        command = [sys.executable, "-m", "holdfast", "up", str(folder), "--port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            assert server.stdout is not None
            url = next(found[0] for line in server.stdout if (found := re.search(r"http://[\d.:]+", line)))
            time.sleep(wait_s)
            with httpx2.Client(base_url=url, timeout=60) as client:
                began = time.perf_counter()
                answer = client.get(f"/w/{folder.name}/{path}").raise_for_status()
                took.append(1000 * (time.perf_counter() - began))
                lacking += "refresh" in answer.headers
            server.terminate()
    print(
        f"{name}: first over HTTP p50 {median(took):.0f}, most {max(took):.0f} ms in {starts} starts "
        f"({lacking} with figures to come)"
    )


def _written(folder: Path, cases: int) -> Path:
    for name in ("documents", "golden"):
        (folder / name).mkdir(parents=True)
    for n in range(DOCUMENTS):
        (folder / "documents" / f"d{n}.md").write_text(f"# Pump\n\nThe pump takes {n} Nm.\n")
    text = "".join(
        CASE.format(n=n, nm=n % DOCUMENTS, kind=("common", "edge", "high-risk")[n % 3]) for n in range(cases)
    )
    (folder / "golden" / "cases.yaml").write_text(f"cases:\n{text}")
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
    )
    return folder


def _fill(flow: Flow, many: int) -> str:
    """Put experiments on record, the last two with runs; return the newest one's id."""
    cases = load_cases(flow.wiring.folder)
    digests = digests_of(cases)
    metrics = measures_of(flow.wiring).metrics
    chance, start = random.Random(7), datetime.now(UTC) - timedelta(days=many)
    for number in range(many):
        plan = Plan(
            workflow="desk", version=f"{number:016x}", cases=digests, cases_digest=cases_digest(digests)
        )
        at = start + timedelta(days=number)
        one = Experiment(
            id=f"{number:012x}", plan=plan, settings={}, prices={}, environment={}, user="kim",
            started_at=at, ended_at=at + timedelta(hours=1),
        )  # fmt: skip
        with flow.wiring.database.write() as connection:
            store.begin_experiment(connection, one)
            for n, case in enumerate(cases):
                is_right, run = chance.random() < 0.8, ""
                if number >= many - 2:
                    run = f"{number:016x}{n:016x}"
                    made = replace(run_of(run), item=case.item())
                    save_run(connection, made, evidence=[f"d{n % DOCUMENTS}.md"])
                row = CaseRun(
                    case=case.id, digest=digests[case.id], kind=case.kind, run=run,
                    outcome="answer" if is_right else "refusal", model="extractive",
                    scores=tuple(
                        Score(metric=metric.name, value=float(is_right), why="" if is_right else "wrong")
                        for metric in metrics
                    ),
                    took_s=chance.random(), documents=(f"d{n % DOCUMENTS}.md",),
                )  # fmt: skip
                store.record_case_runs(connection, one.id, [row])
    return f"{many - 1:012x}"


def _time(name: str, shown: Callable[[], HTMLResponse]) -> None:
    began = time.perf_counter()
    answer = shown()
    first = time.perf_counter() - began
    while "refresh" in answer.headers:
        time.sleep(0.2)
        answer = shown()
    settled = time.perf_counter() - began
    took, cpu = [], []
    for _ in range(ROUNDS):
        before = time.perf_counter(), time.thread_time()
        shown()
        took.append(1000 * (time.perf_counter() - before[0]))
        cpu.append(1000 * (time.thread_time() - before[1]))
    print(
        f"{name}: first {1000 * first:.0f} ms, all figures after {settled:.1f} s, then p50 {median(took):.0f} ms "
        f"({median(cpu):.0f} ms CPU), p95 {sorted(took)[int(0.95 * ROUNDS)]:.0f} ms, "
        f"{len(answer.body) / 1000:.0f} KB"
    )


if __name__ == "__main__":
    asyncio.run(main())
