"""500 bare cases with DeepEval: a metric that waits as the task does, `max_concurrent`."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import time
from typing import Any

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase

COUNT, AT_ONCE, TASK_S = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


class Waiting(BaseMetric):
    """DeepEval scores outputs that are there already, so the wait stands where a judge would be called."""

    threshold = 0.5
    async_mode = True
    evaluation_model = "none"
    include_reason = False
    strict_mode = False

    def measure(self, _test_case: Any, *_args: Any, **_more: Any) -> float:
        """Wait and pass."""
        time.sleep(TASK_S)
        self.score, self.success = 1.0, True
        return self.score

    async def a_measure(self, _test_case: Any, *_args: Any, **_more: Any) -> float:
        """Wait and pass."""
        await asyncio.sleep(TASK_S)
        self.score, self.success = 1.0, True
        return self.score

    def is_successful(self) -> bool:
        """Return whether it passed."""
        return self.success

    @property
    def __name__(self) -> str:
        return "waiting"


def main() -> None:
    """Print the seconds."""
    cases = [LLMTestCase(input=f"{n}", actual_output=f"{n}", expected_output=f"{n}") for n in range(COUNT)]
    quiet = DisplayConfig(show_indicator=False, print_results=False)
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        evaluate(
            cases, [Waiting()], display_config=quiet, cache_config=CacheConfig(write_cache=False),
            async_config=AsyncConfig(run_async=True, max_concurrent=AT_ONCE, throttle_value=0),
        )  # fmt: skip
    took = time.perf_counter() - began
    print(json.dumps({"took_s": took}))


main()
