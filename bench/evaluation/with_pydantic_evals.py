"""500 bare cases with pydantic-evals: a dataset of cases, one evaluator, `max_concurrency`."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected

COUNT, AT_ONCE, TASK_S = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


async def task(inputs: str) -> str:
    """Wait."""
    await asyncio.sleep(TASK_S)
    return inputs


async def main() -> None:
    """Print the seconds."""
    cases = [Case(name=f"c{n}", inputs=f"{n}", expected_output=f"{n}") for n in range(COUNT)]
    dataset = Dataset(name="bare", cases=cases, evaluators=[EqualsExpected()])
    began = time.perf_counter()
    report = await dataset.evaluate(task, max_concurrency=AT_ONCE, progress=False)
    took = time.perf_counter() - began
    assert len(report.cases) == COUNT
    print(json.dumps({"took_s": took}))


asyncio.run(main())
