"""The Document page with what is behind it: text, passage, original, page image."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from holdfast.domain.locating import locate_span
from holdfast.storage.library import ShelvedDocument, find_document
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter(include_in_schema=False)
AROUND = 900
"""Characters shown before and behind a passage."""


@router.get("/w/{workflow}/passage")
def passage(
    visit: Here, path: str, start: int, end: int, source: str = "", at: int | None = None
) -> dict[str, Any]:
    """Return a passage with what stands around it, as text."""
    document = shelved(visit, path, source=source, at=at)
    start, end = within(document, start, end)
    first, last = max(0, start - AROUND), min(len(document.text), end + AROUND)
    return {
        "title": document.metadata.title or document.path,
        "document": document.path,
        "place": str(locate_span(document.sections, start, end)),
        "before": ("… " if first else "") + document.text[first:start],
        "quote": document.text[start:end],
        "after": document.text[end:last] + (" …" if last < len(document.text) else ""),
    }


def shelved(visit: Visit, path: str, *, source: str = "", at: int | None = None) -> ShelvedDocument:
    """Return a document that who is here may see; raise Missing for any other."""
    with visit.desk.flow.wiring.database.read() as connection:
        found = find_document(connection, path, visit.principal, source=source, version=at)
    if found is None:
        raise Missing
    return found


def within(document: ShelvedDocument, start: int, end: int) -> tuple[int, int]:
    """Return offsets that lie inside the text, in order."""
    start = min(max(start, 0), len(document.text))
    return start, min(max(end, start), len(document.text))
