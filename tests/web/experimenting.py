"""Golden cases of the small workflow, with experiments that are run as a program runs them."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

import holdfast
from holdfast.domain.access import Principal
from holdfast.evaluating.evaluate import Evaluated, evaluate
from holdfast.evaluating.laboratory import Laboratory, Order
from holdfast.evaluating.measures import measures_with_judges
from holdfast.evaluating.wanted import wanted_of

CASES = """\
cases:
  - id: warranty-months
    kind: common
    question: How long does the warranty of the HX-200 pump last?
    principal: {user: ana}
    expect:
      outcome: answer
      facts: ["24 months"]
      evidence: [{document: warranty.md, quote: "The warranty of the HX-200 pump lasts 24 months from delivery."}]
  - id: gland-torque
    kind: edge
    question: How tight are the gland bolts of the HX-200?
    principal: {user: ana}
    expect:
      outcome: answer
      facts: ["35 Nm"]
      evidence: [{document: gland.md, quote: "Tighten the gland bolts of the HX-200 to 35 Nm."}]
  - id: hidden-valve
    kind: high-risk
    question: At how many bar does the hidden valve of the KD-7 open?
    principal: {user: emil, groups: [service]}
    expect:
      outcome: answer
      facts: ["9 bar"]
      evidence: [{document: service/notes.md, quote: "The hidden valve of the KD-7 opens at 9 bar."}]
  - id: secret-price
    kind: common
    question: What does the HX-200 pump cost?
    principal: {user: emil, groups: [sales]}
    expect:
      outcome: answer
      facts: ["1,950 EUR"]
      evidence: [{document: pricing/list.md, quote: "The HX-200 pump costs 1,940 EUR."}]
  - id: injured
    kind: escalate
    question: Somebody was injured.
    principal: {user: ana}
    expect: {outcome: escalation}
"""


def write_cases(folder: Path, text: str = CASES) -> None:
    """Write the golden cases of a workflow."""
    (folder / "golden").mkdir(exist_ok=True)
    (folder / "golden" / "cases.yaml").write_text(text, encoding="utf-8")


def work_cases(folder: Path, *, against: str = "", repeats: int = 1) -> Evaluated:
    """Sync the workflow and work its golden cases, on record in its own database."""

    async def worked() -> Evaluated:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            measures = await measures_with_judges(flow.wiring)
            reader = Principal(user="kim", groups=frozenset({"service", "sales"}))
            order = Order(at_once=2, repeats=repeats)
            wanted = wanted_of(flow, measures, order, reader=reader, who="kim")
            laboratory = Laboratory(flow.wiring.database, user="kim")
            return await evaluate(flow, laboratory, wanted, against=against)

    # In a thread of its own: the browser's side runs an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(worked())).result()


def settled(client: httpx2.Client, path: str) -> str:
    """Return a page once its figures are there."""
    until = time.monotonic() + 60
    while True:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        if "refresh" not in answer.headers:
            return answer.text
        assert time.monotonic() < until, f"{path} never settles"
        time.sleep(0.1)
