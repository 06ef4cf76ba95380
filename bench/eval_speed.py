"""How fast 500 bare cases of 200 ms go, 50 at a time, beside other harnesses; what a case costs on the whole path.

python bench/eval_speed.py [examples/engineering-support] [--peer NAME=WHERE ...]

NAME is pydantic-evals, inspect or deepeval, WHERE the interpreter of an environment that has it; or promptfoo,
and the folder where npm installed it. Each runs `bench/evaluation/with_NAME` in a process of its own and prints
its seconds. A perfect harness needs 2.0 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.items import WorkItem
from holdfast.domain.runs import Run
from holdfast.domain.scores import Score
from holdfast.evaluating.evaluate import evaluate
from holdfast.evaluating.laboratory import Laboratory, Order
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.scribe import Scribe
from holdfast.evaluating.wanted import wanted_of
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.experiments.running import Desk, Job, Worked, run_cases
from holdfast.opening import open as open_workflow
from holdfast.session import Flow
from holdfast.storage import experiments as store
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.runs import save_runs
from holdfast.testing.records import run_of

CASES, AT_ONCE, TASK_S = 500, 50, 0.2
BEST_S = CASES / AT_ONCE * TASK_S
ROUNDS = 5
WHOLE_ROUNDS = 7
QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "INSPECT_DISPLAY": "none",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
}
"""What keeps the others from calling home, and from drawing."""


def main() -> None:
    """Print seconds of each harness, and CPU of a case above `ask --file`."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", default="examples/engineering-support", type=Path)
    arguments.add_argument("--peer", action="append", default=[], metavar="NAME=WHERE")
    arguments.add_argument("--bare-only", action="store_true", help="leave the whole path out")
    wanted = arguments.parse_args()
    print(f"{CASES} cases of {TASK_S * 1000:.0f} ms, {AT_ONCE} at a time; best possible {BEST_S:.1f} s")
    harnesses: dict[str, Callable[[], float]] = {"holdfast": bare}
    for peer in wanted.peer:
        name, _, where = peer.partition("=")
        harnesses[name] = partial(beside, name, where)
    seconds: dict[str, list[float]] = {name: [] for name in harnesses}
    for _ in range(ROUNDS):  # in turns: a busy moment of the machine is everybody's
        for name, run in harnesses.items():
            seconds[name].append(run())
    for name, took in seconds.items():
        told(name, took)
    if not wanted.bare_only:
        asyncio.run(whole_path(wanted.folder))


def told(name: str, seconds: Sequence[float]) -> None:
    """Print best and median of the rounds."""
    best, middle = min(seconds), median(seconds)
    rounds = ", ".join(f"{one:.2f}" for one in seconds)
    print(
        f"{name:<16} best {best:5.2f} s, {best / BEST_S:.2f} x the best possible; median {middle:5.2f} s ({rounds})"
    )


