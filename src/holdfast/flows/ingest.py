"""A document's path, from its source into the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from holdfast.domain.attaching import DEEPEST, TOO_DEEP, attached_documents
from holdfast.domain.cases import LOOKUP
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import ParsedDocument, ParseStatus, RawDocument
from holdfast.domain.indexing import Standing, Trouble
from holdfast.domain.items import ATTACHED
from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError
from holdfast.protocols import Chunker, Embedder, Enricher, Fittable, IndexWriter, Parser

Name = tuple[str, str]
MOST_INSIDE = 10_000
"""Documents that one file may hold, at all depths: archives in archives multiply."""

TOO_MANY = (
    f"its outermost file holds over {MOST_INSIDE:,} documents, this and what follows are not read; "
    "unpack it into the folder"
)

RESERVED = (LOOKUP, ATTACHED)
"""What citations of lookups' rows and of attachments begin with, which have no document's access list."""

KEEPS_LAST_GOOD = frozenset(
    {
        ParseStatus.MALFORMED, ParseStatus.LIMIT_CPU, ParseStatus.LIMIT_MEMORY, ParseStatus.LIMIT_SIZE,
        ParseStatus.CRASHED, ParseStatus.TIMEOUT,
    }
)  # fmt: skip
"""A file that cannot be read *now* (cut while copied, a parser that crashed) keeps the revision that
could; one that was emptied, encrypted or replaced by something without text does not."""


class Steps(Protocol):
    """The part of a trail that this path uses."""

    async def step(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage."""
        ...

    def run(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage here and now, a plain function."""
        ...


@runtime_checkable
class Preparable(Protocol):
    """A part that needs a moment before its first document, to load a model."""

    def prepare(self) -> None:
        """Get ready, in whatever thread this is called; what fails here fails again when a document comes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestParts:
    """The parts of a document's path."""

    parser: Parser
    enricher: Enricher
    chunker: Chunker
    embedder: Embedder
    resolve: Callable[[Sequence[Standing]], Mapping[Name, str]]
    """Which documents are superseded by which, over all that there are."""

    @property
    def version(self) -> str:
        """Return the versions of the parts that make a document's chunks; part of the skip hash.

        The embedder is not among them: vectors are kept by the text they were made of, and those
        that another embedder lacks are filled in without reading any document again.
        """
        parts = (self.parser.version, self.enricher.version, self.chunker.version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @property
    def preparable(self) -> tuple[Preparable, ...]:
        """Return the parts that can get ready while the first documents are still read."""
        parts = (self.parser, self.enricher, self.chunker, self.embedder)
        return tuple(part for part in parts if isinstance(part, Preparable))

    def skip_key(self, digest: str) -> str:
        """Return the key under which a content needs no second pass."""
        return f"{self.version}:{digest}"


@dataclass(slots=True)
class Room:
    """How many more documents the outermost file may hold."""

    left: int = MOST_INSIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one document and its attachments."""

    names: tuple[Name, ...]
    failed: int = 0


async def ingest(
    raw: RawDocument,
    parts: IngestParts,
    writer: IndexWriter,
    trail: Steps,
    *,
    parent: str = "",
    depth: int = 0,
    room: Room | None = None,
) -> Ingested:
    """Take one document in, its attachments too; what cannot be taken in is recorded with its reason."""
    room = room or Room()
    if raw.path.startswith(RESERVED):
        writer.trouble(_refused(raw, parts, parent), keep_last_good=False)
        return Ingested(names=((raw.source, raw.path),), failed=1)
    parsed = await trail.step(Stage.PARSING, parts.parser.parse, raw)
    if not parsed.status.has_text:
        writer.trouble(_trouble(raw, parsed, parts, parent), keep_last_good=parsed.status in KEEPS_LAST_GOOD)
        return await _with_attachments(raw, parsed, parts, writer, trail, depth=depth, room=room, failed=1)

    document = await trail.step(Stage.ENRICHING, parts.enricher.enrich, raw, parsed)
    chunks = await trail.step(Stage.CHUNKING, parts.chunker.chunk, document)
    kept = await trail.step(Stage.INDEXING, writer.kept_vectors, [chunk.indexed for chunk in chunks])
    new = _to_embed(parts.embedder, chunks, kept)
    made = await trail.step(Stage.EMBEDDING, _embedded, parts.embedder, new) if new else {}
    vectors = await trail.step(Stage.EMBEDDING, _stacked, chunks, {**kept, **made})
    await trail.step(
        Stage.INDEXING, writer.write, document, chunks, vectors, parent=parent,
        skip_key=parts.skip_key(raw.digest),
    )  # fmt: skip

    is_doubtful = parsed.status is not ParseStatus.OK
    if is_doubtful:
        writer.trouble(_trouble(raw, parsed, parts, parent), keep_last_good=True)
    return await _with_attachments(raw, parsed, parts, writer, trail, depth=depth, room=room, failed=0)


def _to_embed(embedder: Embedder, chunks: Sequence[Chunk], kept: Mapping[str, FloatArray]) -> list[str]:
    """Return the texts that need a vector now, each once; kept ones are not made again.

    They come later when the embedder must first learn from the corpus.
    """
    if isinstance(embedder, Fittable) and not embedder.is_fitted:
        return []
    return [text for text in dict.fromkeys(chunk.indexed for chunk in chunks) if text not in kept]


async def _embedded(embedder: Embedder, texts: Sequence[str]) -> Mapping[str, FloatArray]:
    """Return the texts' vectors, or none of them when they have to come later, as the provider is down.

    A sync then still makes everything findable by its words.
    """
    try:
        return dict(zip(texts, await embedder.embed(texts, kind="document"), strict=True))
    except ProviderError:
        return {}


def _stacked(chunks: Sequence[Chunk], vectors: Mapping[str, FloatArray]) -> FloatArray | None:
    """Return the chunks' vectors, or None where one is missing."""
    texts = [chunk.indexed for chunk in chunks]
    if not texts or not all(text in vectors for text in texts):
        return None
    return np.stack([vectors[text] for text in texts])


async def _with_attachments(
    raw: RawDocument,
    parsed: ParsedDocument,
    parts: IngestParts,
    writer: IndexWriter,
    trail: Steps,
    *,
    depth: int,
    room: Room,
    failed: int,
) -> Ingested:
    names: list[Name] = [(raw.source, raw.path)]
    for inner in attached_documents(raw, parsed.attachments):
        if depth + 1 > DEEPEST or room.left <= 0:
            why = TOO_DEEP if depth + 1 > DEEPEST else TOO_MANY
            writer.trouble(_not_followed(inner, parts, raw.path, why), keep_last_good=False)
            names.append((inner.source, inner.path))
            failed += 1
            if room.left <= 0:
                break  # one line says it for all that follow
            continue
        room.left -= 1
        ingested = await ingest(inner, parts, writer, trail, parent=raw.path, depth=depth + 1, room=room)
        names.extend(ingested.names)
        failed += ingested.failed
    return Ingested(names=tuple(names), failed=failed)


def _trouble(raw: RawDocument, parsed: ParsedDocument, parts: IngestParts, parent: str) -> Trouble:
    return Trouble(
        source=raw.source,
        path=raw.path,
        parent=parent,
        stage=Stage.PARSING,
        status=parsed.status,
        reason=parsed.reason or parsed.status.value,
        stamp=raw.stamp,
        skip_key=parts.skip_key(raw.digest),
    )


def _refused(raw: RawDocument, parts: IngestParts, parent: str) -> Trouble:
    why = f"names that begin with {' or '.join(RESERVED)} are not those of documents; name it otherwise"
    return replace(_not_followed(raw, parts, parent, why), status=ParseStatus.MALFORMED)


def _not_followed(inner: RawDocument, parts: IngestParts, parent: str, why: str) -> Trouble:
    return Trouble(
        source=inner.source,
        path=inner.path,
        parent=parent,
        stage=Stage.PARSING,
        status=ParseStatus.LIMIT_SIZE,
        reason=why,
        stamp=inner.stamp,
        skip_key=parts.skip_key(inner.digest),
    )
