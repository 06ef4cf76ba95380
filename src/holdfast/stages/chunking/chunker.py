"""Cut a document along its sections into chunks with exact offsets."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, Section
from holdfast.domain.locating import locate_span
from holdfast.stages.chunking.context import caption_of, heading_context
from holdfast.stages.chunking.grouping import Group, group_sections, is_aside, is_bare_heading
from holdfast.stages.chunking.prose import cut
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.chunking.spans import Span
from holdfast.stages.chunking.table import cut_table, lacks_header

RULES = 4
"""Changes when the same settings cut the same text in another way."""
SMALLEST = 50
"""Pieces are not cut again below this many characters, whatever their tokens."""


class SectionChunker:
    """Cuts along headings, pages and rows; text by its size, never across a table or hidden text."""

    def __init__(
        self,
        settings: ChunkingSettings | None = None,
        *,
        count_tokens: Callable[[str], int] | None = None,
        max_tokens: int = 0,
    ) -> None:
        """Take the embedder's token counter and limit, if it has one: longer pieces are cut again."""
        self.settings = settings or ChunkingSettings()
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens
        told = f"{self.settings.model_dump_json()} {max_tokens} {version('semantic-text-splitter')}"
        self.version = f"sections-{RULES}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    def chunk(self, document: Document) -> tuple[Chunk, ...]:
        """Return chunks in order; each `text` equals `document.text[start:end]`."""
        sections = document.sections or (Section(start=0, end=len(document.text)),)
        groups = group_sections(
            document.text, sections, size=self.settings.size, include_hidden=self.settings.include_hidden
        )
        chunks: list[Chunk] = []
        before: Section | None = None
        for group in groups:
            for span, context in self._pieces(document, group, before):
                chunks.append(_chunk(document, sections, len(chunks), span, context))
            before = group.sections[-1]
        return tuple(chunks)

    def _pieces(self, document: Document, group: Group, before: Section | None) -> Iterator[tuple[Span, str]]:
        if group.table is not None:
            yield from self._table_pieces(document, group, group.table, before)
            return
        whole = Span(group.sections[0].start, group.sections[-1].end)
        size, overlap = self.settings.size, self.settings.overlap
        for span in cut(document.text, whole, size=size, overlap=overlap):
            context = self._context(document, _touched(group.sections, span), span.start)
            yield from self._within_tokens(document.text, span, context)

    def _table_pieces(
        self, document: Document, group: Group, table: Section, before: Section | None
    ) -> Iterator[tuple[Span, str]]:
        text, lead = document.text, group.sections[:-1]
        caption = caption_of(text, table, lead[-1] if lead else before)
        for span in cut_table(text, table, start=group.sections[0].start, size=self.settings.size):
            place = self._context(document, (table,), span.start)
            said = caption if span.start >= table.start else ""
            header = table.header if lacks_header(text, table, span) else ""
            yield from self._within_tokens(text, span, "\n".join(filter(None, (place, said, header))))

    def _context(self, document: Document, sections: Sequence[Section], start: int) -> str:
        if not self.settings.heading_context:
            return ""
        return heading_context(document.text, document.metadata.title, sections, start)

    def _within_tokens(self, text: str, span: Span, context: str) -> Iterator[tuple[Span, str]]:
        """Cut a piece in two until the embedder reads each to its end, however long its context is."""
        halves = list(self._halves(text, span, context))
        if len(halves) > 1:
            for half in halves:
                yield from self._within_tokens(text, half, context)
        else:
            yield span, context

    def _halves(self, text: str, span: Span, context: str) -> Iterator[Span]:
        """Yield two smaller pieces, or nothing when the piece fits or must not become smaller."""
        if self._count_tokens is None or span.length <= SMALLEST:
            return
        piece = text[span.start : span.end]
        if self._count_tokens(f"{context}\n{piece}" if context else piece) <= self._max_tokens:
            return
        if not context or self._count_tokens(piece) > self._max_tokens // 2:
            yield from cut(text, span, size=max(SMALLEST, -(-span.length * 5 // 9)))


def _touched(sections: Sequence[Section], span: Span) -> Sequence[Section]:
    first = bisect_right(sections, span.start, key=lambda section: section.start) - 1
    behind = bisect_left(sections, span.end, key=lambda section: section.start)
    return sections[max(0, first) : behind]


def _chunk(document: Document, sections: Sequence[Section], ordinal: int, span: Span, context: str) -> Chunk:
    """Return the chunk; its locator is that of its first text, not of a heading or a note above it."""
    touched = _touched(sections, span)
    text = [one for one in touched if not is_bare_heading(document.text, one)]
    told = next((one for one in text if not is_aside(one)), (text or touched)[0])
    return Chunk(
        ordinal=ordinal,
        start=span.start,
        end=span.end,
        text=document.text[span.start : span.end],
        context=context,
        locator=locate_span(sections, max(span.start, told.start), span.end),
    )
