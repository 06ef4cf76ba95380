"""Query times, memory, start and update of the local index at several sizes, over real texts.

    python bench/scale.py [--chunks 1000,10000,30000,300000] [--queries 200] [--keep FOLDER]

The texts are the corpora under $HOLDFAST_DATA/retrieval, cut into passages of about 800 characters, ten
a document; what is asked are the judged queries of the same sets. Beyond the real passages, copies are
made: the text with a word changed, and its vector with noise added. Half of the documents are for
`partners`, 1% for `board` alone, the rest for `sales`; `sales` sees all but the board's, so that the
three askers see 99%, 50% and 1%. Every size is measured in a process of its own, from cold.
With --keep, vectors and indexes stay in the folder for the next run.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from data_sets import data_sets
from memory import memory_mb

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.documents import FoundDocument, RawDocument
from holdfast.domain.items import WorkItem
from holdfast.domain.listing import Listing
from holdfast.domain.queries import FloatArray
from holdfast.session import Flow
from holdfast.wire import wire_corpus

PASSAGE = 800
PASSAGES_OF_A_DOCUMENT = 10
NOISE = 0.35
"""Standard deviation times the square root of the dimension of what is added to a copy's vector."""
COPY = "copy"
DECLARED = """name: bench
sources: [{files: .}]
embedding: {query_cache: 0}  # a question that was asked before must not be quicker
"""
SEES = {
    "all": Principal(user="ana", groups=frozenset({"sales", "board"})),
    "50%": Principal(user="ben", groups=frozenset({"partners"})),
    "1%": Principal(user="eve", groups=frozenset({"board"})),
}
BOARD, PARTNERS, SALES = (
    AccessList(entries=frozenset(groups), rule="bench")
    for groups in ({"board"}, {"sales", "partners"}, {"sales"})
)
AT_ONCE = 8


def main() -> None:
    """Build and measure every size; print a table."""
    sizes = [int(size) for size in _option("--chunks", "1000,10000,30000,300000").split(",")]
    keep = _option("--keep", "")
    data_sets("retrieval")
    if "--measure" in sys.argv:
        print(json.dumps(asyncio.run(_measured(Path(keep), sizes[0]))))
        return
    with TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        rows = [_row(folder, size) for size in sizes]
    names = list(rows[0])
    print(f"| | {' | '.join(str(row['chunks']) for row in rows)} |")
    print("|---|" + "---|" * len(rows))
    for name in names[1:]:
        print(f"| {name} | {' | '.join(str(row[name]) for row in rows)} |")


