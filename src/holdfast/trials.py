"""Indexes of a workflow's documents under other settings, beside the live one and thrown away after use."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import numpy.typing as npt

from holdfast.app import Wiring
from holdfast.domain.access import Principal
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Prompt
from holdfast.domain.queries import FloatArray, IndexQuery
from holdfast.domain.rows import Facts
from holdfast.evaluation.trying import Clock, Trial
from holdfast.flows.answer import AnswerParts
from holdfast.protocols import Embedder, Index, Retriever
from holdfast.storage import feed
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.documents import Kept, published_documents
from holdfast.workflow import Workflow

AT_ONCE = 64
"""Documents whose chunks are embedded together."""


class Trials:
    """Opens trial indexes of one workflow, one after another; what was embedded once is kept."""

    def __init__(self, live: Wiring, *, deepest: int) -> None:
        """Take the live workflow, which is only read, and the largest depth that will be asked for."""
        self._live = live
        self._deepest = deepest
        self._embedder = KeptVectors(live.embedder, live.database)
        self._parts = live.answer_parts()

    def documents(self, paths: Collection[str]) -> Mapping[str, Document]:
        """Return the published documents at these paths."""
        found = (kept.document for kept in _published(self._live.database))
        return {document.path: document for document in found if document.path in paths}

    @asynccontextmanager
    async def open(self, settings: Workflow, clock: Clock) -> AsyncIterator[Trial]:
        """Yield an index of the published documents under these settings; nothing of it stays.

        Nothing is read from the sources or parsed again: the records hold the canonical texts. Raises
        TimeIsUp, and ProviderError when a text that is new cannot be embedded.
        """
        with TemporaryDirectory(prefix="holdfast-tune-", ignore_cleanup_errors=True) as folder:
            wiring = _TrialWiring(self._live, settings, Path(folder), self._embedder, self._deepest)
            try:
                await fill(wiring, self._live.database, clock.check)
                yield _OpenTrial(wiring, self._parts)
            finally:
                wiring.close()


async def fill(wiring: Wiring, records: Database, check: Callable[[], Awaitable[None]]) -> None:
    """Write all documents that the records have published into a wiring's own index, and publish it.

    On this thread, so that an interrupt finds nobody writing; `check` is awaited now and then.
    """
    chunker, writer = wiring.ingest_parts().chunker, wiring.index_writer()
    published = _published(records)
    while batch := list(islice(published, AT_ONCE)):
        await check()
        chunks = [chunker.chunk(kept.document) for kept in batch]
        vectors = await wiring.embedder.embed(_texts(chunks), kind="document")
        begin = 0
        for kept, own in zip(batch, chunks, strict=True):
            end = begin + len(own)
            writer.write(kept.document, own, vectors[begin:end], parent=kept.parent, skip_key="trial")
            begin = end
    await check()
    writer.publish()


def _published(records: Database) -> Iterator[Kept]:
    with records.read() as connection:
        yield from published_documents(connection)


def _texts(chunks: Sequence[Sequence[Chunk]]) -> list[str]:
    return [chunk.indexed for own in chunks for chunk in own]


class _TrialWiring(Wiring):
    """The live workflow's parts over another state folder; searches are remembered, vectors kept."""

    def __init__(
        self, live: Wiring, settings: Workflow, state: Path, embedder: Embedder, deepest: int
    ) -> None:
        database = open_database(sqlite_url(state / "records.db"))
        super().__init__(replace(live.loaded, settings=settings), state=state, database=database)
        self._kept_embedder = embedder
        self._deepest = deepest

    @cached_property
    def embedder(self) -> Embedder:
        """Return the live embedder, which asks its provider for new texts only."""
        return self._kept_embedder

    @cached_property
    def index(self) -> _Remembered:
        """Return the index, searched once for each query."""
        return _Remembered(super().index, self._deepest)


class _OpenTrial:
    """The Trial socket over one trial wiring; prompts are the live workflow's."""

    def __init__(self, wiring: _TrialWiring, parts: AnswerParts) -> None:
        self._wiring = wiring
        self._parts = parts

    def retriever(self, settings: Workflow) -> Retriever:
        """Return the declared retriever under other settings of retrieval."""
        return self._wiring.retriever(**dict(settings.retrieval))

    def prompt(self, item: WorkItem, retrieved: Retrieved) -> Prompt:
        """Return the prompt of the first rung, without lookups."""
        return self._parts.assembler.assemble(item, retrieved, Facts(), self._parts.ladder[0].limits)

    def forget(self) -> None:
        """Drop the searches of the last item."""
        self._wiring.index.forget()


class _Remembered:
    """An Index that searches once, as deep as anybody will ask, and cuts its lists to what is asked."""

    def __init__(self, index: Index, deepest: int) -> None:
        self._index = index
        self._deepest = deepest
        self._found: dict[tuple[str, str, Principal], Mapping[str, tuple[Hit, ...]]] = {}

    def search(self, query: IndexQuery, *, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        """Return each leg's hits: the beginning of a longer list is the shorter list."""
        key = (query.text, repr(query.filter), principal)
        if key not in self._found:
            deep = replace(query, k=max(query.k, self._deepest))
            self._found[key] = self._index.search(deep, principal=principal)
        return {leg: hits[: query.k] for leg, hits in self._found[key].items()}

    def forget(self) -> None:
        """Drop what was found."""
        self._found.clear()


class KeptVectors:
    """An Embedder that makes a text's vector only where neither records nor an earlier trial have it."""

    def __init__(self, embedder: Embedder, database: Database) -> None:
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self._embedder = embedder
        self._database = database
        self._kept: dict[tuple[str, bytes], npt.NDArray[np.floating]] = {}
        # Documents' vectors as the records keep them, in half precision: what a sync would search.

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return what the embedder returns; raise ProviderError where it does."""
        keys = [(kind, hashlib.sha256(text.encode("utf-8", "replace")).digest()) for text in texts]
        if kind == "document":
            self._recall([key for key in keys if key not in self._kept])
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept}
        if new:
            made = await self._embedder.embed(list(new.values()), kind=kind)
            self._kept.update(zip(new, made if kind == "query" else made.astype(np.float16), strict=True))
        if not keys:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([self._kept[key] for key in keys]).astype(np.float32)

    def _recall(self, keys: Sequence[tuple[str, bytes]]) -> None:
        wanted = {digest.hex(): (kind, digest) for kind, digest in keys}
        with self._database.read() as connection:
            there = feed.vectors_of(connection, self.fingerprint, list(wanted), self.dimension)
        self._kept.update((wanted[text], vector.astype(np.float16)) for text, vector in there.items())
