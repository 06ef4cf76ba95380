"""Every place of a declaration that takes `use:` has its part called on the path."""

from __future__ import annotations

import asyncio
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import holdfast
from holdfast.access.trust import trust
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer
from holdfast.evaluation.scoring.scoring import score_run
from holdfast.settings import PartSettings, Settings
from holdfast.workflow import Workflow

Make = Callable[..., Path]
ANA = holdfast.Principal(user="ana")
DECLARED = {
    "sources": "[{use: 'hooks:source', name: papers, options: &log {log: LOG}}]",
    "parsing": "{use: 'hooks:parser', options: *log}",
    "enriching": "{use: 'hooks:enricher', options: *log}",
    "chunking": "{use: 'hooks:chunker', options: *log}",
    "embedding": "{use: 'hooks:embedder', options: *log}",
    "indexing": "{use: 'hooks:index', options: *log}",
    "intake": "{use: 'hooks:intake', options: *log}",
    "guardrails": "{use: 'hooks:guards', options: *log}",
    "retrieval": "{use: 'hooks:retriever', options: *log}",
    "lookups": "[{name: orders, use: 'hooks:lookup', options: *log}]",
    "reranking": "{use: 'hooks:reranker', options: *log}",
    "assembly": "{use: 'hooks:assembler', options: *log}",
    "generation": "{rungs: [{use: 'hooks:model', options: *log}]}",
    "checking": "{use: 'hooks:checker', options: *log}",
    "deciding": "{use: 'hooks:decider', options: *log}",
    "evaluation": "{evaluators: [{use: 'hooks:evaluator', options: *log}]}",
}
"""By section, in the order of the declaration; each part writes its section's name down when it is called."""

HOOKS = '''
import inspect

from holdfast.domain.checks import Screening
from holdfast.domain.hits import Hit, Leg
from holdfast.domain.items import WorkItem
from holdfast.domain.rows import Row
from holdfast.domain.scores import Metric, Score
from holdfast.stages.retrieval.hybrid import HybridRetriever
from holdfast.stages.retrieval.settings import RetrievalSettings
from holdfast.testing import fakes
from holdfast.testing.embedders import BagEmbedder


def noting(made, method, section, log):
    """Return the part with one method that also writes the section's name down."""
    inner = getattr(made, method)

    def note():
        with open(log, "a") as file:
            file.write(section + "\\n")

    if inspect.isasyncgenfunction(inner):
        async def called(_self, *words, **named):
            note()
            async for one in inner(*words, **named):
                yield one
    elif inspect.iscoroutinefunction(inner):
        async def called(_self, *words, **named):
            note()
            return await inner(*words, **named)
    else:
        def called(_self, *words, **named):
            note()
            return inner(*words, **named)
    passed_on = {"__getattr__": lambda _self, name: getattr(made, name), method: called}
    return type(type(made).__name__, (), passed_on)()


def source(log):
    return noting(fakes.FakeSource({"a.md": "The bolts take 24 Nm."}, name="papers"), "survey", "sources", log)


def parser(log):
    return noting(fakes.FakeParser(), "parse", "parsing", log)


def enricher(log):
    return noting(fakes.FakeEnricher(), "enrich", "enriching", log)


def chunker(log):
    return noting(fakes.FakeChunker(), "chunk", "chunking", log)


def embedder(log):
    return noting(BagEmbedder(), "embed", "embedding", log)


def index(log):
    hit = Hit(chunk_id=1, document="a.md", ordinal=0, text="The bolts take 24 Nm.", start=0, end=21,
              score=1.0, legs={"sparse": Leg(rank=1, score=1.0)})
    return noting(fakes.FakeIndex({"sparse": [hit]}), "search", "indexing", log)


class Intake:
    def __init__(self, principal):
        self.principal = principal

    def items(self):
        return [WorkItem(id="one", question="How tight are the bolts?", principal=self.principal)]


def intake(log, principal):
    return noting(Intake(principal), "items", "intake", log)


def guards(log):
    return noting(fakes.FakeGuards(), "screen_item", "guardrails", log)


class Further:
    name = "further"

    def screen(self, text, *, direction):
        return Screening(text=text)


def further(log):
    return noting(Further(), "screen", "guardrails.further", log)


def retriever(log, index, embedder):
    return noting(HybridRetriever(index, embedder, RetrievalSettings()), "retrieve", "retrieval", log)


class Orders:
    name = "orders"

    async def fetch(self, item):
        return (Row(lookup="orders", values={"number": "4711"}),)


def lookup(log):
    return noting(Orders(), "fetch", "lookups", log)


def reranker(log):
    return noting(fakes.FakeReranker(), "rerank", "reranking", log)


def assembler(log):
    return noting(fakes.FakeAssembler(), "assemble", "assembly", log)


def model(log):
    return noting(fakes.FakeModel(text="They take 24 Nm."), "generate", "generation", log)


def checker(log):
    return noting(fakes.FakeChecker(), "check", "checking", log)


def decider(log):
    return noting(fakes.FakeDecider(), "decide", "deciding", log)


class Length:
    metrics = (Metric(name="length", unit="characters", higher_is_better=False, says="how long it is"),)

    async def score(self, seen):
        return (Score(metric="length", value=len(seen.run.outcome.text)),)


def evaluator(log):
    return noting(Length(), "score", "evaluation", log)
'''


