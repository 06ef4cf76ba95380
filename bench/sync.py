"""How much of a sync is embedding: the same texts through a sync, and through the bare embedder.

python bench/sync.py DATASET [--documents 1500]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from holdfast.evaluation.beir import BeirSource
from holdfast.session import Flow
from holdfast.storage.schema import chunks
from holdfast.wire import wire_corpus

BATCH = 512


def main() -> None:
    """Print both times and their ratio, then the time of a sync that changes one document."""
    dataset = Path(sys.argv[1])
    limit = int(sys.argv[sys.argv.index("--documents") + 1]) if "--documents" in sys.argv else 1500
    with TemporaryDirectory() as folder:
        part = Path(folder) / "part"
        part.mkdir()
        lines = (dataset / "corpus.jsonl").read_text(encoding="utf-8").split("\n")[:limit]
        (part / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        asyncio.run(_measure(part, Path(folder)))


async def _measure(part: Path, state: Path) -> None:
    async with Flow(wire_corpus(BeirSource(part), state=state)) as flow:
        await flow.wiring.embedder.embed(["warm up"], kind="query")
        report = await flow.sync()
        with flow.wiring.database.read() as connection:
            rows = connection.execute(sa.select(chunks.c.context, chunks.c.text)).all()
        texts = [f"{row.context}\n{row.text}" if row.context else row.text for row in rows]
        started = time.perf_counter()
        for start in range(0, len(texts), BATCH):
            await flow.wiring.embedder.embed(texts[start : start + BATCH], kind="document")
        bare = time.perf_counter() - started
    print(f"{report.added} documents, {report.chunks} chunks")
    print(
        f"sync {report.took_s:.1f} s, bare embedder {bare:.1f} s: {bare / report.took_s:.0%} of its throughput"
    )
    changed = [
        json.loads(line) for line in (part / "corpus.jsonl").read_text(encoding="utf-8").split("\n") if line
    ]
    changed[0]["text"] += " One more sentence."
    (part / "corpus.jsonl").write_text("\n".join(map(json.dumps, changed)), encoding="utf-8")
    async with Flow(wire_corpus(BeirSource(part), state=state)) as flow:
        await flow.wiring.embedder.embed(["warm up"], kind="query")
        report = await flow.sync()
    tested = report.leak_test.took_ms if report.leak_test else 0.0
    print(
        f"one changed document: {report.updated} updated in {report.took_s:.2f} s, "
        f"of which the leak test took {tested:.0f} ms"
    )


if __name__ == "__main__":
    main()
