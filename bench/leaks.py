"""Search as random people for random words over random access lists, and count leaks and short lists.

python bench/leaks.py [--queries 100000] [--seed 1]

Half of the queries are answered by scans, half through the approximate graph. Access lists change and
documents are replaced between the queries, in another open index over the same files. A leak is a hit
that the asker may not see, that is dead, or that the filter excludes; a list is short when it holds
fewer hits than were asked for although more documents match.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.domain.access import EVERYONE, Principal
from holdfast.domain.documents import Document, Status
from holdfast.domain.queries import Filter
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

DOCUMENTS = 800
WORLDS = 20
CHANGE_EVERY = 100
GRAPH_FROM = 60
"""`exact_up_to` where the graph is to be used: most questions then see more documents than this."""
VOCABULARY = [f"{a}{b}{c}" for a in ("ba", "do", "fe", "gu") for b in ("lik", "mon", "rab") for c in "oxyz"]
GROUPS = [f"g{number}" for number in range(12)]
USERS = ["ana", "ben", "eve", "everyone", "g1", ""]


@dataclass(slots=True)
class Page:
    """A document as this script knows it."""

    words: frozenset[str]
    entries: frozenset[str]
    status: Status
    product: str


def main() -> None:
    """Run the queries and print what was found."""
    queries = int(_option("--queries", "100000"))
    rng = random.Random(int(_option("--seed", "1")))
    started, counts = time.monotonic(), Counter[str]()
    for world in range(WORLDS):
        way = "graph" if world % 2 else "exact"
        with TemporaryDirectory() as folder:
            counts += _world(Path(folder), rng, way, queries // WORLDS)
        print(f"\r{(world + 1) * queries // WORLDS} queries", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for way in ("exact", "graph"):
        found = {what: counts[f"{way} {what}"] for what in ("queries", "lists", "hits", "leaks", "short")}
        print(f"{way}: " + ", ".join(f"{number} {what}" for what, number in found.items()) + " lists")
    print(f"changes between them: {counts['changes']}; by graph: {counts['by graph']} lists; ", end="")
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(any(counts[f"{way} {what}"] for way in ("exact", "graph") for what in ("leaks", "short")))


def _world(folder: Path, rng: random.Random, way: str, queries: int) -> Counter[str]:
    counts, exact_up_to = Counter[str](), GRAPH_FROM if way == "graph" else 50_000
    pages = {f"{number}.md": _page(rng) for number in range(DOCUMENTS)}
    with (
        LocalRig(folder, exact_up_to=exact_up_to) as writer,
        LocalRig(folder, exact_up_to=exact_up_to) as reader,
    ):
        writer.publish(*(_document(path, page) for path, page in pages.items()))
        for number in range(queries):
            if number % CHANGE_EVERY == CHANGE_EVERY - 1:
                _change(writer, pages, rng)
                counts["changes"] += 1
            _ask(reader, pages, rng, way, counts)
    return counts


def _ask(rig: LocalRig, pages: dict[str, Page], rng: random.Random, way: str, counts: Counter[str]) -> None:
    principal = Principal(user=rng.choice(USERS), groups=frozenset(rng.sample(GROUPS, rng.randrange(5))))
    filter_ = Filter(
        exclude=frozenset(rng.sample(list(Status), rng.choice([0, 0, 1, 2]))),
        keys=rng.choice([{}, {}, {"product": ("hx",)}, {"product": ("hx", "pu")}]),
    )
    wanted, k = set(rng.sample(VOCABULARY, rng.randrange(1, 5))), rng.choice([1, 5, 20, 50, 200])
    open_pages = {path: page for path, page in pages.items() if _may_see(page, principal, filter_)}
    expected = {
        "dense": set(open_pages),
        "sparse": {path for path, page in open_pages.items() if page.words & wanted},
    }
    counts[f"{way} queries"] += 1
    for leg, hits in rig.search(" ".join(sorted(wanted)), principal, k=k, filter_=filter_).items():
        found = [hit.document for hit in hits]
        counts[f"{way} lists"] += 1
        counts[f"{way} hits"] += len(found)
        counts[f"{way} leaks"] += len(set(found) - expected[leg])
        counts[f"{way} short"] += len(set(found)) < min(k, len(expected[leg]))
        counts["by graph"] += leg == "dense" and way == "graph" and len(open_pages) > GRAPH_FROM


def _may_see(page: Page, principal: Principal, filter_: Filter) -> bool:
    fits = all(page.product in values for values in filter_.keys.values())
    return fits and page.status not in filter_.exclude and not page.entries.isdisjoint(principal.entries)


def _change(rig: LocalRig, pages: dict[str, Page], rng: random.Random) -> None:
    """Give some documents other access lists, or replace some in a new version."""
    chosen = rng.sample(sorted(pages), rng.randrange(1, 12))
    if rng.random() < 0.5:
        lists = {path: _entries(rng) for path in chosen}
        for path, entries in lists.items():
            pages[path].entries = entries
        rig.refile(lists)
    else:
        pages.update((path, _page(rng)) for path in chosen)
        gone = chosen[0]
        del pages[gone]
        rig.publish(*(_document(path, pages[path]) for path in chosen[1:]), removed=[gone])
        pages[f"{gone[:-3]}x.md"] = _page(rng)
        rig.publish(_document(f"{gone[:-3]}x.md", pages[f"{gone[:-3]}x.md"]))


def _page(rng: random.Random) -> Page:
    return Page(
        words=frozenset(rng.sample(VOCABULARY, rng.randrange(1, 5))),
        entries=_entries(rng),
        status=rng.choice([Status.APPROVED, Status.APPROVED, *Status]),
        product=rng.choice(["hx", "pu", "gp"]),
    )


def _entries(rng: random.Random) -> frozenset[str]:
    most = rng.choice([0, 1, 1, 2, 4])
    return frozenset(rng.sample([EVERYONE, *GROUPS, *(f"user:{user}" for user in USERS)], most))


def _document(path: str, page: Page) -> Document:
    return document(
        path, " ".join(sorted(page.words)), entries=page.entries, status=page.status,
        keys={"product": (page.product,)},
    )  # fmt: skip


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
