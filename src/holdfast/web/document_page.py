"""The Document page with what is behind it: text, passage, original, page image."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from holdfast.domain.access import EVERYONE, USER_PREFIX
from holdfast.domain.documents import FoundDocument, Section, SectionKind
from holdfast.domain.locating import locate, locate_span
from holdfast.domain.locators import Locator
from holdfast.errors import DocumentError
from holdfast.storage.described import describe
from holdfast.storage.library import ShelvedDocument, chunks_of, find_document, list_documents, revisions_of
from holdfast.web.laid_out import Block, blocks_of
from holdfast.web.page_marks import NO_MARKS, wanted_on
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.visits import Here, Missing, Visit
from holdfast.web.wording import Wording

router = APIRouter(include_in_schema=False)
AROUND = 900
"""Characters shown before and behind a passage."""
PART = 60_000
"""Characters of a long document that are shown at once."""
MOST_LISTED = 200
MOST = 2**53
Offset = Annotated[int, Query(ge=0, le=MOST)]
Version = Annotated[int | None, Query(ge=0, le=MOST)]
BACK = "^(ask|runs|review)?$"
"""Pages that a passage is opened from."""
SANDBOX = "sandbox; default-src 'none'"
KEPT = {"cache-control": "private, max-age=600", "vary": "cookie"}
"""Of pictures: kept by the reader's browser, and for nobody but the person that it is at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text in one section, as it is shown."""

    place: str
    """Where it stands, empty when that is where the piece before stood, or its heading says it."""
    is_hidden: bool
    blocks: list[Block]


@router.get("/w/{workflow}/documents", response_class=HTMLResponse)
def documents_page(visit: Here, find: str = "", after: str = "") -> HTMLResponse:
    """List the documents that who is here may see."""
    with visit.desk.flow.wiring.database.read() as connection:
        listed = list_documents(connection, visit.principal, like=find, after=after, limit=MOST_LISTED + 1)
        titles = {one.path: one.title for one in listed if one.title}
        for one in listed[:MOST_LISTED]:
            if one.superseded_by and one.superseded_by not in titles:
                titles[one.superseded_by] = title_of(visit, connection, one.superseded_by, one.source)
    return page(
        "documents.html", visit, find=find, documents=listed[:MOST_LISTED], titles=titles,
        access=[who_may_see(visit.t, one.access) for one in listed[:MOST_LISTED]]
        if visit.person.may(Right.OPERATE) else None,
        more=listed[MOST_LISTED - 1].path if len(listed) > MOST_LISTED else "",
    )  # fmt: skip


