"""DOCX: headings to heading paths, tables to rows, lists with their numbers; never an invented page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION, descriptions
from holdfast.stages.parsing.readers.diagrams import diagrams
from holdfast.stages.parsing.readers.embedded import embedded_files
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.office_properties import office_properties
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.tables import row_line, table_blocks
from holdfast.stages.parsing.readers.unseen import DELETED, Unseen, unseen_blocks
from holdfast.stages.parsing.readers.word.docx_paragraphs import Run, is_shaded, is_white, runs_of
from holdfast.stages.parsing.readers.word.docx_styles import Numbering, Styles
from holdfast.stages.parsing.readers.word.equations import line_of
from holdfast.stages.parsing.readers.xml import attribute, child, local, parse, whole_number
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Size, Unit, Unreadable

_WRAPPERS = frozenset(
    {
        "sdt",
        "sdtContent",
        "ins",
        "moveTo",
        "customXml",
        "smartTag",
        "body",
        "document",
        "AlternateContent",
        "Choice",
    }
)
_NOTES = (("footnotes", "footnote"), ("endnotes", "endnote"))
_DRAWINGS = ("drawing", "pict", "object")
_LONGEST_HEADING = 250
_MOST_COLUMNS = 100
_TABLE_STYLES = re.compile(rb'<w:style w:type="table".*?</w:style>', re.DOTALL)


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, the body as one unit, then notes, page headers and comments."""
    package = Package(data, limits)
    main = package.main_part("word/document.xml")
    yield Size(text_bytes=package.size(main))
    if properties := office_properties(package):
        yield Properties(values=properties)
    root = package.xml(main)
    document = _Document(package, main)
    yield Unit(key="text", blocks=tuple(document.blocks(root)))
    yield Unit(key="notes", blocks=tuple(document.notes()))
    yield Unit(key="page headers", blocks=tuple(document.page_headers()))
    yield Unit(key="comments", blocks=tuple(document.comments()))
    yield from embedded_files(package, limits)


