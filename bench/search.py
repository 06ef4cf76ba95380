"""Time one search of the local index, phase by phase, without embedding.

python bench/search.py [--chunks 30000] [--queries 300] [--at-once 1]

Texts are synthetic (20,000 words, frequencies as in language), six chunks a document, half of the
documents for one group only; vectors are hashed bags of words of 384 dimensions. Each query asks for
100 hits of both legs, superseded documents left out, as retrieval does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.queries import Filter, IndexQuery
from holdfast.storage import feed
from holdfast.storage.access_lists import visible_to
from holdfast.storage.hits import load_hits
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

WORDS = 20_000
WORDS_OF_A_CHUNK = 110
CHUNKS_OF_A_DOCUMENT = 6
COMMON = 30
"""The most frequent words stand in no question, as stop words do not."""
HITS = 100
WHO = Principal(user="ana", groups=frozenset({"sales"}))
FILTER = Filter(exclude=frozenset({Status.SUPERSEDED}))


def main() -> None:
    """Build the index and print the times."""
    chunks, count = int(_option("--chunks", "30000")), int(_option("--queries", "300"))
    at_once = int(_option("--at-once", "1"))
    rng = np.random.default_rng(1)
    letters = rng.integers(97, 123, (WORDS, 7), dtype=np.uint8)
    words = np.array([bytes(row[: 3 + n % 5]).decode() + str(n % 7) for n, row in enumerate(letters)])
    share = 1 / np.arange(1, WORDS + 1)
    with TemporaryDirectory() as folder, LocalRig(Path(folder), embedder=BagEmbedder(dimension=384)) as rig:
        started = time.monotonic()
        _fill(rig, chunks, words, share / share.sum(), rng)
        print(f"{chunks} chunks written and published in {time.monotonic() - started:.0f} s")
        asked = share[COMMON:] / share[COMMON:].sum()
        texts = [" ".join(rng.choice(words[COMMON:], size=8, p=asked)) for _ in range(count)]
        queries = [
            IndexQuery(text=text, vector=vector, k=HITS, filter=FILTER)
            for text, vector in zip(texts, rig.embedder.vectors(texts), strict=True)
        ]
        _report(rig, queries, at_once)


def _fill(rig: LocalRig, chunks: int, words: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> None:
    writer = rig.writer()
    per_document = WORDS_OF_A_CHUNK * CHUNKS_OF_A_DOCUMENT
    for number in range(chunks // CHUNKS_OF_A_DOCUMENT):
        text = " ".join(rng.choice(words, size=per_document, p=share))
        size = -(-len(text) // CHUNKS_OF_A_DOCUMENT)
        entries = ["sales"] if number % 2 else ["everyone"]
        rig.write(writer, [document(f"{number}.md", text, entries=entries)], size=size)
    writer.publish()


def _report(rig: LocalRig, queries: list[IndexQuery], at_once: int) -> None:
    sparse, dense = rig.projections.sparse, rig.projections.dense

    def whole(query: IndexQuery) -> object:
        return rig.index.search(query, principal=WHO)

    started = time.perf_counter()
    whole(queries[0])
    print(f"first search {1000 * (time.perf_counter() - started):.1f} ms")
    _time("search, both legs", whole, queries, at_once)
    with rig.database.read() as connection:
        visible = visible_to(connection, WHO)
        _time("  state of the records", lambda _: feed.state(connection), queries)
        _time("  access lists", lambda _: visible_to(connection, WHO), queries)
        found: dict[str, set[int]] = {query.text: set() for query in queries}

        def terms(query: IndexQuery) -> None:
            some = sparse.search(query.text, visible=visible, filter_=FILTER, limit=HITS)
            found[query.text].update(one.chunk_id for one in some)

        def vectors(query: IndexQuery) -> None:
            assert query.vector is not None
            some = dense.search(query.vector, visible=visible, filter_=FILTER, carrying=None, limit=HITS)
            found[query.text].update(one.chunk_id for one in some)

        def loading(query: IndexQuery) -> None:
            load_hits(connection, sorted(found[query.text]), version=1, principal=WHO, filter_=FILTER)

        for name, work in (
            ("sparse leg", terms),
            ("dense leg", vectors),
            ("loading what was found", loading),
        ):
            _time(f"  {name}", work, queries)


def _time(
    name: str, work: Callable[[IndexQuery], object], queries: list[IndexQuery], at_once: int = 1
) -> None:
    def timed(query: IndexQuery) -> float:
        started = time.perf_counter()
        work(query)
        return 1000 * (time.perf_counter() - started)

    with ThreadPoolExecutor(at_once) as pool:
        took = list(pool.map(timed, queries)) if at_once > 1 else [timed(query) for query in queries]
    print(f"{name:<28} p50 {np.percentile(took, 50):6.2f} ms  p95 {np.percentile(took, 95):6.2f} ms")


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
