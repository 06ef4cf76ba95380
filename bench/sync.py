"""How much of a sync is embedding: the same texts through a sync and through the bare embedder, in turns.

    python bench/sync.py DATASET [--documents 400] [--rounds 4]

Each round takes the next documents: a sync of them in a folder of its own, then the bare embedder on the
very texts that it indexed, so that a busy minute hits both alike. The ratio is of the sums, in seconds and
in processor time (which neighbours disturb least). Then one document of the last round is changed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from holdfast.evaluation.beir import BeirSource
from holdfast.session import Flow
from holdfast.storage.schema import chunks
from holdfast.wire import wire_corpus

BATCH = 512


@dataclass(frozen=True, slots=True)
class Took:
    """What one half of a round took, and for how many chunks."""

    wall_s: float
    processor_s: float
    chunks: int = 0


def main() -> None:
    """Print each round, the ratio of the sums, and the time of a sync that changes one document."""
    dataset = Path(sys.argv[1])
    documents, rounds = int(_option("--documents", "400")), int(_option("--rounds", "4"))
    lines = (dataset / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    syncs, bares = [], []
    with TemporaryDirectory() as folder:
        for number in range(rounds):
            part = Path(folder) / f"part{number}"
            part.mkdir()
            some = lines[number * documents : (number + 1) * documents]
            (part / "corpus.jsonl").write_text("\n".join(some) + "\n", encoding="utf-8")
            sync, bare = asyncio.run(_round(part))
            print(
                f"{len(some)} documents, {sync.chunks} chunks: sync {sync.wall_s:.1f} s, bare {bare.wall_s:.1f} s"
            )
            syncs.append(sync)
            bares.append(bare)
        wall = sum(one.wall_s for one in bares) / sum(one.wall_s for one in syncs)
        processor = sum(one.processor_s for one in bares) / sum(one.processor_s for one in syncs)
        print(f"sync has {wall:.0%} of the bare embedder's throughput ({processor:.0%} by processor time)")
        asyncio.run(_changed(part))


async def _round(part: Path) -> tuple[Took, Took]:
    async with Flow(wire_corpus(BeirSource(part), state=part)) as flow:
        await flow.wiring.embedder.embed(["warm up"], kind="query")
        await flow.wiring.embedder.embed(["warm up"], kind="document")
        began = time.perf_counter(), time.process_time()
        report = await flow.sync()
        sync = _since(began, report.chunks)
        with flow.wiring.database.read() as connection:
            rows = connection.execute(sa.select(chunks.c.context, chunks.c.text)).all()
        texts = [f"{row.context}\n{row.text}" if row.context else row.text for row in rows]
        began = time.perf_counter(), time.process_time()
        for start in range(0, len(texts), BATCH):
            await flow.wiring.embedder.embed(texts[start : start + BATCH], kind="document")
        return sync, _since(began)


def _since(began: tuple[float, float], count: int = 0) -> Took:
    return Took(time.perf_counter() - began[0], time.process_time() - began[1], count)


async def _changed(part: Path) -> None:
    documents = [
        json.loads(line) for line in (part / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    documents[0]["text"] += " One more sentence."
    (part / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    async with Flow(wire_corpus(BeirSource(part), state=part)) as flow:
        await flow.wiring.embedder.embed(["warm up"], kind="query")
        report = await flow.sync()
    tested = report.leak_test.took_ms if report.leak_test else 0.0
    print(
        f"one changed document: {report.updated} updated in {report.took_s:.2f} s, "
        f"of which the leak test took {tested:.0f} ms"
    )


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
