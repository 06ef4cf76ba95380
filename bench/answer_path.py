"""What a question costs beside embedding, search and model; how long a cold start and `--help` take.

python bench/answer_path.py [examples/engineering-support]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.stages import Stage

QUESTIONS = (
    "How tight do the gland bolts of an HX-200 go?",
    "What pressure is the relief valve of the PU-55 set to?",
    "How long is the guarantee on an HX-250 that we received in March 2025?",
    "Which seal kit fits an HX-200 with serial 24-0731 for clean water?",
    "May the gasket of the casing be used again?",
)
ROUNDS = 20
NOT_OURS = (Stage.RETRIEVAL, Stage.GENERATION)
"""Embedding and search; the model (the extractive answerer embeds sentences too)."""


def main() -> None:
    """Print the stages' times, the rest, and the start-up times."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/engineering-support")
    stages, rest = asyncio.run(_timed(folder))
    for stage, values in stages.items():
        print(f"{stage:<12} p50 {median(values):7.2f} ms  p95 {_p95(values):7.2f} ms")
    print(
        f"{'the rest':<12} p50 {median(rest):7.2f} ms  p95 {_p95(rest):7.2f} ms   (all but retrieval, generation)"
    )
    for name, command in (
        ("--help", [sys.executable, "-m", "holdfast", "--help"]),
        ("ask, cold", [sys.executable, "-m", "holdfast", "ask", str(folder), QUESTIONS[0]]),
    ):
        print(f"{name:<12} median {median(_whole(command) for _ in range(7)):.3f} s of 7")


async def _timed(folder: Path) -> tuple[dict[str, list[float]], list[float]]:
    stages: dict[str, list[float]] = defaultdict(list)
    rest: list[float] = []
    principal = Principal(user="bench", groups=frozenset({"service"}))
    async with holdfast.open(folder) as flow:
        await flow.sync()
        await flow.ask(QUESTIONS[0], principal=principal)
        for question in QUESTIONS * ROUNDS:
            started = time.perf_counter()
            run = await flow.ask(question, principal=principal)
            whole = (time.perf_counter() - started) * 1000
            for record in run.stages:
                stages[record.stage].append(record.took_ms)
            rest.append(whole - sum(one.took_ms for one in run.stages if one.stage in NOT_OURS))
    return dict(stages), rest


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]


def _whole(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
