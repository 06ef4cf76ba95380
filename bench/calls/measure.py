"""Measure systems in one process, in turns, and print one line of JSON; runs in any environment.

    python bench/calls/measure.py PLAN   (JSON: systems, urls, calls, rounds, at_once, text)

Turns matter: the machine's mood changes within seconds, and each system gets the same share of it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

# in the place of this folder, whose langchain.py would stand in the way of LangChain
sys.path[0] = str(Path(__file__).resolve().parents[1])

MESSAGES = [
    {
        "role": "system",
        "content": "Answer from the passages alone, and name the passage behind each sentence.",
    },
    {"role": "user", "content": "[1] Tighten the gland bolts of the HX-200 to 35 Nm.\n" * 20 + "How tight?"},
]


def main() -> None:
    """Measure as planned."""
    plan = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(_measured(plan))), flush=True)


async def _measured(plan: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    opened: dict[str, tuple[Any, Any]] = {}
    for name in plan["systems"]:
        module = import_module(f"calls.{name}")
        versions = {package: metadata.version(package) for package in module.PACKAGES}
        found[name] = {"title": module.TITLE, "how": module.HOW, "versions": versions}
        found[name] |= {
            kind: [] for kind in ("cpu_ms", "wall_ms", "stream_cpu_ms", "stream_wall_ms", "first_ms")
        }
        opened[name] = (module.System(plan["url"]), module.System(plan["paced_url"]))
        await _block(opened[name][0], plan["text"], calls=20, at_once=4, stream=False)
        await _block(opened[name][0], plan["text"], calls=20, at_once=4, stream=True)
    for turn in range(plan["rounds"]):
        names = plan["systems"] if turn % 2 == 0 else plan["systems"][::-1]
        for name in names:
            fast, paced = opened[name]
            for kind, stream in (("", False), ("stream_", True)):
                cpu, wall, _ = await _block(
                    fast, plan["text"], calls=plan["calls"], at_once=plan["at_once"], stream=stream
                )
                found[name][f"{kind}cpu_ms"].append(cpu)
                found[name][f"{kind}wall_ms"].append(wall)
            *_, firsts = await _block(paced, plan["text"], calls=10, at_once=1, stream=True)
            found[name]["first_ms"] += firsts
    for systems in opened.values():
        for one in systems:
            await one.close()
    return found


async def _block(
    system: Any, text: str, *, calls: int, at_once: int, stream: bool
) -> tuple[float, float, list[float]]:
    """Return CPU and wall milliseconds a call, and the milliseconds to each first piece."""
    firsts: list[float] = []

    async def worker(count: int) -> None:
        for _ in range(count):
            said, first = await system.call(MESSAGES, stream=stream)
            if said != text:
                sys.exit(f"measure: {type(system).__module__} got {said!r}")
            firsts.append(1000 * first)

    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker(calls // at_once) for _ in range(at_once)))
    done = calls // at_once * at_once / 1000
    return (time.process_time() - cpu) / done, (time.perf_counter() - wall) / done, firsts


if __name__ == "__main__":
    main()
