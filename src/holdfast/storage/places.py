"""Tell a quote's own place, where a passage only knows where it begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import sqlalchemy as sa

from holdfast.domain.checks import Citation
from holdfast.domain.documents import Section
from holdfast.domain.locating import locate_span
from holdfast.storage import counters
from holdfast.storage.encoding import unpack_as, unpack_text
from holdfast.storage.schema import documents


def placed(connection: sa.Connection, citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Return the citations, each with the locator of the very words it quotes.

    A passage may span several sections, rows or parts of a message; its locator is that of its first. A
    citation whose quote does not stand at its offsets in a published document (a lookup's row, say) stays.
    """
    published = counters.value(connection, counters.PUBLISHED)
    return tuple(_placed(connection, citation, published) for citation in citations)


def _placed(connection: sa.Connection, citation: Citation, published: int) -> Citation:
    query = sa.select(documents.c.text, documents.c.sections).where(
        documents.c.path == citation.document,
        documents.c.born <= published,
        sa.or_(documents.c.died.is_(None), documents.c.died > published),
    )
    for row in connection.execute(query):
        if _text(row.text)[citation.start : citation.end] == citation.quote:
            sections = _sections(row.sections)
            return replace(citation, locator=locate_span(sections, citation.start, citation.end))
    return citation


@lru_cache(maxsize=32)
def _text(packed: bytes) -> str:
    """Unpack the text of a document; those that are cited are cited again."""
    return unpack_text(packed)


@lru_cache(maxsize=32)
def _sections(packed: bytes) -> tuple[Section, ...]:
    """Unpack the sections of a document; a manual has hundreds."""
    sections: tuple[Section, ...] = unpack_as(tuple[Section, ...], packed)
    return sections