def bare() -> float:
    """Return the seconds of all cases, every run and row put into a database of its own as in use."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "records.db"))
        jobs = [
            Job(case=Case(id=f"c{n}", question="How much?", principal=Principal(user="ana"), expect=Expectation(outcome="answer")), digest="")
            for n in range(CASES)
        ]  # fmt: skip
        plan = Plan(workflow="bare", version="v", cases={job.case.id: "" for job in jobs}, cases_digest="d")
        with database.write() as connection:
            store.begin_experiment(
                connection,
                Experiment(
                    id="e",
                    plan=plan,
                    settings={},
                    prices={},
                    environment={},
                    user="bench",
                    started_at=datetime.now(UTC),
                ),
            )
        began = time.perf_counter()
        tally = asyncio.run(run_cases(jobs, bare_desk(database), at_once=AT_ONCE))
        took = time.perf_counter() - began
        assert len(tally.rows) == CASES
        database.close()
    return took


def bare_desk(database: Database) -> Desk:
    """Return a desk whose work is to wait, and whose records are real."""

    def put_down(entries: Sequence[tuple[Run, CaseRun]]) -> None:
        with database.write() as connection:
            save_runs(connection, [(run, ["a.md"]) for run, _ in entries])
            store.record_case_runs(connection, "e", [row for _, row in entries])

    scribe = Scribe(put_down)

    async def work(job: Job) -> Worked:
        await asyncio.sleep(TASK_S)
        run = run_of(job.case.id)

        async def keep(row: CaseRun) -> None:
            await scribe.put((run, row))

        return Worked(run=run, keep=keep)

    async def score(_case: Case, _run: Run, _first: float | None) -> Sequence[Score]:
        return (Score(metric="right", value=1.0),)

    async def unrun(_row: CaseRun) -> None:
        raise AssertionError

    return Desk(work=work, score=score, keep_unrun=unrun)


def beside(name: str, where: str) -> float:
    """Return the seconds that another harness says it took; it stops the clock around its own call."""
    script = Path(__file__).parent / "evaluation" / f"with_{name.replace('-', '_')}"
    figures = [str(CASES), str(AT_ONCE), str(TASK_S)]
    of_node = script.with_suffix(".mjs")
    command = (
        ["node", str(of_node), *figures, where]
        if of_node.exists()
        else [where, str(script.with_suffix(".py")), *figures]
    )
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, **QUIET}
    )
    if ended.returncode:
        print(ended.stderr[-800:], file=sys.stderr)
        return float("nan")
    return float(json.loads(ended.stdout.splitlines()[-1])["took_s"])


async def whole_path(source: Path) -> None:
    """Print the CPU of a case asked as `ask --file` asks it, and as `eval` works it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(
            shutil.copytree(source, Path(temporary) / "work", ignore=shutil.ignore_patterns(".holdfast"))
        )
        (folder / "golden" / "baseline.json").unlink(missing_ok=True)
        async with open_workflow(folder) as flow:
            await flow.sync()
            cases = load_cases(folder)
            items = [case.item() for case in cases]
            await asked(flow, [WorkItem(id="w", question="Where?", principal=Principal(user="bench"))])
            first = await cpu_ms(asked(flow, items), len(items))
            pairs = [
                (
                    await cpu_ms(asked(flow, items), len(items)),
                    await cpu_ms(evaluated(flow), len(cases)),
                )
                for _ in range(WHOLE_ROUNDS)
            ]
    print(f"CPU of a case, {len(cases)} cases, {WHOLE_ROUNDS} rounds in turns; median (least to greatest)")
    print(f"ask --file, each question the first time   {first:5.1f} ms")
    shown("ask --file, asked before", [ask for ask, _ in pairs])
    shown("eval", [work for _, work in pairs])
    shown("eval above ask --file", [work - ask for ask, work in pairs])


async def cpu_ms(work: Awaitable[None], count: int) -> float:
    """Return the milliseconds of processor time that each of `count` takes, all threads together."""
    began = time.process_time()
    await work
    return (time.process_time() - began) / count * 1000


def shown(name: str, values: Sequence[float]) -> None:
    """Print median and spread."""
    print(f"{name:<42} {median(values):5.1f} ms ({min(values):.1f} to {max(values):.1f})")


async def asked(flow: Flow, items: Sequence[object]) -> None:
    """Ask the items as `ask --file` does."""
    waiting: list[asyncio.Task[object]] = []
    for item in items:
        waiting.append(asyncio.create_task(flow.ask(item)))  # type: ignore[arg-type]
        if len(waiting) >= 4:
            await waiting.pop(0)
    await asyncio.gather(*waiting)


async def evaluated(flow: Flow) -> None:
    """Work the golden cases as `eval` does."""
    order = Order(at_once=4, is_fresh=True)
    wanted = wanted_of(flow, measures_of(flow.wiring), order, reader=Principal(user="bench"), who="bench")
    ended = await evaluate(
        flow, Laboratory(flow.wiring.database, user="bench"), replace(wanted, extra_runs=0)
    )
    assert not ended.report.not_run


if __name__ == "__main__":
    main()
