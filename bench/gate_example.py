"""How often the gate cries wolf on the example's whole path, and finds a drop there.

    python bench/gate_example.py [comparisons at each rate of flips, 300 if not given] [examples/engineering-support]

A scripted model (`bench/scripted_reader.py`) answers the golden cases through the whole path: retrieval, prompt, HTTP,
checks, decisions, evaluators. A share of its replies, 10, 20 or 30%, comes out otherwise: declined where it would
answer, answered where it would decline. A true drop of 10 points is one of the expected share of right outcomes: at
flips f, 10% / (1 - 2 f) of the cases, all right before, have their usual reply exchanged for the other.

Everything but the reply is the same every time, so the two experiments that are run, one with each reply, hold every
run there can be; a third and a fourth, in which replies are drawn by seed, are run to prove it: each of their rows has
to be one of the two. Comparisons are then drawn from these rows, and go the gate's way: first look, repeats of what is
unclear or may be a new failure within its budget, second look.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
import scripted_reader
from scripted_reader import Asked, read, read_otherwise

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun
from holdfast.evaluating.laboratory import Order
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.wanted import wanted_of
from holdfast.evaluation.experiments.baseline_files import Baseline, read_baseline
from holdfast.evaluation.experiments.comparing import Comparison, Rules, compare, further_runs, look_again
from holdfast.evaluation.gate.false_alarms import rate
from holdfast.workflow import set_value

FLIPS = (0.1, 0.2, 0.3)
DROPS = (0.1, 0.05)
BUDGET = 2
"""Repeats may cost this many times the first look, as `holdfast eval` has it."""
PROOFS = (0.1, 0.3)
RIGHT = "outcome_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Every case's run with the reply as read, and with the other one."""

    usual: Mapping[str, CaseRun]
    other: Mapping[str, CaseRun]

    def run(self, case: str, *, is_other: bool, repeat: int) -> CaseRun:
        """Return a run of a case."""
        return replace((self.other if is_other else self.usual)[case], repeat=repeat)