class _Document:
    """Walks the body; knows styles, numbering and the heading path."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._main = main
        self._related = dict(package.related(main).values())
        self._all_related = list(package.related(main).values())
        self._has_diagrams = any(kind in ("chart", "diagramData") for kind, _ in self._all_related)
        self._styles = Styles(_styles_root(package, self._related.get("styles", "")))
        self._numbering = Numbering(package.optional_xml(self._related.get("numbering", "")))
        self._path = HeadingPath()
        self._boxed = 0
        """Text boxes around the place; they may be dark."""

    def blocks(self, container: Element) -> Iterator[Block]:
        """Yield the blocks of a body, a note or a page header, in reading order."""
        for element in container:
            name = local(element)
            if name == "p":
                yield from self._paragraph(element)
            elif name == "tbl":
                yield from self._table(element)
            elif name in _WRAPPERS:
                yield from self.blocks(element)
            elif name in ("oMathPara", "oMath"):
                yield Block(text=line_of(element), locator=self._here())
            elif name in ("del", "moveFrom"):
                yield from _deleted(self.blocks(element))

    def notes(self) -> Iterator[Block]:
        """Yield foot- and endnotes with their numbers."""
        for part, name in _NOTES:
            root = self._package.optional_xml(self._related.get(part, ""))
            for note in root if root is not None else ():
                if local(note) == name and attribute(note, "type") not in (
                    "separator",
                    "continuationSeparator",
                ):
                    text = _all_text(self._plain().blocks(note))
                    if text.strip():
                        yield Block(
                            text=f"[{attribute(note, 'id')}] {text.strip()}", locator=Locator(part=name)
                        )

    def page_headers(self) -> Iterator[Block]:
        """Yield each different page header and footer once: document numbers often stand only there."""
        seen = set()
        for kind, path in self._all_related:
            root = self._package.optional_xml(path) if kind in ("header", "footer") else None
            for block in self._plain().blocks(root) if root is not None else ():
                text = "\n".join(block.rows) or block.text
                if text.strip() not in seen:
                    seen.add(text.strip())
                    yield Block(text=text, locator=Locator(part=f"page {kind}"), hidden=block.hidden)

    def comments(self) -> Iterator[Block]:
        """Yield reviewers' comments, which the printed page does not show, as hidden text."""
        root = self._package.optional_xml(self._related.get("comments", ""))
        for comment in root if root is not None else ():
            text = _all_text(self._plain().blocks(comment)).strip()
            if text:
                author = attribute(comment, "author")
                shown = f"{author}: {text}" if author else text
                yield Block(text=shown, locator=Locator(part="comment"), hidden=True)

    def _plain(self) -> _Document:
        """Return a walker of this document that begins outside of all headings."""
        walker = object.__new__(_Document)
        walker.__dict__.update(self.__dict__, _path=HeadingPath())
        return walker

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        runs = self._runs(paragraph, judge_colours=True)
        shown = "".join(run.text for run in runs if not run.hidden).strip()
        style = self._styles.of(paragraph)
        takes_place = shown or not (any(run.hidden for run in runs) or self._styles.mark_vanishes(paragraph))
        # The number of an empty item stands alone on the page: it is counted, but there is nothing to find.
        label = self._numbering.label(style.list_id, style.list_level) if takes_place else ""
        text = f"{label} {shown}" if label else shown
        if shown and style.heading and len(shown) <= _LONGEST_HEADING:
            self._path.enter(style.heading, text)
        elif label:
            text = "  " * style.list_level + text
        if shown:
            yield Block(text=text, locator=self._here())
        yield from self._hidden_runs(runs)
        self._boxed += 1
        for box in _boxes(paragraph):
            yield from self.blocks(box)
        self._boxed -= 1
        yield from self._drawn(paragraph, with_boxes=False)

    def _drawn(self, holder: Element, *, with_boxes: bool) -> Iterator[Block]:
        """Yield the words of diagrams, then what was written about drawings."""
        words = holder.tag.rpartition("}")[0] + "}"
        if with_boxes or any(next(holder.iter(words + name), None) is not None for name in _DRAWINGS):
            but = "" if with_boxes else "txbxContent"
            found = diagrams(self._package, self._main, holder, but=but) if self._has_diagrams else ()
            for kind, text in found:
                yield Block(text=text, locator=replace(self._here(), part=kind))
            for text, hidden in descriptions(holder, with_boxes=with_boxes):
                yield Block(text=text, locator=replace(self._here(), part=DESCRIPTION), hidden=hidden)

    def _runs(self, paragraph: Element, *, judge_colours: bool) -> list[Run]:
        """Return a paragraph's runs; in tables, whose cells are often dark, white letters prove nothing."""
        shaded = not judge_colours or self._boxed or is_shaded(child(paragraph, "pPr"))

        def hides(run: Element) -> bool:
            own = child(run, "rPr")
            return self._styles.hides(run, paragraph) or (not shaded and is_white(own))

        return list(runs_of(paragraph, hides=hides))

    def _hidden_runs(self, runs: list[Run]) -> Iterator[Block]:
        yield from unseen_blocks(_unseen(runs), self._here())

    def _table(self, table: Element) -> Iterator[Block]:
        rows: list[list[str]] = []
        unseen: list[Unseen] = []
        marked = False
        for row in _inside(table, "tr"):
            properties = child(row, "trPr")
            if not rows and properties is not None and child(properties, "tblHeader") is not None:
                marked = True
            cells = self._cells(row, rows[-1] if rows else [], unseen)
            if properties is not None and child(properties, "del") is not None:
                unseen.append(Unseen(text=row_line(cells), deleted=True))
            else:
                rows.append(cells)
        if len(rows) == 1 and len([cell for cell in rows[0] if cell.strip()]) == 1:
            yield from self._layout_cell(table)  # a frame around text, not a table
            return
        yield from table_blocks(rows, has_header=marked or None, locator=self._here())
        yield from unseen_blocks(unseen, self._here(), between="\n")
        yield from self._drawn(table, with_boxes=True)

    def _layout_cell(self, table: Element) -> Iterator[Block]:
        for row in _inside(table, "tr"):
            for cell in _inside(row, "tc"):
                yield from self.blocks(cell)

    def _cells(self, row: Element, above: list[str], unseen: list[Unseen]) -> list[str]:
        """Return a row's texts in the table's grid; a cell merged downwards repeats what it continues.

        What is hidden in its cells is put into `unseen`.
        """
        before = child(row, "trPr", "gridBefore")
        skipped = whole_number(attribute(before, "val"), 0) if before is not None else 0
        cells = [""] * min(skipped, _MOST_COLUMNS)
        for cell in _inside(row, "tc"):
            properties = child(cell, "tcPr")
            merge = child(properties, "vMerge") if properties is not None else None
            span = child(properties, "gridSpan") if properties is not None else None
            if merge is not None and attribute(merge, "val") != "restart":
                cells.append(above[len(cells)] if len(cells) < len(above) else "")
            else:
                cells.append(self._cell_text(cell, unseen))
            width = attribute(span, "val") if span is not None else ""
            cells.extend([""] * (min(int(width), _MOST_COLUMNS) - 1 if width.isdecimal() else 0))
        return cells

    def _cell_text(self, cell: Element, unseen: list[Unseen]) -> str:
        texts = []
        for paragraph in _paragraphs(cell):
            runs = self._runs(paragraph, judge_colours=False)
            shown = "".join(run.text for run in runs if not run.hidden)
            style = self._styles.of(paragraph)
            label = self._numbering.label(style.list_id, style.list_level)
            # The number of an empty item is all that its cell shows.
            texts.append(f"{label} {shown}".strip() if shown.strip() or label != "-" else "")
            unseen += _unseen(runs)
        return " ".join(text for text in texts if text.strip())

    def _here(self) -> Locator:
        return Locator(heading=self._path.path)


