"""Time a reply that is taken from the cache, and a thousand calls that wait for one.

python bench/reply_cache.py [--hits 2000] [--replies 10000] [--passages 12] [--url sqlite:///PATH or postgresql://...]

The records hold 2,000 documents under 50 access lists and so many kept replies; a prompt shows twelve
passages of 900 characters from twelve documents. The ledger only remembers: what a real one takes comes on top.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.calling.accounts import Account
from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Passage, Prompt, Reply
from holdfast.stages.generation.cache import CacheModel
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.replies import keep_reply
from holdfast.testing.fakes import FakeModel
from holdfast.testing.replies import FakeLedger, publish

DOCUMENTS = 2_000
LISTS = 50
SLOW_MS = 1.0
WHO = Principal(user="ana", groups=frozenset(f"g{n}" for n in range(LISTS)))
ANSWER = "The gland bolts of the pump are tightened crosswise to thirty-five newton metres [1]. " * 6


def main() -> None:
    """Fill the records and print the times."""
    hits, kept = int(_option("--hits", "2000")), int(_option("--replies", "10000"))
    with TemporaryDirectory() as folder:
        database = open_database(_option("--url", sqlite_url(Path(folder) / "records.sqlite")))
        publish(database, {_path(n): [f"g{n % LISTS}"] for n in range(DOCUMENTS)})
        _fill(database, kept)
        asyncio.run(_report(database, hits))
        database.close()


def _fill(database: Database, kept: int) -> None:
    reply = Reply(text=ANSWER, model="fake:model", cost_usd=0.001)
    with database.write() as connection:
        for n in range(kept):
            keep_reply(
                connection, f"{n:064x}", reply, run=f"r{n}", principal="ana",
                documents=[_path(n + step) for step in range(12)], now=time.time(), keep_s=9_000,
            )  # fmt: skip


async def _report(database: Database, hits: int) -> None:
    writer = FakeModel(ANSWER.strip())
    model = CacheModel(
        writer,
        database=database,
        account=Account(ledger=FakeLedger()),
        settings_key="s",
        keep_s=9_000,
    )
    prompt = _prompt()
    await _asked(model, prompt)
    took, cpu, preempted = [], [], []
    for _ in range(hits):
        started, used, before = time.perf_counter(), time.process_time(), _preemptions()
        reply = await _asked(model, prompt)
        took.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        preempted.append(_preemptions() > before)
        assert reply.is_cached
    _tell("a hit", took)
    _tell("  its CPU", cpu)
    slow = [was for ms, was in zip(took, preempted, strict=True) if ms > SLOW_MS]
    print(f"  {len(slow)} took more than {SLOW_MS:g} ms; in {sum(slow)} another process had the processor")
    started = time.perf_counter()
    before = len(writer.prompts)
    one = _prompt()
    await asyncio.gather(*(_asked(model, one) for _ in range(1000)))
    print(
        f"1,000 identical calls at once: {(time.perf_counter() - started) * 1000:.0f} ms, "
        f"{len(writer.prompts) - before} calls of the model"
    )


def _tell(what: str, ms: list[float]) -> None:
    p50, p95, p99 = np.percentile(ms, [50, 95, 99])
    print(f"{what}: p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms ({len(ms)} hits)")


def _preemptions() -> int:
    """Return how often the processor was taken from this process before it gave it up."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


async def _asked(model: CacheModel, prompt: Prompt) -> Reply:
    call = Call(deadline=Deadline.after(60), principal=WHO, run="r")
    last = None
    async for piece in model.generate(prompt, call):
        last = piece
    assert isinstance(last, Reply)
    return last


def _prompt() -> Prompt:
    numbers = random.sample(range(DOCUMENTS), int(_option("--passages", "12")))
    text = "The gland bolts are tightened crosswise. " * 22
    passages = tuple(
        Passage(n=n, document=_path(number), text=text, start=0, end=len(text))
        for n, number in enumerate(numbers, 1)
    )
    shown = "\n".join(f"[{passage.n}] {passage.text}" for passage in passages)
    messages = (Message(role="system", text="Cite. " * 200), Message(role="user", text=shown))
    return Prompt(question="How tight?", messages=messages, passages=passages, output_tokens=500)


def _path(number: int) -> str:
    return f"manuals/{number % DOCUMENTS}.md"


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