def sections_with_parts() -> set[str]:
    """Return every place of a declaration that takes `use:`, as the JSON Schema has it."""
    return {name for name, field in Workflow.model_fields.items() if any(_parts_in(field.annotation))}


def _parts_in(annotation: object) -> Iterator[bool]:
    kind = annotation if isinstance(annotation, type) and not typing.get_args(annotation) else None
    if kind is not None and issubclass(kind, PartSettings):
        yield True
    elif kind is not None and issubclass(kind, Settings):
        for field in kind.model_fields.values():
            yield from _parts_in(field.annotation)
    for inner in typing.get_args(annotation):
        yield from _parts_in(inner)


def test_every_section_that_takes_a_part_is_listed_here() -> None:
    assert sections_with_parts() == DECLARED.keys()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "called.txt"


def work(folder: Path) -> str:
    """Sync, take the items of the workflow's intake, answer the first and score it; return the answer."""
    trust(folder)

    async def story() -> str:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            (item,) = flow.wiring.items_from(folder / "items.txt", default=ANA)
            run = await flow.ask(item)
            await score_run(flow.wiring.evaluators, Observed(run=run))
        assert isinstance(run.outcome, Answer)
        return run.outcome.text

    return asyncio.run(story())


def test_every_part_of_ones_own_is_called(make: Make, log: Path) -> None:
    declared = "\n".join(f"{section}: {text}" for section, text in DECLARED.items())
    folder = make(declaration=f"name: desk\n{declared}\n".replace("LOG", str(log)))
    (folder / "hooks.py").write_text(HOOKS)
    assert work(folder) == "They take 24 Nm."
    assert set(log.read_text().splitlines()) == DECLARED.keys()


def test_a_further_guardrail_is_called_both_ways(make: Make, log: Path) -> None:
    declared = DECLARED | {
        "guardrails": "{further: [{use: 'hooks:further', options: *log}]}",
        "generation": "{extractive: true}",
        "deciding": "{}",
    }
    lines = "\n".join(f"{section}: {text}" for section, text in declared.items())
    folder = make(declaration=f"name: desk\n{lines}\n".replace("LOG", str(log)))
    (folder / "hooks.py").write_text(HOOKS)
    trust(folder)

    async def story() -> None:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            await flow.ask("How tight are the bolts?", principal=ANA)

    asyncio.run(story())
    assert log.read_text().splitlines().count("guardrails.further") >= 2
