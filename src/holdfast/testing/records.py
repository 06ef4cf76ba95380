"""Small documents, chunks and runs, for tests of what keeps them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from holdfast.domain.access import EVERYONE, AccessList, Principal
from holdfast.domain.attempts import Attempt
from holdfast.domain.checks import Citation
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, Metadata, Status
from holdfast.domain.items import Speaker, Turn, WorkItem
from holdfast.domain.outcomes import Answer
from holdfast.domain.runs import Run, StageRecord
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage

SOURCE = "papers"
PASSAGE = 40
"""Characters of one chunk."""


def document(
    path: str,
    text: str,
    *,
    entries: Iterable[str] = (EVERYONE,),
    status: Status = Status.APPROVED,
    keys: Mapping[str, tuple[str, ...]] | None = None,
    title: str = "",
    language: str = "en",
) -> Document:
    """Return a document of the source `papers`."""
    return Document(
        source=SOURCE,
        path=path,
        digest=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        text=text,
        sections=(),
        metadata=Metadata(title=title or path, language=language, status=status, keys=keys or {}),
        access=AccessList(entries=frozenset(entries), rule="by the test"),
        stamp=f"{len(text)}",
    )


def chunks_of(one: Document, *, size: int = PASSAGE, context: str = "") -> tuple[Chunk, ...]:
    """Return the document's text cut into pieces of equal length."""
    starts = range(0, len(one.text), size)
    return tuple(
        Chunk(
            ordinal=ordinal,
            start=start,
            end=min(start + size, len(one.text)),
            text=one.text[start : start + size],
            context=context,
        )
        for ordinal, start in enumerate(starts)
    )


def run_of(
    run_id: str,
    *,
    question: str = "How much?",
    answer: str = "As much as it says [1].",
    quote: str = "",
    document_path: str = "a.md",
    user: str = "ana",
    index_version: int = 1,
    started_at: datetime | None = None,
    earlier: str = "",
) -> Run:
    """Return a run with one citation, two stages and, if wanted, an answer of an earlier one in its item."""
    item = WorkItem(
        id=f"item-{run_id}",
        principal=Principal(user=user),
        question=question,
        history=(Turn(speaker=Speaker.ASSISTANT, text=earlier),) if earlier else (),
    )
    citation = Citation(n=1, document=document_path, title="", quote=quote, start=0, end=len(quote))
    outcome = Answer(text=answer, citations=(citation,), confidence=0.9)
    stages = (
        StageRecord(stage=Stage.RETRIEVAL, part="test:Part", given=[item], made=[quote], took_ms=2.0),
        StageRecord(
            stage=Stage.GENERATION, part="test:Model", given=[quote], made=answer, took_ms=8.0, cost_usd=0.01
        ),
    )
    return Run(
        id=run_id,
        version="v1",
        index_version=index_version,
        item=item,
        outcome=outcome,
        model="test:model",
        degraded="",
        usage=Usage(input_tokens=100, output_tokens=20, cached_tokens=5),
        cost_usd=0.01,
        started_at=started_at or datetime.now(UTC),
        took_ms=12.5,
        stages=stages,
    )


def an_attempt(
    *,
    run: str = "run-1",
    workflow: str = "support",
    cost_centre: str = "",
    reserved_usd: float = 0.0,
    at: datetime | None = None,
) -> Attempt:
    """Return an attempt that has just begun."""
    return Attempt(
        id=uuid.uuid4().hex,
        at=at or datetime.now(UTC),
        workflow=workflow,
        run=run,
        stage="generation",
        purpose="answer",
        case="",
        cost_centre=cost_centre,
        version="v1",
        model="openai:m",
        number=1,
        is_hedge=False,
        reserved_usd=reserved_usd,
    )
