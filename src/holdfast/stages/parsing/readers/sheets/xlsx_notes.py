"""The comments on the cells of an XLSX sheet, with who wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import Sheet, note_block
from holdfast.stages.parsing.readers.sheets.xlsx_cells import cell_of
from holdfast.stages.parsing.readers.xml import child, local, whole_number
from holdfast.stages.parsing.units import Block

_COPY = "tc="
"""Begins the author of a thread's copy for older programs; the thread itself is a part of its own."""
_COPY_TEXT = "[Threaded comment]"


def persons_of(package: Package, main: str) -> Mapping[str, str]:
    """Return the names of those who write in threads, by the identifiers that threads name."""
    parts = (path for kind, path in package.related(main).values() if kind == "person")
    return {
        element.get("id", ""): element.get("displayName", "")
        for path in parts
        for element in _all(package.optional_xml(path))
        if local(element) == "person"
    }


def sheet_notes(package: Package, path: str, sheet: Sheet, persons: Mapping[str, str]) -> Iterator[Block]:
    """Yield the comments on a sheet's cells, hidden: the sheet shows a mark in their place."""
    for kind, part in package.related(path).values():
        root = package.optional_xml(part) if kind in ("comments", "threadedComment") else None
        listed = child(root, "authors") if root is not None else None
        authors = ["".join(name.itertext()).strip() for name in (listed if listed is not None else ())]
        for element in _all(root):
            if local(element) not in ("comment", "threadedComment"):
                continue
            author = persons.get(element.get("personId", "")) or _numbered(
                authors, element.get("authorId", "")
            )
            row, column = cell_of(element.get("ref", ""))
            text = "".join(text_of(element)).strip()
            if text and row and not (author.startswith(_COPY) or text.startswith(_COPY_TEXT)):
                yield note_block(text, sheet, row=row, column=column, author=author)


def text_of(element: Element) -> Iterator[str]:
    """Yield the text of all runs below an element."""
    for inner in element.iter():
        if local(inner) in ("t", "text") and inner.text:
            yield inner.text


def _numbered(authors: Sequence[str], number: str) -> str:
    place = whole_number(number, len(authors))
    return authors[place] if place < len(authors) else ""


def _all(root: Element | None) -> Iterator[Element]:
    if root is not None:
        yield from root.iter()
