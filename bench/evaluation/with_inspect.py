"""500 bare cases with Inspect: a solver that waits, a scorer, `max_samples`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from typing import Any

from inspect_ai import Task, eval  # noqa: A004
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import solver

COUNT, AT_ONCE, TASK_S = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


@solver
def waiting() -> Any:
    """Return a solver that waits."""

    async def solve(state: Any, _generate: Any) -> Any:
        await asyncio.sleep(TASK_S)
        state.output.completion = state.input_text
        return state

    return solve


def main() -> None:
    """Print the seconds."""
    task = Task(
        dataset=[Sample(id=n, input=f"{n}", target=f"{n}") for n in range(COUNT)],
        solver=waiting(),
        scorer=match(),
    )
    with tempfile.TemporaryDirectory() as logs:
        began = time.perf_counter()
        (log,) = eval(task, model="mockllm/model", max_samples=AT_ONCE, log_dir=logs, display="none")
        took = time.perf_counter() - began
    assert log.status == "success"
    print(json.dumps({"took_s": took}))


main()
