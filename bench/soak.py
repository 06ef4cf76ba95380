"""A day of small changes: single-document updates with searches between; does anything creep?

    python bench/soak.py [--updates 5000] [--documents 2000] [--every 500]

Each update is a whole sync in which one document has changed, and is followed by a search that must find
the changed sentence and five others that are timed. Replaced revisions are kept for no time, as if every
day were the last of `versions_days`, so that the files show whether they stop growing: the records of a
real day stay that long. Every `--every` updates a line says the median and 95th percentile of syncs and
searches since the line before, the size of the records and of the index, and the process's memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.domain.access import EVERYONE, AccessList, Principal
from holdfast.domain.documents import FoundDocument, RawDocument
from holdfast.domain.listing import Listing
from holdfast.session import Flow
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.embedders import BagEmbedder
from holdfast.wire import wire_corpus

OPEN = AccessList(entries=frozenset({EVERYONE}), rule="bench")
WHO = Principal(user="ana")
SEARCHES = 5
WORDS = [
    f"{a}{b}{c}"
    for a in ("ba", "do", "fe", "gu", "li")
    for b in ("lik", "mon", "rab", "ter")
    for c in "oxyzu"
]


class _Changing:
    """A source in memory whose documents change one at a time."""

    name = "corpus"

    def __init__(self, count: int) -> None:
        rng = random.Random(3)
        self.texts = {
            f"{n}.md": "\n\n".join(" ".join(rng.choices(WORDS, k=90)) for _ in range(4)) for n in range(count)
        }

    def survey(self) -> Listing:
        """Return every document with a stamp of its text."""
        found = (
            FoundDocument(source=self.name, path=path, access=OPEN, size=len(text), stamp=str(hash(text)))
            for path, text in self.texts.items()
        )
        return Listing(found=tuple(found))

    def read(self, found: FoundDocument) -> RawDocument:
        """Return one document."""
        data = self.texts[found.path].encode()
        return RawDocument(
            source=self.name, path=found.path, data=data, access=OPEN, stamp=found.stamp,
            digest=hashlib.sha256(data).hexdigest(),
        )  # fmt: skip


def main() -> None:
    """Run the updates and print a line at every mark."""
    with TemporaryDirectory() as folder:
        asyncio.run(_soak(Path(folder)))


async def _soak(state: Path) -> None:
    updates, every = int(_option("--updates", "5000")), int(_option("--every", "500"))
    source, rng = _Changing(int(_option("--documents", "2000"))), random.Random(4)
    wiring = wire_corpus(source, state=state)
    wiring.embedder = BagEmbedder(dimension=384)
    wiring.workspace = wiring.workspace.model_copy(
        update={"retention": RetentionSettings(versions_days=0, runs_days=1)}
    )
    async with Flow(wiring) as flow:
        await flow.sync()
        print("| updates | sync p50 / p95 ms | search p50 / p95 ms | records MB | index MB | memory MB |")
        print("|---|---|---|---|---|---|")
        syncs: list[float] = []
        searches: list[float] = []
        for number in range(1, updates + 1):
            syncs.append(await _update(flow, source, rng, number))
            searches += [await _search(flow, " ".join(rng.choices(WORDS, k=6))) for _ in range(SEARCHES)]
            if number % every == 0:
                print(_line(number, syncs, searches, state), flush=True)
                syncs, searches = [], []


async def _update(flow: Flow, source: _Changing, rng: random.Random, number: int) -> float:
    path = rng.choice(list(source.texts))
    first, *others = source.texts[path].split("\n\n")
    # One word of letters: a number behind them would make a code, whose parts other documents share.
    word = "zyx" + "".join("bcdfghjklm"[int(digit)] for digit in str(number))
    source.texts[path] = "\n\n".join([f"{word} {first.split(' ', 1)[1]}", *others])
    started = time.perf_counter()
    report = await flow.sync()
    took = 1000 * (time.perf_counter() - started)
    assert (report.updated, report.failed) == (1, 0), report
    hits = (await flow.search(word, principal=WHO, k=10)).hits
    assert path in [hit.document for hit in hits], (word, path)
    return took


async def _search(flow: Flow, query: str) -> float:
    started = time.perf_counter()
    assert len((await flow.search(query, principal=WHO, k=10)).hits) == 10
    return 1000 * (time.perf_counter() - started)


def _line(number: int, syncs: Sequence[float], searches: Sequence[float], state: Path) -> str:
    spread = [
        " / ".join(f"{value:.0f}" for value in np.percentile(took, [50, 95])) for took in (syncs, searches)
    ]
    records = sum(file.stat().st_size for file in state.glob("records.db*"))
    index = sum(file.stat().st_size for file in (state / "index").rglob("*") if file.is_file())
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = int(status.split("VmRSS:")[1].split()[0]) // 1024
    return f"| {number} | {spread[0]} | {spread[1]} | {records / 1e6:.0f} | {index / 1e6:.0f} | {memory} |"


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