def _styles_root(package: Package, name: str) -> Element | None:
    """Return the styles without those of tables: nine tenths of the usual 350 kB, and of 40 ms."""
    try:
        return parse(_TABLE_STYLES.sub(b"", package.read(name)), "styles.xml") if name else None
    except Unreadable:
        return None


def _paragraphs(element: Element) -> Iterator[Element]:
    for inner in element:
        if local(inner) == "p":
            yield inner
            for box in _boxes(inner):
                yield from _paragraphs(box)
        elif local(inner) != "AlternateContent":
            yield from _paragraphs(inner)


def _inside(container: Element, name: str) -> Iterator[Element]:
    """Yield rows of a table or cells of a row, also those in content controls."""
    for element in container:
        if local(element) == name:
            yield element
        elif local(element) in _WRAPPERS:
            yield from _inside(element, name)


def _boxes(paragraph: Element) -> Iterator[Element]:
    """Yield the text boxes anchored in a paragraph; the fallback repeats what the choice holds."""
    for element in paragraph:
        name = local(element)
        if name == "txbxContent":
            yield element
        elif name not in ("Fallback", "p", "t"):
            yield from _boxes(element)


def _unseen(runs: list[Run]) -> Iterator[Unseen]:
    """Yield what runs hide, each kind as one piece."""
    for deleted in (False, True):
        text = "".join(run.text for run in runs if run.hidden and run.deleted is deleted).strip()
        yield Unseen(text=text, deleted=deleted)


def _all_text(blocks: Iterator[Block]) -> str:
    return " ".join("\n".join(block.rows) or block.text for block in blocks)


def _deleted(blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        place = replace(block.locator, part=DELETED)
        yield Block(text="\n".join(block.rows) or block.text, locator=place, hidden=True)
