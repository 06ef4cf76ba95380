"""A storm: the primary fails in 30% of calls and stalls in 5%, the secondary is healthy.

    python bench/storm.py [--items 2000] [--at-once 50] [--delay-s 0.2]

First the healthy run (a tenth of the items) gives the p95; the storm's deadline is four times that. Asked: at
least 99.9% of the items are answered, and not degraded, within the deadline (another model of the ladder that
passed the checks is a fallback, an extract is degraded), extra calls stay within the retry budget,
the breaker opens and closes, and the ledger has a row for every request that the servers got. Then the primary
recovers, and the breaker has to close. Exit code 1 when one of these does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

import holdfast
from holdfast.calling.retrying import FREE_EXTRA_CALLS
from holdfast.domain.access import Principal
from holdfast.domain.outcomes import Answer
from holdfast.domain.runs import Run
from holdfast.session import Flow
from holdfast.testing.provider import Fault, Mix, ProviderServer, Scripted

QUESTION = "How tight are the gland bolts of the HX pumps, case {number}?"
"""Each another one, so that no two share a call."""
ANSWER = "Tighten the gland bolts to 35 Nm [1]."
DOCUMENT = "# Gland\n\nTighten the gland bolts of every HX pump to 35 Nm.\n"
EXTRA_SHARE = 0.2
ERRORS, STALLS = 0.3, 0.05
WORKFLOW = """\
name: storm
embedding: {{model: lsa}}
sources: [{{files: documents, access: [everyone]}}]
generation:
  deadline_s: {deadline}
  retry: {{tries: 3, first_wait_s: 0.05, longest_wait_s: 0.5, extra_share: {share}}}
  breaker: {{failing_share: 0.3, rest_s: 1}}
  rungs:
    - {{provider: openai, model: primary, base_url: "{primary}"}}
    - {{provider: openai, model: secondary, base_url: "{secondary}"}}
"""


@dataclass(slots=True)
class Said(logging.Handler):
    """Counts what the breakers said."""

    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self)

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Count openings and closings."""
        said = record.getMessage()
        self.counted["opened"] += "its breaker opens" in said
        self.counted["closed"] += "its breaker is closed" in said


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """How a number of items went."""

    runs: list[Run]
    took_s: list[float]
    cpu_s: float

    def p95_s(self) -> float:
        """Return the 95th percentile of the seconds."""
        return sorted(self.took_s)[int(0.95 * len(self.took_s))]

    def by_model(self) -> Counter[str]:
        """Return how many items each model answered."""
        return Counter(run.model.rpartition(":")[2] for run in self.runs)


async def worked(flow: Flow, items: int, at_once: int) -> Worked:
    """Ask so many different questions, so many at a time."""
    turn, took, cpu = asyncio.Semaphore(at_once), [], time.process_time()

    async def one(number: int) -> Run:
        async with turn:
            began = time.perf_counter()
            run = await flow.ask(QUESTION.format(number=number), principal=Principal(user="storm"))
            took.append(time.perf_counter() - began)
            return run

    runs = await asyncio.gather(*map(one, range(items)))
    return Worked(runs=list(runs), took_s=took, cpu_s=time.process_time() - cpu)


def _firsts(run: Run) -> int:
    """Return how many first calls of the primary a run made."""
    return sum(one.number == 1 and one.model.endswith("primary") for one in run.attempts)


def declare(folder: Path, deadline_s: float, primary: ProviderServer, secondary: ProviderServer) -> None:
    """Write the workflow."""
    text = WORKFLOW.format(
        deadline=deadline_s, share=EXTRA_SHARE, primary=primary.openai_url, secondary=secondary.openai_url
    )
    (folder / "workflow.yaml").write_text(text, encoding="utf-8")


