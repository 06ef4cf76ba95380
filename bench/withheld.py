"""Ask questions with what answers them in sight, and again with it withheld from the asker.

    HOLDFAST_DATA=... python bench/withheld.py [encyclopedia product-docs conversations bank example] [--small] [--json FILE]

Every document is readable by a group of its own, and the asker is in all of them; the second time all but those of
the documents that hold the answer, by the same access lists that production uses. In sight, an answer is right when
it cites a document that holds it and states what is written down of it. Withheld, the item has to be held back: an
answer that states the fact all the same, from another document, is counted apart (`elsewhere`), any other one is
*beside* the question. With `--small` the questions are asked in small letters, as they are typed on a phone. Shares have 95% Wilson intervals. Held-out cases are counted and never shown.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist

from withholding.corpora import CORPORA, HELD_OUT, Asked, Corpus, cells_asked

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import citations_of, kind_of
from holdfast.domain.runs import Run
from holdfast.session import Flow
from holdfast.storage.documents import published_documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a question ended, in sight and withheld, each in a word."""

    set: str
    question: str
    seen: str
    """`right`, `beside` (an answer without the fact or the document), `held`."""
    withheld: str
    """`held`, `elsewhere`, `beside`."""


def main() -> None:
    """Work the corpora asked for, print a line per set, and keep every question where `--json` says."""
    arguments = sys.argv[1:]
    target = arguments.pop(arguments.index("--json") + 1) if "--json" in arguments else ""
    is_small = "--small" in arguments
    wanted = [one for one in arguments if not one.startswith("--")] or list(CORPORA)
    ended: list[Ended] = []
    for name in wanted:
        with tempfile.TemporaryDirectory() as home:
            ended += asyncio.run(work(CORPORA[name](Path(home)), is_small=is_small))
    show(ended)
    if target:
        shown = [asdict(one) for one in ended if HELD_OUT.replace("-", " ") not in one.set]
        Path(target).write_text(json.dumps(shown, indent=1, ensure_ascii=False), encoding="utf-8")


async def work(corpus: Corpus, *, is_small: bool) -> list[Ended]:
    """Return how every question of a corpus ended."""
    groups = close(corpus.documents)
    async with holdfast.open(corpus.folder) as flow:
        await flow.sync()
        questions = questions_of(flow, corpus)
        return [await ended(flow, in_small(one) if is_small else one, groups) for one in questions]


def questions_of(flow: Flow, corpus: Corpus) -> list[Asked]:
    """Return the corpus's questions; of the example also those for cells of its tables."""
    if not any(asked.set == "example cases" for asked in corpus.asked):
        return list(corpus.asked)
    with flow.wiring.database.read() as connection:
        return [*corpus.asked, *cells_asked([one.document for one in published_documents(connection)])]


def in_small(asked: Asked) -> Asked:
    """Return the question in small letters."""
    return replace(asked, item=replace(asked.item, question=asked.item.question.lower()))


def close(documents: Path) -> dict[str, str]:
    """Give every file a group of its own, write it down as permissions, and return the groups by path."""
    paths = sorted(
        path.relative_to(documents).as_posix()
        for path in documents.rglob("*")
        if path.is_file() and path.name != "permissions.yaml"
    )
    groups = {path: f"readers-{n}" for n, path in enumerate(paths)}
    rules = "\n".join(f"{json.dumps(path)}: [{group}]" for path, group in groups.items())
    (documents / "permissions.yaml").write_text(f"{rules}\n", encoding="utf-8")
    return groups


async def ended(flow: Flow, asked: Asked, groups: dict[str, str]) -> Ended:
    """Ask twice and tell how it ended."""
    seen, withheld = [await flow.ask(item) for item in both(asked, groups)]
    return Ended(
        set=asked.set,
        question=asked.item.question,
        seen=_seen(asked, seen),
        withheld=_withheld(asked, withheld),
    )


def both(asked: Asked, groups: dict[str, str]) -> tuple[WorkItem, WorkItem]:
    """Return the item of an asker who may see everything, and of one from whom the answer is withheld."""
    everything = frozenset(groups.values())
    hidden = frozenset(groups[path] for path in asked.hidden if path in groups)
    principal = asked.item.principal
    return tuple(  # type: ignore[return-value]
        replace(asked.item, principal=Principal(user=principal.user, groups=principal.groups | own))
        for own in (everything, everything - hidden)
    )


def _seen(asked: Asked, run: Run) -> str:
    if kind_of(run.outcome) != "answer":
        return "held"
    cited = {one.document for one in citations_of(run.outcome)}
    return "right" if cited & asked.gold and states(asked, run) else "beside"


def _withheld(asked: Asked, run: Run) -> str:
    if kind_of(run.outcome) != "answer":
        return "held"
    return "elsewhere" if asked.facts and states(asked, run) else "beside"


def states(asked: Asked, run: Run) -> bool:
    """Return whether an answer states every fact, in its text or in what it quotes."""
    told = _flat(" ".join([run.outcome.text, *(one.quote for one in citations_of(run.outcome))]))
    return all(_flat(fact) in told for fact in asked.facts)


def _flat(text: str) -> str:
    return " ".join(text.replace("|", " ").split()).casefold()


def show(ended: Sequence[Ended]) -> None:
    """Print a line per set and one for all."""
    print(
        f"{'set':<24} {'asked':>5}  {'right in sight':<22} {'held when withheld':<22} elsewhere, beside, wrong in sight"
    )
    sets = list(dict.fromkeys(one.set for one in ended))
    for name in (*sets, "all"):
        group = [one for one in ended if name in (one.set, "all")]
        seen, withheld = Counter(one.seen for one in group), Counter(one.withheld for one in group)
        print(
            f"{name:<24} {len(group):>5}  {share(seen['right'], len(group)):<22} "
            f"{share(withheld['held'], len(group) - withheld['elsewhere']):<22} "
            f"{withheld['elsewhere']}, {withheld['beside']}, {seen['beside']}"
        )


def share(count: int, total: int) -> str:
    """Return a share with its Wilson interval."""
    if not total:
        return "-"
    z, part = NormalDist().inv_cdf(0.975), count / total
    centre = (part + z * z / (2 * total)) / (1 + z * z / total)
    reach = z / (1 + z * z / total) * math.sqrt(part * (1 - part) / total + z * z / (4 * total * total))
    return f"{part:.3f} [{centre - reach:.3f}, {centre + reach:.3f}]"


if __name__ == "__main__":
    main()