def _row(folder: Path, size: int) -> dict[str, Any]:
    """Build one size if it is not there, and measure it in a fresh process."""
    built = asyncio.run(_built(folder, size))
    command = [sys.executable, __file__, "--measure", "--chunks", str(size), "--keep", str(folder)]
    command += ["--queries", _option("--queries", "200")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row = built | json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


async def _built(folder: Path, size: int) -> dict[str, Any]:
    state = folder / f"state-{size}"
    told = state / "built.json"
    if told.exists():
        return dict(json.loads(told.read_text(encoding="utf-8")))
    state.mkdir(parents=True)
    async with _flow(folder, size, _Corpus(size)) as flow:
        embedder = flow.wiring.embedder
        embedder.read()
        report = await flow.sync()
        embedder.keep()
        made: dict[str, Any] = {
            "chunks": report.chunks,
            "documents": report.added,
            "sync, s": round(report.took_s, 1),
            "share of it embedding": _share(report.took_s, embedder),
            "on disk, MB": round(sum(f.stat().st_size for f in state.rglob("*") if f.is_file()) / 1e6),
        }
    told.write_text(json.dumps(made), encoding="utf-8")
    return made


def _share(took_s: float, embedder: Any) -> str:
    """Return embedding's share of a sync, in brackets where vectors were remembered or made up."""
    share = f"{embedder.busy_s / took_s:.0%}"
    return f"({share}: vectors known)" if embedder.remembered or embedder.made_up else share


async def _measured(folder: Path, size: int) -> dict[str, Any]:
    """Open the index cold, ask one after another and side by side, then update one document."""
    queries = _queries()[: int(_option("--queries", "200"))]
    corpus = _Corpus(size)
    started = time.perf_counter()
    async with _flow(folder, size, corpus) as flow:
        await _ask(flow, queries[0], SEES["all"])
        made: dict[str, Any] = {"first query from cold, ms": round(1000 * (time.perf_counter() - started))}
        rounds = {"all, files read for the first time": SEES["all"], **SEES}
        for who, principal in rounds.items():
            took = [await _timed(flow, query, principal) for query in queries]
            made[f"query, sees {who}, p50 / p95 / p99 ms"] = _percentiles(took)
        made["of it embedding"] = _percentiles(flow.wiring.embedder.query_ms)
        made[f"{AT_ONCE} at a time, sees all"] = await _side_by_side(flow, queries)
        made["memory, MB"] = round(memory_mb("VmRSS"))
        made["of it not mapped files, MB"] = round(memory_mb("RssAnon"))
        await _update(flow, corpus)
        made["update of one document visible after, s"] = round(await _update(flow, corpus), 2)
    return made


def _flow(folder: Path, size: int, corpus: _Corpus) -> Flow:
    declared = folder / "declared"
    declared.mkdir(exist_ok=True)
    (declared / "workflow.yaml").write_text(DECLARED, encoding="utf-8")
    wiring = wire_corpus(corpus, state=folder / f"state-{size}", workflow=declared)
    wiring.embedder = _Remembering(wiring.embedder, folder)
    return Flow(wiring)


async def _update(flow: Flow, corpus: _Corpus) -> float:
    """Return the seconds from the change of a document until a query finds it, a sync between."""
    word = f"zyx{random.randrange(10**9)}"
    corpus.change(f"The valve {word} closes slowly.")
    started = time.perf_counter()
    report = await flow.sync()
    hits = (await flow.search(f"valve {word}", principal=SEES["all"])).hits
    took = time.perf_counter() - started
    assert report.updated == 1, report
    assert word in hits[0].text
    return took


async def _side_by_side(flow: Flow, queries: Sequence[str]) -> str:
    waiting, took = list(queries), []

    async def person() -> None:
        while waiting:
            took.append(await _timed(flow, waiting.pop(), SEES["all"]))

    await asyncio.gather(*(person() for _ in range(AT_ONCE)))
    return _percentiles(took)


async def _timed(flow: Flow, query: str, principal: Principal) -> float:
    started = time.perf_counter()
    hits = await _ask(flow, query, principal)
    took = 1000 * (time.perf_counter() - started)
    assert hits >= 10, hits  # of 1,000 chunks 10 are the board's
    return took


async def _ask(flow: Flow, query: str, principal: Principal) -> int:
    item = WorkItem(id="q", question=query, principal=principal, origin="bench")
    return len((await flow.wiring.retriever().retrieve(item)).hits)


def _percentiles(took: Sequence[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in np.percentile(took, [50, 95, 99]))


# --- the corpus ---


class _Corpus:
    """A source of documents of ten passages, made when they are read."""

    name = "corpus"

    def __init__(self, size: int) -> None:
        self._count = size // PASSAGES_OF_A_DOCUMENT
        self._changed: dict[str, str] = {}

    @cached_property
    def _passages(self) -> list[str]:
        return _passages()

    def change(self, sentence: str) -> None:
        """Add a sentence to a document in the middle."""
        self._changed[f"{2 * (self._count // 4)}.md"] = sentence

    def survey(self) -> Listing:
        """Return all documents."""
        found = tuple(self._found(number) for number in range(self._count))
        return Listing(found=found, permissions_digest=self.permissions_digest())

    def permissions_digest(self) -> str:
        """Return what tells that nobody's access changed, so that no question waits for a listing."""
        return "as ever"

    def _found(self, number: int) -> FoundDocument:
        path = f"{number}.md"
        stamp = f"{path}{self._changed.get(path, '')}"
        return FoundDocument(source=self.name, path=path, access=_access(number), size=8000, stamp=stamp)

    def read(self, found: FoundDocument) -> RawDocument:
        """Return ten passages, each under a heading of its own."""
        number = int(found.path[:-3])
        parts = [self._passage(number * PASSAGES_OF_A_DOCUMENT + i) for i in range(PASSAGES_OF_A_DOCUMENT)]
        if sentence := self._changed.get(found.path):
            parts[3] = sentence + " " + parts[3]
        data = "\n\n".join(f"## Part {i}\n\n{part}" for i, part in enumerate(parts, 1)).encode()
        return RawDocument(
            source=self.name, path=found.path, data=data, access=found.access, stamp=found.stamp,
            digest=hashlib.sha256(data).hexdigest(),
        )  # fmt: skip

    def _passage(self, number: int) -> str:
        copy, place = divmod(number, len(self._passages))
        text = self._passages[place]
        return f"{text} {COPY} {copy}" if copy else text


def _access(number: int) -> AccessList:
    if number % 100 == 7:
        return BOARD
    return PARTNERS if number % 2 else SALES


def _passages() -> list[str]:
    """Return the real passages of all corpora, in an order that mixes them."""
    found = dict.fromkeys(
        passage for entry in _lines("corpus.jsonl") for passage in _cut(" ".join(str(entry["text"]).split()))
    )
    passages = list(found)
    random.Random(7).shuffle(passages)
    # Whole documents, so that a copy's passage stands under the same heading as the real one.
    return passages[: len(passages) // PASSAGES_OF_A_DOCUMENT * PASSAGES_OF_A_DOCUMENT]


def _cut(text: str) -> Iterator[str]:
    words = text.split()
    while words:
        passage, length = [], 0
        while words and length < PASSAGE:
            length += len(words[0]) + 1
            passage.append(words.pop(0))
        if length > PASSAGE // 8:
            yield " ".join(passage)


def _queries() -> list[str]:
    texts = [str(entry["text"]) for entry in _lines("queries.jsonl")]
    short = [text for text in texts if len(text.split()) <= 30]
    random.Random(7).shuffle(short)
    return short


def _lines(name: str) -> Iterator[dict[str, Any]]:
    for folder in sorted(data_sets("retrieval").iterdir()):
        with (folder / name).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


# --- vectors ---


class _Remembering:
    """The real embedder; keeps document vectors in a folder, and makes a copy's of the real one's."""

    def __init__(self, inner: Any, folder: Path) -> None:
        self.inner, self._file = inner, folder / "vectors.npz"
        self.fingerprint, self.dimension = inner.fingerprint, inner.dimension
        self.made_up = self.remembered = 0
        self.known: dict[str, FloatArray] = {}
        self.query_ms: list[float] = []
        self.busy_s = self._since = 0.0
        self._calls = 0

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return vectors as the real embedder does."""
        if kind == "query":
            return await self.inner.embed(texts, kind=kind)
        plain = [_without_copy(text) for text in texts]
        new = list(dict.fromkeys(text for text in plain if _key(text) not in self.known))
        self.remembered += len(texts) - len(new)
        if new:
            with self._busy():
                made = await self.inner.embed(new, kind=kind)
            self.known.update(zip(map(_key, new), made, strict=True))
        return np.stack([self._vector(text, bare) for text, bare in zip(texts, plain, strict=True)])

    def embed_question(self, text: str) -> FloatArray:
        """Return what the real embedder does, timed."""
        started = time.perf_counter()
        vector = self.inner.embed_question(text)
        self.query_ms.append(1000 * (time.perf_counter() - started))
        return vector

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Count the time in which at least one call is under way."""
        if not self._calls:
            self._since = time.perf_counter()
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self.busy_s += time.perf_counter() - self._since

    def _vector(self, text: str, bare: str) -> FloatArray:
        vector = self.known[_key(bare)]
        if text == bare:
            return vector
        self.made_up += 1
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
        noise = np.random.default_rng(seed).normal(size=self.dimension) * NOISE / self.dimension**0.5
        moved = vector + noise.astype(np.float32)
        return moved / np.linalg.norm(moved)

    def read(self) -> None:
        """Take what an earlier run kept."""
        if self._file.exists():
            with np.load(self._file) as stored:
                self.known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def keep(self) -> None:
        """Write what was embedded for the next run."""
        np.savez(self._file, keys=np.array(list(self.known)), vectors=np.stack(list(self.known.values())))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _without_copy(text: str) -> str:
    head, mark, _ = text.rpartition(f" {COPY} ")
    return head if mark else text


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