async def storm(folder: Path, items: int, at_once: int, delay_s: float) -> bool:
    """Print how the storm went; return whether all that is asked holds."""
    healthy = Scripted(text=ANSWER, delay_s=delay_s, input_tokens=100, output_tokens=20)
    weather: list[Callable[[object], Scripted]] = [lambda _request: healthy]

    def as_it_is(request: object) -> Scripted:
        return weather[-1](request)

    with ProviderServer(as_it_is) as primary, ProviderServer([healthy]) as secondary:
        declare(folder, 60, primary, secondary)
        async with holdfast.open(folder) as flow:
            await flow.sync()
            calm = await worked(flow, max(at_once * 2, items // 10), at_once)
        deadline_s = round(4 * calm.p95_s(), 2)
        before = (primary.account.requests, secondary.account.requests)
        weather.append(Mix({Fault.SERVER_ERROR: ERRORS, Fault.STALL: STALLS}, seed=7, otherwise=healthy))
        declare(folder, deadline_s, primary, secondary)
        said = Said()
        logging.getLogger("holdfast.calling.breaker").addHandler(said)
        async with holdfast.open(folder) as flow:
            wild = await worked(flow, items, at_once)
            weather.append(lambda _request: healthy)
            await asyncio.sleep(1.5)
            after = await worked(flow, at_once, at_once)
            with flow.wiring.database.read() as connection:
                rows = connection.execute(sa.text("select count(*) from ledger")).scalar()
                left = connection.execute(
                    sa.text("select count(*) from ledger where status = 'open'")
                ).scalar()
        served = primary.account.requests + secondary.account.requests
        # The budget looks back ten minutes, so that the healthy calls count as well.
        first_calls = before[0] + sum(_firsts(run) for run in wild.runs)
        extra = sum(one.number > 1 or one.is_hedge for run in wild.runs for one in run.attempts)
    answered = sum(
        isinstance(run.outcome, Answer) and not run.degraded and took <= deadline_s + 0.25
        for run, took in zip(wild.runs, wild.took_s, strict=True)
    )
    checks = {
        f"answers that are not degraded: {answered} of {items} ({answered / items:.2%}, asked 99.9%)": answered
        >= 0.999 * items,
        f"extra calls: {extra} (at most {EXTRA_SHARE:.0%} of {first_calls} and {FREE_EXTRA_CALLS})": extra
        <= EXTRA_SHARE * first_calls + FREE_EXTRA_CALLS,
        f"breaker opened {said.counted['opened']} times, closed {said.counted['closed']}": said.counted[
            "opened"
        ]
        > 0
        and said.counted["closed"] > 0,
        f"after the storm: {dict(after.by_model())}": after.by_model()["primary"] > 0,
        f"ledger rows {rows}, requests served {served}, left open {left}": rows == served and not left,
    }
    print(f"healthy: p95 {calm.p95_s():.2f} s, {before[0]}+{before[1]} requests, by {dict(calm.by_model())}")
    print(
        f"storm: deadline {deadline_s:.2f} s, p95 {wild.p95_s():.2f} s, most {max(wild.took_s):.2f} s, "
        f"by {dict(wild.by_model())}, {1000 * wild.cpu_s / items:.1f} ms CPU an item (both servers included)"
    )
    ends = Counter(attempt.status for run in wild.runs for attempt in run.attempts)
    print(f"attempts: {dict(ends)}")
    marked = {mark: sum(bool(getattr(run, mark)) for run in wild.runs) for mark in ("fallback", "degraded")}
    print(f"marked: {marked}")
    for told, holds in checks.items():
        print(f"{'ok  ' if holds else 'MISS'} {told}")
    return all(checks.values())


def main() -> None:
    """Run the storm, and say by the exit code whether it was weathered."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--delay-s", type=float, default=0.2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-storm-") as folder:
        (Path(folder) / "documents").mkdir()
        (Path(folder) / "documents" / "gland.md").write_text(DOCUMENT, encoding="utf-8")
        holds = asyncio.run(storm(Path(folder), asked.items, asked.at_once, asked.delay_s))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