@router.get("/w/{workflow}/document", response_class=HTMLResponse)
def document_page(
    visit: Here,
    path: str,
    source: str = "",
    at: Version = None,
    start: Offset = 0,
    end: Offset = 0,
    page_number: Annotated[int | None, Query(ge=0, le=MOST)] = None,
    back: Annotated[str, Query(pattern=BACK)] = "",
    run: Annotated[str, Query(pattern="^[0-9a-f]{0,64}$")] = "",
) -> HTMLResponse:
    """Show a document's text with its places, the passage marked, beside what is known of it."""
    document = shelved(visit, path, source=source, at=at)
    start, end = within(document, start, end)
    with visit.desk.flow.wiring.database.read() as connection:
        revisions, chunks = revisions_of(connection, document), chunks_of(connection, document)
        newer = document.metadata.superseded_by
        newer_title = title_of(visit, connection, newer, document.source) if newer else ""
        problems = [one for one in describe(connection, path, source=document.source) if one.problem]
    last = pages_of(document)
    part = start // PART
    low = part * PART
    high = max(min(low + PART, len(document.text)), min(end, low + 2 * PART))
    return page(
        "document.html", visit, document=document, revisions=revisions, chunks=chunks, problems=problems,
        pieces=pieces_of(visit.t, document, start, end, low=low, high=high),
        place=visit.t.place(locate_span(document.sections, start, end)),
        has_passage=end > start, part=part, parts=max(1, -(-len(document.text) // PART)), part_size=PART,
        why=why_visible(visit, document), who=who_may_see(visit.t, document.access.entries), pages=last,
        page_number=min(max(page_number or locate(document.sections, start).page or 1, 1), last or 1),
        start=start, end=end, at=at, back=back, run=run,
        newer_title=newer_title,
    )  # fmt: skip


@router.get("/w/{workflow}/passage")
def passage(
    visit: Here, path: str, start: Offset, end: Offset, source: str = "", at: Version = None
) -> dict[str, Any]:
    """Return a passage laid out with what stands around it, from a word's beginning to a word's end."""
    document = shelved(visit, path, source=source, at=at)
    start, end = within(document, start, end)
    low, high = around(document.text, start, end)
    pieces = pieces_of(visit.t, document, start, end, low=low, high=high)
    return {
        "title": document.metadata.title or document.path,
        "document": document.path,
        "place": str(locate_span(document.sections, start, end)),
        "is_cut": [low > 0, high < len(document.text)],
        "blocks": [block.plain for piece in pieces for block in piece.blocks],
    }


@router.get("/w/{workflow}/original")
def original(visit: Here, path: str, source: str = "", at: Version = None) -> Response:
    """Send the file as it was indexed, to be kept and not to be shown."""
    document = shelved(visit, path, source=source, at=at)
    data = original_bytes(visit, document)
    name = quote(document.path.rpartition("/")[2], safe="")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "content-security-policy": SANDBOX,
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/w/{workflow}/page-picture")
def page_picture(visit: Here, path: str, number: Offset, source: str = "", at: Version = None) -> Response:
    """Send the picture of a PDF's page."""
    document = shelved(visit, path, source=source, at=at)
    if not 1 <= number <= pages_of(document):
        raise Missing
    picture = visit.workbench.pictures.picture(document.digest, original_bytes(visit, document), number)
    return Response(picture, media_type="image/png", headers=KEPT)


@router.get("/w/{workflow}/page-marks")
def page_marks(
    visit: Here,
    path: str,
    number: Offset,
    start: Offset,
    end: Offset,
    source: str = "",
    at: Version = None,
) -> Response:
    """Send where a passage stands on a PDF's page, as a picture to lie over the page's."""
    document = shelved(visit, path, source=source, at=at)
    if not 1 <= number <= pages_of(document):
        raise Missing
    start, end = within(document, start, end)
    wanted = wanted_on(document.text, document.sections, number, start, end)
    marks = b""
    if wanted:
        data = original_bytes(visit, document)
        marks = visit.workbench.pictures.marks(document.digest, data, number, wanted)
    headers = {**KEPT, "content-security-policy": SANDBOX}
    return Response(marks or NO_MARKS, media_type="image/svg+xml", headers=headers)


def shelved(visit: Visit, path: str, *, source: str = "", at: int | None = None) -> ShelvedDocument:
    """Return a document that who is here may see; raise Missing for any other."""
    with visit.desk.flow.wiring.database.read() as connection:
        found = find_document(connection, path, visit.principal, source=source, version=at)
    if found is None:
        raise Missing
    return found


def title_of(visit: Visit, connection: sa.Connection, path: str, source: str) -> str:
    """Return the title of a document that who is here may see, else its path."""
    found = find_document(connection, path, visit.principal, source=source)
    return (found.metadata.title if found else "") or path


def within(document: ShelvedDocument, start: int, end: int) -> tuple[int, int]:
    """Return offsets that lie inside the text, in order."""
    start = min(max(start, 0), len(document.text))
    return start, min(max(end, start), len(document.text))


def pages_of(document: ShelvedDocument) -> int:
    """Return the number of the last page that has text, 0 for what has no pages."""
    return max((section.locator.page or 0 for section in document.sections), default=0)


def around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where an excerpt around a passage begins, with where it ends, between words."""
    low, high = max(0, start - AROUND), min(len(text), end + AROUND)
    while 0 < low < start and not text[low - 1].isspace():
        low += 1
    while end < high < len(text) and not text[high].isspace():
        high -= 1
    return low, high


def pieces_of(
    t: Wording, document: ShelvedDocument, start: int, end: int, *, low: int, high: int
) -> list[Piece]:
    """Return the text from `low` to `high`, cut at its sections, laid out with the passage marked."""
    sections = document.sections or (Section(start=0, end=len(document.text)),)
    pieces: list[Piece] = []
    place_before: Locator | None = None
    heading_before: tuple[str, ...] = ()
    for section in sections:
        first, last = max(section.start, low), min(section.end, high)
        if first >= last:
            continue
        heading = section.locator.heading[-1] if section.locator.heading else ""
        blocks = blocks_of(
            document.text, first, last, start=start, end=end, heading=heading,
            is_table=section.kind is SectionKind.TABLE,
        )  # fmt: skip
        is_said = section.locator.heading == heading_before or (bool(blocks) and blocks[0].kind == "head")
        place = replace(section.locator, heading=())
        shown = t.place(section.locator) if not is_said else t.place(place) if place != place_before else ""
        pieces.append(Piece(place=shown, is_hidden=section.hidden, blocks=blocks))
        place_before, heading_before = place, section.locator.heading
    return pieces


def who_may_see(t: Wording, entries: Collection[str]) -> str:
    """Return an access list in words: everyone, else groups, then people."""
    if EVERYONE in entries:
        return t("access.everyone")
    people = sorted(one.removeprefix(USER_PREFIX) for one in entries if one.startswith(USER_PREFIX))
    groups = sorted(one for one in entries if not one.startswith(USER_PREFIX))
    told = [
        t(f"access.{name}", names=", ".join(listed))
        for name, listed in (("groups", groups), ("people", people))
        if listed
    ]
    return "; ".join(told) or t("access.nobody")


def why_visible(visit: Visit, document: ShelvedDocument) -> list[str]:
    """Return in words why who is here may see a document, and by which rule."""
    t, principal = visit.t, visit.principal
    reasons = []
    for entry in sorted(document.access.entries & principal.entries):
        if entry == EVERYONE:
            reasons.append(t("why.everyone"))
        elif entry.startswith(USER_PREFIX):
            reasons.append(t("why.user", name=principal.user))
        else:
            reasons.append(t("why.group", name=principal.user, group=entry))
    if document.access.rule:
        reasons.append(t("why.rule", rule=document.access.rule))
    return reasons


def original_bytes(visit: Visit, document: ShelvedDocument) -> bytes:
    """Return the bytes that this revision was read from; raise DocumentError when the file has changed."""
    outer = next((one for one in visit.desk.flow.wiring.sources() if one.name == document.source), None)
    if outer is None or document.parent:
        raise DocumentError(
            f"{document.path} has no file of its own", stage="sources",
            move=f"Download {document.parent}, which it came with." if document.parent else "Sync again.",
        )  # fmt: skip
    found = FoundDocument(
        source=document.source, path=document.path, access=document.access, size=0, stamp=""
    )
    raw = outer.read(found)
    if raw.digest != document.digest:
        raise DocumentError(
            f"{document.path} is another file now than the one that was indexed", stage="sources",
            move="Sync, then open it again.",
        )  # fmt: skip
    return raw.data