def main() -> None:
    """Print both tables."""
    comparisons = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    example = Path(sys.argv[2] if len(sys.argv) > 2 else "examples/engineering-support")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="holdfast-gate-example-") as temporary:
        replies, rules = whole_path(example, Path(temporary))
    print(f"{len(replies.usual)} cases through the whole path: {time.perf_counter() - began:.0f} s")
    same = [[compared(replies, rules, seed, flips=flips) for seed in range(comparisons)] for flips in FLIPS]
    report("nothing changed, flips 10 to 30%", list(chain.from_iterable(same)))
    for flips, made in zip(FLIPS, same, strict=True):
        report(f"nothing changed, flips {flips:.0%}", made)
    for drop in DROPS:
        for flips in FLIPS:
            made = [
                compared(replies, rules, seed, flips=flips, drop=drop) for seed in range(comparisons // 4)
            ]
            report(f"a true drop of {drop:.0%}, flips {flips:.0%}", made)
    print(f"{time.perf_counter() - began:.0f} s")


# --- the whole path -------------------------------------------------------------------------------


def whole_path(example: Path, room: Path) -> tuple[Replies, Rules]:
    """Return every run there can be, and how the gate judges the workflow."""
    os.environ.setdefault(scripted_reader.KEY, "any")
    reader = Switched()
    with scripted_reader.serving(reader) as server:
        folder = room / "engineering-support"
        copytree(example, folder, ignore=ignore_patterns(".holdfast"))
        (folder / "golden" / "baseline.json").unlink()
        set_value(folder / "workflow.yaml", "generation.rungs", [scripted_reader.rung(server.openai_url)])
        set_value(folder / "workflow.yaml", "generation.extractive", value=False)
        reader.now = read
        usual = rows_of(folder, room / "usual.json")
        reader.now = read_otherwise
        other = rows_of(folder, room / "other.json")
        replies = Replies(usual=usual, other=other)
        print(
            f"cases that the reply changes: {sum(differs(replies, case) for case in usual)} of {len(usual)}"
        )
        for seed, flips in enumerate(PROOFS):
            reader.now = drawn_by(seed, flips)
            mixed = rows_of(folder, room / f"mixed-{seed}.json")
            prove(replies, mixed, flips)
    return replies, asyncio.run(_rules(folder))


class Switched:
    """A reader that is another one from experiment to experiment."""

    now: Callable[[Asked], str]

    def __call__(self, asked: Asked) -> str:
        """Answer as the reader of the moment does."""
        return self.now(asked)


def drawn_by(seed: int, flips: float) -> Callable[[Asked], str]:
    """Return a reader whose replies come out otherwise in this share of the prompts."""

    def reader(asked: Asked) -> str:
        digest = hashlib.sha256(f"{seed} {asked.text}".encode()).digest()
        return (read_otherwise if int.from_bytes(digest[:4]) < flips * 2**32 else read)(asked)

    return reader


def rows_of(folder: Path, file: Path) -> dict[str, CaseRun]:
    """Return an experiment's row of each case."""
    command = ["eval", str(folder), "--fresh", "--save-baseline", str(file), "--json"]
    subprocess.run([sys.executable, "-m", "holdfast", *command], capture_output=True, check=False)
    return {row.case: row for row in read_baseline(file).rows}


def differs(replies: Replies, case: str) -> bool:
    """Return whether a case ends or scores otherwise with the other reply."""
    return _figures(replies.usual[case]) != _figures(replies.other[case])


def prove(replies: Replies, mixed: Mapping[str, CaseRun], flips: float) -> None:
    """Raise unless each run with drawn replies is one of the two there can be; print how many were the other."""
    strangers = [
        case for case, row in mixed.items()
        if _figures(row) not in (_figures(replies.usual[case]), _figures(replies.other[case]))
    ]  # fmt: skip
    if strangers:
        raise RuntimeError(f"runs that are neither of the two: {', '.join(strangers)}")
    other = sum(_figures(row) != _figures(replies.usual[case]) for case, row in mixed.items())
    print(f"drawn replies at {flips:.0%}: all {len(mixed)} runs are one of the two, {other} the other one")


def _figures(row: CaseRun) -> tuple[str, dict[str, float | None]]:
    return row.outcome, {one.metric: one.value for one in row.scores}


async def _rules(folder: Path) -> Rules:
    async with holdfast.open(folder) as flow:
        reader = Principal(user="bench")
        return wanted_of(flow, measures_of(flow.wiring), Order(at_once=1), reader=reader, who="bench").rules


# --- comparisons ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One comparison."""

    worse: tuple[str, ...]
    is_failed: bool
    threshold: tuple[str, ...]
    """Metrics whose mean was lower by more than their margin at the first look."""
    is_new_failure: bool
    is_harm_in_sum: bool
    unstable: int
    """Cases that are told as unstable on both sides of a protective metric."""
    cost: float
    """Beside the first look's."""


def compared(replies: Replies, rules: Rules, seed: int, *, flips: float, drop: float = 0.0) -> Judged:
    """Return a comparison of the reader with itself, or with one that is right so much less often."""
    rng = np.random.default_rng(seed)
    right = [case for case, row in replies.usual.items() if _is_right(row) and differs(replies, case)]
    count = min(round(drop * len(replies.usual) / (1 - 2 * flips)), len(right))
    lost = set(rng.choice(right, size=count, replace=False)) if count else set[str]()

    def runs(times: Mapping[str, int], first: int, *, is_candidate: bool) -> list[CaseRun]:
        return [
            replies.run(
                case,
                is_other=bool((is_candidate and case in lost) != (rng.random() < flips)),
                repeat=first + repeat,
            )
            for case, count in times.items()
            for repeat in range(count)
        ]

    once = dict.fromkeys(replies.usual, 1)
    before, now = (runs(once, 0, is_candidate=side) for side in (False, True))
    baseline = Baseline(name="before", version="", cases_digest="", rows=tuple(before))
    look = compare(baseline, now, rules, first=1, may_repeat=True)
    plan, more = further_runs(look, budget_runs=BUDGET * 2 * len(once), seed=seed)
    before += runs(_most({one.case: one.baseline_times} for one in more), 1, is_candidate=False)
    now += runs(_most({one.case: one.times} for one in more), 1, is_candidate=True)
    last = look_again(look, replace(baseline, rows=tuple(before)), now, rules, plan)
    return _judged(look, last, cost=(len(before) + len(now)) / (2 * len(once)))


def _is_right(row: CaseRun) -> bool:
    score = row.score(RIGHT)
    return score is not None and score.value == 1.0


def _most(wanted: Sequence[Mapping[str, int]] | object) -> dict[str, int]:
    times: dict[str, int] = {}
    for one in wanted:  # type: ignore[attr-defined]
        for case, count in one.items():
            times[case] = max(times.get(case, 0), count)
    return times


def _judged(look: Comparison, last: Comparison, *, cost: float) -> Judged:
    verdicts = last.outcome.verdicts
    return Judged(
        worse=tuple(one.metric.name for one in verdicts if one.result == "worse"),
        is_failed=last.outcome.result == "fail",
        threshold=tuple(
            one.metric.name for one in look.outcome.verdicts if one.difference is not None and one.difference < -one.margin
        ),
        is_new_failure=any(one.is_confirmed for one in last.new_failures),
        is_harm_in_sum=any("in sum over" in line for line in last.outcome.failed),
        unstable=sum(map(len, last.unstable_harm.values())),
        cost=cost,
    )  # fmt: skip


def report(name: str, made: Sequence[Judged]) -> None:
    """Print how often each thing was said."""
    costs = [one.cost for one in made]
    print(
        f"\n{name}: {len(made)} comparisons at {np.mean(costs):.2f} times the first look's cost, at most "
        f"{max(costs):.2f}; {np.mean([one.unstable for one in made]):.1f} cases told as unstable on both sides"
    )
    lines: dict[str, Callable[[Judged], object]] = {
        "any metric *worse*": lambda one: one.worse,
        f"{RIGHT} *worse*": lambda one: RIGHT in one.worse,
        "a new failure of a single case confirmed": lambda one: one.is_new_failure,
        "harm confirmed in sum only": lambda one: one.is_harm_in_sum and not one.is_new_failure,
        "the gate fails, for any of these": lambda one: one.is_failed,
        f"a plain threshold on {RIGHT} says worse": lambda one: RIGHT in one.threshold,
        "a plain threshold on any metric says worse": lambda one: one.threshold,
    }
    for what, is_so in lines.items():
        found = rate(sum(bool(is_so(one)) for one in made), len(made))
        print(f"  {what:<46} {found.share:6.1%} [{found.low:.1%}, {found.high:.1%}]")


if __name__ == "__main__":
    main()
