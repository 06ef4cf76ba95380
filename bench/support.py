"""Ask the development questions of clapnq, and questions about other things, of the whole flow, offline.

    HOLDFAST_DATA=... python bench/support.py [--questions N]

Prints the share of answerable questions that are answered with the right document cited, the share of near
misses (the passages on their topic do not answer) and of off-corpus questions that are held back, the same
for other values of `deciding.answer_at`, and what the stages take.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from data_sets import data_sets

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks
from holdfast.domain.outcomes import Answer
from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage

DATA = data_sets()
STAGES = (Stage.GENERATION, Stage.CHECKING, Stage.DECIDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of one kind, and what came of it."""

    kind: str
    document: str
    run: Run

    @property
    def is_answered(self) -> bool:
        """Return whether it ended in an answer."""
        return isinstance(self.run.outcome, Answer)

    @property
    def is_right(self) -> bool:
        """Return whether the answer cites the document that holds it."""
        outcome = self.run.outcome
        return isinstance(outcome, Answer) and any(c.document == self.document for c in outcome.citations)

    @property
    def answerability(self) -> float:
        """Return the probability that checking found."""
        made = [record.made for record in self.run.stages if record.stage is Stage.CHECKING]
        return made[-1].answerability if made and isinstance(made[-1], Checks) else 0.0


def main() -> None:
    """Work the questions and print."""
    most = int(sys.argv[sys.argv.index("--questions") + 1]) if "--questions" in sys.argv else 10_000
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        shutil.copytree(DATA / "answering/clapnq/documents", documents, copy_function=shutil.copyfile)
        documents.chmod(0o755)
        asked = asyncio.run(work(documents, most))
    show(asked)


async def work(documents: Path, most: int) -> list[Asked]:
    """Return every question with its run."""
    async with holdfast.open(documents) as flow:
        await flow.sync()
        return [
            Asked(kind=kind, document=document, run=await flow.ask(text, principal=Principal(user="bench")))
            for _, (kind, text, document) in zip(range(most), questions(), strict=False)
        ]


def questions() -> Iterator[tuple[str, str, str]]:
    """Yield kind, question and the document on its topic."""
    for row in lines("answering/clapnq/questions.jsonl"):
        yield "answerable" if row["answerable"] else "near miss", row["question"], row["document"]
    for row in lines("anthropic_docs_qa/dev/questions.jsonl"):
        yield "off-corpus", row["question"], ""
    for row in list(lines("tatqa/dev/contexts.jsonl"))[:100]:
        yield "off-corpus", row["questions"][0]["question"], ""


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def show(asked: list[Asked]) -> None:
    """Print the figures."""
    kinds = {
        kind: [one for one in asked if one.kind == kind] for kind in ("answerable", "near miss", "off-corpus")
    }
    answerable = kinds["answerable"]
    print(f"answerable: {share(answerable, lambda one: one.is_right)} answered with the right document cited")
    print(f"answerable: {share(answerable, lambda one: one.is_answered)} answered")
    for kind in ("near miss", "off-corpus"):
        print(f"{kind}: {share(kinds[kind], lambda one: not one.is_answered)} held back")
    for threshold in (0.25, 0.35, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
        kept, near, off = (
            sum((one.answerability >= threshold) == (kind == "answerable") for one in kinds[kind])
            / (len(kinds[kind]) or 1)
            for kind in kinds
        )
        held = f"near miss held {near:.3f}, off-corpus held {off:.3f}"
        print(f"answer_at {threshold:.2f}: answerable {kept:.3f}, {held}")
    for stage in STAGES:
        took = [record.took_ms for one in asked for record in one.run.stages if record.stage is stage]
        cuts = quantiles(took, n=20) if len(took) > 1 else [0.0] * 19
        print(f"{stage.value}: {cuts[9]:.1f} ms median, {cuts[18]:.1f} ms p95")


def share(asked: list[Asked], holds: Any) -> str:
    """Return how many of how many, and the share."""
    count = sum(map(holds, asked))
    return f"{count} of {len(asked)} = {count / (len(asked) or 1):.3f}"


if __name__ == "__main__":
    main()
