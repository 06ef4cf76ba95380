"""Measure the local embedder: build, load, query, and documents against a bare loop over the same session.

`python bench/embedding.py [CORPUS.jsonl] [--texts N] [--rounds N]`; without a corpus the texts are made
up. Bare: the same texts, the same order, the same number of threads, nothing but tokenise and
`session.run`. Rounds alternate and the best round of each counts, because neighbours on the machine only
ever slow a round down.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from holdfast.stages.embedding import pinned
from holdfast.stages.embedding.choose import models_get
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.graphs import build_graph
from holdfast.stages.embedding.local import LocalEmbedder, threads_here
from holdfast.stages.embedding.minilm import minilm

QUESTION = "Why does the pump lose pressure after an hour, number {}?"


def main() -> None:
    """Print every figure on a line of its own."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("corpus", nargs="?", type=Path)
    arguments.add_argument("--texts", type=int, default=96)
    arguments.add_argument("--rounds", type=int, default=8)
    asked = arguments.parse_args()
    texts = _texts(asked.corpus, asked.texts)
    model = models_get(print)
    started = time.perf_counter()
    models_get(print)
    print(f"models get again: {(time.perf_counter() - started) * 1e3:.0f} ms")
    _building(model)
    for precision in ("int8", "fp32"):
        _running(model, precision, texts, asked.rounds)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _texts(corpus: Path | None, count: int) -> list[str]:
    if corpus is None:
        line = "Tighten the flange bolts to {} Nm in a cross pattern, then check the seal for leaks. "
        return ["".join(line.format(i + j) for j in range(1 + i % 10)) for i in range(count)]
    with corpus.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return [f"{row.get('title', '')} {row['text']}"[:900] for row in rows]


def _building(model: Path) -> None:
    with tempfile.TemporaryDirectory() as empty:
        copy = Path(empty)
        for file in pinned.FILES:
            (copy / file.name).symlink_to(model / file.name)
        started = time.perf_counter()
        graph = build_graph(copy, "int8", lambda _: None)
        took = time.perf_counter() - started
        size = graph.path.stat().st_size / 1e6
        print(f"int8 graph: built in {took:.1f} s, {size:.1f} MB, cosine {graph.cosine:.4f}")


def _running(model: Path, precision: str, texts: list[str], rounds: int) -> None:
    graph = build_graph(model, precision, lambda _: None)
    embedder = minilm(model, graph, wanted=precision)
    runner = asyncio.Runner()
    started = time.perf_counter()
    runner.run(embedder.embed(["first"], kind="query"))
    print(f"{precision}: first query {(time.perf_counter() - started) * 1e3:.0f} ms (opens the graph)")
    encoder = TextEncoder(graph.path, model / pinned.TOKENIZER.name, max_tokens=pinned.MAX_TOKENS)
    lengths = [len(encoder.tokens(text)) for text in texts]
    with ThreadPoolExecutor(threads_here()) as pool:
        ways: dict[str, Callable[[], object]] = {
            "bare": lambda: _bare(encoder, texts, pool),
            "wrapped": lambda: runner.run(embedder.embed(texts, kind="document")),
        }
        took: dict[str, list[float]] = {way: [] for way in ways}
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, run in ways.items():
                before = time.process_time()
                took[way].append(_timed(run))
                spent[way].append(time.process_time() - before)
    bare, wrapped = (len(texts) / min(took[name]) for name in ("bare", "wrapped"))
    cpu = min(spent["bare"]) / min(spent["wrapped"])
    paired = np.median(np.array(took["bare"]) / np.array(took["wrapped"]))
    print(f"{precision}: {len(texts)} texts of {np.mean(lengths):.0f} tokens, {threads_here()} threads")
    print(f"{precision}: bare {bare:.1f}, wrapped {wrapped:.1f} texts/s: {wrapped / bare:.1%}")
    print(f"{precision}: the same by paired medians {paired:.1%}, by processor time {cpu:.1%}")
    print(f"{precision}: the same text by text on one thread {_by_text(encoder, texts, rounds):.1%}")
    waits = runner.run(_waits(embedder))
    print(f"{precision}: query p50 {np.median(waits):.2f}, p95 {np.quantile(waits, 0.95):.2f} ms")
    runner.close()


async def _waits(embedder: LocalEmbedder) -> list[float]:
    """Return milliseconds of one query after another."""
    waits = []
    for number in range(100):
        started = time.perf_counter()
        await embedder.embed([QUESTION.format(number)], kind="query")
        waits.append((time.perf_counter() - started) * 1e3)
    return waits


def _by_text(encoder: TextEncoder, texts: list[str], rounds: int) -> float:
    """Return the share of the time that is not ours: each text both ways in turn, the best of each counts."""
    best = np.full((2, len(texts)), np.inf)
    for _ in range(rounds):
        for place, text in enumerate(texts):
            for way, run in enumerate(
                (lambda text=text: _run(encoder, text), lambda text=text: encoder.encode(text))
            ):
                best[way, place] = min(best[way, place], _timed(run))
    bare, ours = best.sum(axis=1)
    return float(bare / ours)


def _bare(encoder: TextEncoder, texts: list[str], pool: ThreadPoolExecutor) -> None:
    """Run what cannot be left out: ids from the tokenizer, vectors from the session."""
    waiting = deque(sorted(texts, key=len, reverse=True))

    def work() -> None:
        while waiting:
            try:
                text = waiting.popleft()
            except IndexError:
                return
            _run(encoder, text)

    for worker in [pool.submit(work) for _ in range(threads_here())]:
        worker.result()


def _run(encoder: TextEncoder, text: str) -> None:
    session, tokenizer = encoder._session, encoder._tokenizer  # noqa: SLF001 bare is the point
    ids = np.array(tokenizer.encode_batch_fast([text])[0].ids, dtype=np.int64)
    session.run(["embedding"], {"input_ids": ids})


def _timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
