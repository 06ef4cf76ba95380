"""OpenDocument: texts by heading path, sheets by cell range, slides by number; what is hidden is marked."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterator
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.embedded import held_files
from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.odf.changes import sheet_changes
from holdfast.stages.parsing.readers.odf.drawn import SHAPES, Drawn, drawn, floating
from holdfast.stages.parsing.readers.odf.masters import master_texts
from holdfast.stages.parsing.readers.odf.printed import printed
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.odf.text import OdfText, repeated, table_rows
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import (
    Merge,
    Row,
    Sheet,
    letters_block,
    note_block,
    sheet_blocks,
)
from holdfast.stages.parsing.readers.xml import attribute, child, local
from holdfast.stages.parsing.units import (
    Block,
    Pictures,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    malformed,
)

_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "subject": "subject",
    "description": "description",
    "creation-date": "created",
    "date": "modified",
    "keyword": "keywords",
    "language": "language",
}
_HIDDEN_ROWS = ("collapse", "filter")
_MOST_COLUMNS = 16_384
_MOST_EQUAL_ROWS = 1000
"""A row that stands for so many equal ones is read so often."""
_LEAST_CHARS = 20
_NOTES = "notes"
_STORED = ("string-value", "value", "date-value", "time-value", "boolean-value")
_DECLARED = ("footer-decl", "header-decl")


def read_text(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then the text as one unit, then page headers and footers."""
    package, content, body = yield from _opened(data, limits, "text")
    styles = OdfStyles(package, content)
    yield Unit(key="text", blocks=tuple(OdfText(styles).blocks(body)))
    yield Unit(key="page headers", blocks=tuple(_page_headers(package, styles)))
    yield from styles.left_out.verdict()
    yield from _objects_of_others(package, content, limits)


