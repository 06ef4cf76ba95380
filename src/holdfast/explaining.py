"""Ask the parts of an opened workflow why a document is, or is not, behind an answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from holdfast.app import Wiring
from holdfast.diagnosis.why import Why, WhyParts, why
from holdfast.domain.items import WorkItem
from holdfast.domain.queries import FloatArray
from holdfast.domain.runs import StageRecord
from holdfast.errors import HoldfastError, ProviderError
from holdfast.flows.answer import answer
from holdfast.telemetry.trail import RunTrail

UNCUT = 1_000_000
"""Hits that no list of the legs reaches: to see what fusion did with all of them."""


async def explain(wiring: Wiring, document: str, item: WorkItem, *, source: str, model: str) -> Why:
    """Return what became of the document; the run that is made for it is not kept."""
    settings = wiring.settings.retrieval

    async def answered(asked: WorkItem) -> Sequence[StageRecord]:
        trail = RunTrail()
        with suppress(HoldfastError):  # the records say which stage failed, and how
            await answer(asked, wiring.answer_parts(model), trail)
        return trail.records

    async def embedded(texts: Sequence[str]) -> Sequence[FloatArray | None]:
        try:
            return list(await wiring.embedder.embed(texts, kind="query"))
        except ProviderError:
            return [None] * len(texts)

    parts = WhyParts(
        database=wiring.database, sources=wiring.sources(), index=wiring.index, embed=embedded,
        retriever=wiring.retriever(k=UNCUT, depth=settings.depth), answer=answered,
        exclude=frozenset(settings.exclude), depth=settings.depth, k=settings.k,
    )  # fmt: skip
    return await why(parts, document, item, source=source)