def read_sheets(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each sheet as a unit."""
    package, content, body = yield from _opened(data, limits, "spreadsheet")
    styles = OdfStyles(package, content)
    chars = 0
    for table in body:
        if local(table) != "table":
            continue
        name = attribute(table, "name")
        cells = _Cells(OdfText(styles, white=False), table, limits.max_chars - chars)
        rows = list(cells.rows())
        chars += cells.chars
        hidden = styles.hides(table, "table") or attribute(table, "display") == "false"
        sheet = Sheet(name=name, hidden=hidden, merges=tuple(cells.merges))
        blocks = list(sheet_blocks(rows, sheet))
        for shape in (*floating(table), *cells.drawn):
            blocks += drawn(styles, shape, sheet)
        blocks += [
            note_block(text, sheet, row=row, column=column, author=author)
            for row, column, text, author in cells.notes
        ]
        blocks += [letters_block(text, sheet, row=row, column=column) for row, column, text in cells.letters]
        yield Unit(key=f"sheet {name}", blocks=tuple(blocks))
    yield Unit(key="page headers", blocks=tuple(printed(package)))
    yield from _sheet_changes(body, OdfText(styles, white=False))
    yield from styles.left_out.verdict()
    yield from _objects_of_others(package, content, limits)


def _objects_of_others(package: Package, content: Element, limits: ReadingLimits) -> Reading:
    """Yield the files that other programs put into the document; its own objects are read in place."""
    objects = (attribute(one, "href") for one in content.iter() if local(one) == "object-ole")
    names = dict.fromkeys(posixpath.normpath(name) for name in objects if name)
    yield from held_files(package, [name for name in names if package.has(name)], limits)


def _sheet_changes(body: Element, text: OdfText) -> Iterator[Unit]:
    names = [attribute(table, "name") for table in body if local(table) == "table"]
    blocks = [
        block
        for changes in body
        if local(changes) == "tracked-changes"
        for block in sheet_changes(changes, text, names)
    ]
    if blocks:
        yield Unit(key="tracked changes", blocks=tuple(blocks))


def read_slides(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each slide as a unit."""
    package, content, body = yield from _opened(data, limits, "presentation")
    styles = OdfStyles(package, content)
    pictured = []
    pages = [element for element in body if local(element) == "page"]
    for number, page in enumerate(pages, 1):
        unit = Unit(key=f"slide {number}", blocks=tuple(_slide(page, number, styles)))
        yield unit
        if unit.chars < _LEAST_CHARS and any(local(element) == "image" for element in page.iter()):
            pictured.append(unit.key)
    yield from _feet(body, pages)
    yield from master_texts(package, pages, styles)
    text = OdfText(styles, place=Locator())
    changes = [changes for changes in body if local(changes) == "tracked-changes"]
    if blocks := tuple(block for change in changes for block in text.deleted(change)):
        yield Unit(key="tracked changes", blocks=blocks)
    if pictured:
        yield Pictures(keys=tuple(pictured))
    yield from styles.left_out.verdict()
    yield from _objects_of_others(package, content, limits)


def _feet(body: Element, pages: list[Element]) -> Iterator[Unit]:
    """Yield each different text at the head or foot of slides once, with the first that names it."""
    texts = {attribute(one, "name"): one for one in body if local(one) in _DECLARED}
    seen: set[str] = set()
    for number, page in enumerate(pages, 1):
        named = (attribute(page, f"use-{kind}-name") for kind in ("header", "footer"))
        for name in named:
            text = " ".join("".join(texts[name].itertext()).split()) if name in texts else ""
            if text and text not in seen:
                seen.add(text)
                block = Block(text=text, locator=Locator(slide=number, part="footer"))
                yield Unit(key=f"foot of slide {number} {len(seen)}", blocks=(block,))


def _opened(
    data: bytes, limits: ReadingLimits, kind: str
) -> Generator[Size | Properties, None, tuple[Package, Element, Element]]:
    package = Package(data, limits)
    content = package.xml("content.xml")
    body = child(content, "body", kind)
    if body is None:
        raise malformed(f"its content is no {kind}")
    units = sum(local(element) in ("table", "page") for element in body) if kind != "text" else 0
    yield Size(units=units, text_bytes=package.size("content.xml"))
    if properties := _properties(package):
        yield Properties(values=properties)
    return package, content, body


def _properties(package: Package) -> dict[str, str]:
    root = package.optional_xml("meta.xml")
    values: dict[str, str] = {}
    for element in root.iter() if root is not None else ():
        is_added = local(element) == "user-defined"
        key = attribute(element, "name").lower() if is_added else _PROPERTIES.get(local(element))
        text = clipped(element.text or "")
        if key and text:
            values.setdefault(key, text)
    return values


def _page_headers(package: Package, styles: OdfStyles) -> Iterator[Block]:
    """Yield each different page header and footer once."""
    root = package.optional_xml("styles.xml")
    seen: set[str] = set()
    for element in root.iter() if root is not None else ():
        kind = next((kind for kind in ("header", "footer") if local(element) in _forms_of(kind)), "")
        if kind:
            walker = OdfText(styles)
            text = walker.text(element)
            if text and text not in seen:
                seen.add(text)
                is_off = attribute(element, "display") == "false"
                yield Block(text=text, locator=Locator(part=f"page {kind}"), hidden=is_off)
            for changes in (inner for inner in element if local(inner) == "tracked-changes"):
                yield from walker.deleted(changes)


def _forms_of(kind: str) -> tuple[str, ...]:
    return kind, f"{kind}-left", f"{kind}-first"


# --- sheets


class _Cells:
    """The rows of one sheet, with what they hold and do not show apart."""

    def __init__(self, text: OdfText, table: Element, max_chars: int) -> None:
        self.merges: list[Merge] = []
        self.notes: list[tuple[int, int, str, str]] = []
        """Row, column, text and author of each comment."""
        self.letters: list[tuple[int, int, str]] = []
        """Hidden ones within cells that are shown."""
        self.drawn: list[Drawn] = []
        self.chars = 0
        self._text = text
        self._table = table
        self._max_chars = max_chars
        self._hidden_columns = set(_hidden_columns(table))

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold something, ascending."""
        number = 0
        for element, _ in table_rows(self._table):
            count = repeated(element, "number-rows-repeated")
            row = self._row(element, number + 1)
            if row.cells or row.unseen:
                if count > _MOST_EQUAL_ROWS:
                    self._text.styles.left_out.add(
                        f"rows {number + 1 + _MOST_EQUAL_ROWS:,} to {number + count:,} of sheet "
                        f"{attribute(self._table, 'name')}, each the same as the {_MOST_EQUAL_ROWS:,} before"
                    )
                for more in range(min(count, _MOST_EQUAL_ROWS)):
                    self._weigh(row)
                    yield Row(number=number + 1 + more, cells=row.cells, unseen=row.unseen)
            number += count

    def _weigh(self, row: Row) -> None:
        self.chars += sum(map(len, (row.cells | row.unseen).values()))
        if self.chars > self._max_chars:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                "its sheets hold too many characters. Split it, or raise parsing.max_chars",
            )

    def _row(self, element: Element, number: int) -> Row:
        shown: dict[int, str] = {}
        unseen: dict[int, str] = {}
        hides_all = attribute(element, "visibility") in _HIDDEN_ROWS
        column = 1
        for cell in element:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            count = repeated(cell, "number-columns-repeated")
            text = " ".join(_cell_text(cell, self._text).split())
            self._keep_facts(cell, number, column)
            for place in range(column, min(column + count, _MOST_COLUMNS)) if text else ():
                hides = hides_all or place in self._hidden_columns
                hides = hides or self._text.styles.hides(cell, "table-cell")
                (unseen if hides else shown)[place] = text
            column += count
        return Row(number=number, cells=shown, unseen=unseen)

    def _keep_facts(self, cell: Element, row: int, column: int) -> None:
        wide, high = repeated(cell, "number-columns-spanned"), repeated(cell, "number-rows-spanned")
        if wide > 1 or high > 1:
            self.merges.append(Merge(top=row, left=column, bottom=row + high - 1, right=column + wide - 1))
        self.letters += ((row, column, text) for text in self._text.hidden_letters(cell))
        for inner in cell:
            if local(inner) in SHAPES:
                self.drawn.append((inner, row, column))
            elif local(inner) == "annotation" and (text := self._text.text(inner)):
                author = "".join(part.text or "" for part in inner if local(part) == "creator")
                self.notes.append((row, column, text, author))


def _hidden_columns(table: Element) -> Iterator[int]:
    column = 1
    for element in table.iter():
        if local(element) == "table-column":
            count = repeated(element, "number-columns-repeated")
            if attribute(element, "visibility") in _HIDDEN_ROWS:
                yield from range(column, min(column + count, _MOST_COLUMNS))
            column += count
        elif local(element) == "table-row":
            return


def _cell_text(cell: Element, text: OdfText) -> str:
    """Return what a cell shows; it is stored as its paragraphs, formatted already."""
    paragraphs = [inner for inner in cell if local(inner) in ("p", "h")]
    if not paragraphs:
        return next(filter(None, (attribute(cell, name) for name in _STORED)), "")
    return "\n".join(map(text.text_of, paragraphs))


# --- slides


def _slide(page: Element, number: int, styles: OdfStyles) -> Iterator[Block]:
    hidden = styles.hides(page, "drawing-page")
    walker = OdfText(styles, white=False)
    titles = [walker.text(frame) for frame in page if attribute(frame, "class") == "title"]
    title = next((title for title in titles if title), "")
    place = Locator(slide=number, heading=(" ".join(title.split())[:200],) if title else ())
    walker = OdfText(styles, place=place, white=False)
    for shape in page:
        name = local(shape)
        if name == _NOTES:
            notes = Locator(slide=number, heading=place.heading, part=_NOTES)
            yield from OdfText(styles, place=notes, white=False).blocks(shape, hidden=hidden)
        elif name == "annotation":
            text = walker.text(shape)
            if text:
                comment = Locator(slide=number, heading=place.heading, part="comment")
                yield Block(text=text, locator=comment, hidden=True)
        else:
            holder = Element("holder")
            holder.append(shape)
            yield from walker.blocks(holder, hidden=hidden)
