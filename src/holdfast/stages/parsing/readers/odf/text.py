"""Paragraphs, lists, tables and notes of OpenDocument content, as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION, described
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.odf.lists import ListItem, ListPlace, OdfLists
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.unseen import DELETED
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number
from holdfast.stages.parsing.units import Block

_SHAPES = frozenset(
    {
        "frame", "custom-shape", "g", "rect", "ellipse", "polygon", "polyline", "path", "line", "connector",
        "circle", "regular-polygon", "measure", "scene", "caption",
    }
)  # fmt: skip
_SKIPPED = _SHAPES | {"note", "annotation", "ruby-text", "tracked-changes", "bookmark", "number"}
_ASIDE = frozenset({"annotation", "tracked-changes", "change-info"})
_HOLDERS = _SHAPES | {
    "section", "index-body", "table-of-content", "text-box", "list-header", "illustration-index",
    "alphabetical-index", "bibliography", "object-index", "table-index", "user-index", "index-title",
    "header", "footer", "table-index-title", "a",
}  # fmt: skip
_SAID_OF_SHAPES = ("title", "desc")
_LONGEST_HEADING = 250
_MOST_REPEATED = 100
_TITLE_STYLES = ("title", "titel", "titre")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a paragraph."""

    text: str
    hidden: bool = False


class OdfText:
    """Walks content and knows the heading path; `place` says what else a locator holds.

    `white` says whether white letters are hidden: on slides and in cells they often stand on dark.
    """

    def __init__(
        self,
        styles: OdfStyles,
        *,
        place: Locator | None = None,
        white: bool = True,
        lists: OdfLists | None = None,
        with_objects: bool = True,
    ) -> None:
        self.styles = styles
        self._lists = lists or OdfLists(styles)
        self._white = white
        self._with_objects = with_objects
        self.path = HeadingPath()
        self._place = place or Locator()
        self._with_headings = place is None

    def blocks(self, container: Element, *, hidden: bool = False) -> Iterator[Block]:
        """Yield the blocks of a body, section, text box or note in reading order."""
        for element in container:
            yield from self._block(element, hidden=hidden)

    def _block(self, element: Element, *, hidden: bool) -> Iterator[Block]:
        name = local(element)
        hides = hidden or attribute(element, "display") == "none" or _is_off(element)
        if name in ("p", "h"):
            yield from self._paragraph(element, hidden=hides)
        elif name == "list":
            yield from self._list(element, hidden=hides)
        elif name == "numbered-paragraph":
            yield from self._item(element, self._lists.numbered(element), hidden=hides)
        elif name == "table":
            yield from self._table(element, hidden=hides or self.styles.hides(element, "table"))
        elif name == "tracked-changes":
            yield from self.deleted(element)
        elif name in ("object", "control"):
            yield from self._object(element, hidden=hides)
        elif name in _HOLDERS:
            yield from self._formula(element, hidden=hides)
            yield from self.blocks(element, hidden=hides)
            yield from self._description(element, hidden=hides)

    def _description(self, shape: Element, *, hidden: bool) -> Iterator[Block]:
        said = {local(inner): "".join(inner.itertext()) for inner in shape if local(inner) in _SAID_OF_SHAPES}
        if text := described(*(said.get(name, "") for name in _SAID_OF_SHAPES)):
            yield Block(text=text, locator=replace(self.here(), part=DESCRIPTION), hidden=hidden)

    def _formula(self, frame: Element, *, hidden: bool) -> Iterator[Block]:
        if line := self.styles.objects.formula_in(frame):
            yield Block(text=line, locator=self.here(), hidden=hidden)

    def _object(self, element: Element, *, hidden: bool) -> Iterator[Block]:
        if local(element) == "control":
            if text := self.styles.objects.control(element):
                yield Block(text=text, locator=self.here(), hidden=hidden)
        elif self._with_objects:
            kind, text = self.styles.objects.words(element)
            if text:
                yield Block(text=text, locator=replace(self.here(), part=kind), hidden=hidden)

    def here(self) -> Locator:
        """Return the place that the walk has come to."""
        return replace(self._place, heading=self.path.path) if self._with_headings else self._place

    def text(self, element: Element) -> str:
        """Return what is shown of the paragraphs below an element, a line each."""
        lines = [self.text_of(inner) for inner in _paragraphs_in(element)]
        return "\n".join(line for line in lines if line.strip())

    def all_text(self, element: Element) -> str:
        """Return the same with the letters that are not shown."""
        lines = ["".join(run.text for run in self._runs(inner)) for inner in _paragraphs_in(element)]
        return "\n".join(line.strip() for line in lines if line.strip())

    def text_of(self, paragraph: Element) -> str:
        """Return what is shown of one paragraph."""
        return "".join(run.text for run in self._runs(paragraph) if not run.hidden).strip()

    def numbered_text(self, element: Element) -> str:
        """Return what is shown of the paragraphs below an element, a line each, with the labels of lists."""
        return "\n".join(line for line in self._numbered_lines(element) if line)

    def _numbered_lines(self, element: Element, item: ListItem | None = None) -> Iterator[str]:
        for inner in element:
            name = local(inner)
            if name in ("p", "h"):
                shown, label = self.text_of(inner), self._label(inner, item)
                # The number of an empty item is all that its cell shows.
                yield f"{label} {shown}".strip() if shown or label != "-" else ""
                item = replace(item, is_counted=False) if item is not None else None
                yield from self._numbered_lines(inner)
            elif name == "list":
                for entry, of in self._lists.items(inner, item.place if item is not None else None):
                    yield from self._numbered_lines(entry, of)
            elif name == "numbered-paragraph":
                yield from self._numbered_lines(inner, self._lists.numbered(inner))
            elif name not in _ASIDE:
                yield from self._numbered_lines(inner)

    def _runs(self, paragraph: Element) -> Iterator[Run]:
        return runs_of(paragraph, self.styles, white=self._white)

    def _paragraph(self, element: Element, *, hidden: bool, item: ListItem | None = None) -> Iterator[Block]:
        hides = hidden or self.styles.hides(element, "paragraph", white=self._white)
        hides = hides or any(map(_hides_its_paragraph, element.iter()))
        runs = list(self._runs(element))
        shown = "".join(run.text for run in runs if not run.hidden).strip()
        level = self._level(element)
        vanishes = hides and not self._is_only_white(element, hidden=hidden)
        text = self._lead(element, item, is_heading=level > 0, vanishes=vanishes) + shown
        if shown and level and not hides and len(shown) <= _LONGEST_HEADING:
            self.path.enter(level, text)
        if shown:
            yield Block(text=text, locator=self.here(), hidden=hides)
        unseen = "".join(run.text for run in runs if run.hidden).strip()
        if unseen:
            yield Block(text=unseen, locator=self.here(), hidden=True)
        yield from self._anchored(element, hidden=hides)

    def _lead(self, paragraph: Element, item: ListItem | None, *, is_heading: bool, vanishes: bool) -> str:
        """Return what stands before a paragraph; one that takes no place has no number and does not count."""
        label = "" if vanishes else self._label(paragraph, item)
        if item is None or is_heading:
            return f"{label} " if label not in ("", "-") else ""
        return "  " * (item.place.depth + item.goes_on) + (f"{label} " if label else "")

    def _label(self, paragraph: Element, item: ListItem | None) -> str:
        if item is not None:
            return self._lists.label(paragraph, item)
        return self._lists.heading_label(paragraph) if local(paragraph) == "h" else ""

    def _is_only_white(self, paragraph: Element, *, hidden: bool) -> bool:
        """Return whether a hidden paragraph takes its place on the page, in letters that nobody sees."""
        hides = hidden or self.styles.hides(paragraph, "paragraph", white=False)
        return not hides and not any(map(_hides_its_paragraph, paragraph.iter()))

    def _level(self, element: Element) -> int:
        if local(element) == "h":
            level = attribute(element, "outline-level")
            return int(level) if level.isdecimal() and 0 < len(level) < 3 else 1  # noqa: PLR2004 - levels are few
        return 1 if self.styles.name_of(element, "paragraph").lower() in _TITLE_STYLES else 0

    def _anchored(self, paragraph: Element, *, hidden: bool) -> Iterator[Block]:
        """Yield notes, comments and text boxes that hang on a paragraph."""
        for element in _anchored_in(paragraph):
            name = local(element)
            if name == "note":
                yield from self._note(element, hidden=hidden)
            elif name == "annotation":
                yield from self.comment(element, self.here())
            else:
                yield from self.blocks(element, hidden=hidden)  # a formula stands in the line already
                yield from self._description(element, hidden=hidden)

    def comment(self, annotation: Element, place: Locator) -> Iterator[Block]:
        """Yield a reviewer's comment, or the remark on a change, with its author."""
        author = "".join(inner.text or "" for inner in annotation if local(inner) == "creator")
        if text := self.text(annotation):
            shown = f"{author}: {text}" if author else text
            yield Block(text=shown, locator=replace(place, part="comment"), hidden=True)

    def _note(self, note: Element, *, hidden: bool) -> Iterator[Block]:
        citation, body = child(note, "note-citation"), child(note, "note-body")
        text = self.numbered_text(body) if body is not None else ""
        if text:
            mark = "".join(citation.itertext()) if citation is not None else ""
            part = attribute(note, "note-class") or "footnote"
            yield Block(text=f"[{mark}] {text}", locator=replace(self.here(), part=part), hidden=hidden)

    def deleted(self, changes: Element) -> Iterator[Block]:
        """Yield what was taken out under tracked changes, with the comments and remarks that stand there."""
        for element in changes.iter():
            name = local(element)
            if name == "deletion" and (text := self.all_text(element)):
                yield Block(text=text, locator=replace(self.here(), part=DELETED), hidden=True)
            elif name in ("change-info", "annotation"):
                yield from self.comment(element, self.here())

    def _list(self, element: Element, *, hidden: bool, within: ListPlace | None = None) -> Iterator[Block]:
        for inner, item in self._lists.items(element, within):
            yield from self._item(inner, item, hidden=hidden)

    def _item(self, element: Element, item: ListItem, *, hidden: bool) -> Iterator[Block]:
        for inner in element:
            if local(inner) in ("p", "h"):
                yield from self._paragraph(inner, hidden=hidden, item=item)
                item = replace(item, is_counted=False, goes_on=True)
            elif local(inner) == "list":
                yield from self._list(inner, hidden=hidden, within=item.place)
            else:
                yield from self._block(inner, hidden=hidden)

    def _table(self, table: Element, *, hidden: bool) -> Iterator[Block]:
        rows: list[list[str]] = []
        marked = False
        shown = OdfText(self.styles, white=False, lists=self._lists)
        for row, is_header in table_rows(table):
            marked = marked or (is_header and not rows)
            rows.append(shown._cells(row, rows[-1] if rows else []))
        yield from table_blocks(rows, has_header=marked or None, locator=self.here(), hidden=hidden)
        yield from self._unseen_in(table)

    def _unseen_in(self, table: Element) -> Iterator[Block]:
        """Yield what the cells of a table hold and do not show: hidden letters, then comments."""
        for unseen in self.hidden_letters(table):
            yield Block(text=unseen, locator=self.here(), hidden=True)
        for element in table.iter():
            if local(element) == "annotation":
                yield from self.comment(element, self.here())
            elif local(element) == "tracked-changes":
                yield from self.deleted(element)
            elif local(element) == "object":
                yield from self._object(element, hidden=False)
            elif local(element) in _HOLDERS:
                yield from self._description(element, hidden=False)

    def hidden_letters(self, element: Element) -> Iterator[str]:
        """Yield what each paragraph below a cell or table holds and does not show."""
        for paragraph in _paragraphs_in(element):
            runs = runs_of(paragraph, self.styles, white=False)
            if unseen := "".join(run.text for run in runs if run.hidden).strip():
                yield unseen

    def _cells(self, row: Element, above: list[str]) -> list[str]:
        cells: list[str] = []
        for cell in row:
            name = local(cell)
            if name not in ("table-cell", "covered-table-cell"):
                continue
            text = self.numbered_text(cell).replace("\n", " ")
            if name == "covered-table-cell" and len(cells) < len(above) and not self._goes_on(cells, row):
                text = above[len(cells)]  # merged downwards: it goes on
            count = repeated(cell, "number-columns-repeated")
            if text and count > _MOST_REPEATED:
                self.styles.left_out.add(f"cells that a table repeats over {_MOST_REPEATED} times in a row")
            cells += [text] * min(count, _MOST_REPEATED)
        return cells

    @staticmethod
    def _goes_on(cells: list[str], row: Element) -> bool:
        """Tell whether the place is covered by a cell to its left in the same row, not by one above."""
        at = 0
        for cell in row:
            wide = repeated(cell, "number-columns-spanned")
            if local(cell) == "table-cell" and at < len(cells) < at + wide:
                return True
            at += repeated(cell, "number-columns-repeated")
        return False


def table_rows(table: Element) -> Iterator[tuple[Element, bool]]:
    """Yield each row of a table, and whether it is one of its header rows."""
    for element in table:
        name = local(element)
        if name == "table-row":
            yield element, False
        elif name in ("table-rows", "table-row-group"):
            yield from table_rows(element)
        elif name == "table-header-rows":
            yield from ((row, True) for row, _ in table_rows(element))


def repeated(element: Element, name: str) -> int:
    """Return how often an element stands for itself, at least once."""
    return max(1, whole_number(attribute(element, name), 1, digits=7))


def _is_off(section: Element) -> bool:
    return local(section) == "section" and attribute(section, "is-hidden") == "true"


def _hides_its_paragraph(element: Element) -> bool:
    return local(element) == "hidden-paragraph" and attribute(element, "is-hidden") == "true"


def _paragraphs_in(element: Element) -> Iterator[Element]:
    """Yield the paragraphs below an element, those of comments and changes left out."""
    for inner in element:
        if local(inner) in ("p", "h"):
            yield inner
        if local(inner) not in _ASIDE:
            yield from _paragraphs_in(inner)


def runs_of(
    element: Element, styles: OdfStyles, *, hidden: bool = False, white: bool = True
) -> Iterator[Run]:
    """Yield the text of a paragraph in order; what is anchored in it is not part of it."""
    yield Run(text=_spaced(element.text), hidden=hidden)
    for inner in element:
        name = local(inner)
        if name == "s":
            yield Run(text=" " * min(repeated(inner, "c"), 100), hidden=hidden)
        elif name == "tab":
            yield Run(text="\t", hidden=hidden)
        elif name == "line-break":
            yield Run(text="\n", hidden=hidden)
        elif name == "note":
            mark = "".join("".join(part.itertext()) for part in inner if local(part) == "note-citation")
            yield Run(text=f"[{mark}]", hidden=hidden)
        elif name in ("frame", "control"):
            objects = styles.objects
            shown = objects.formula_in(inner) if name == "frame" else objects.control(inner)
            yield Run(text=shown, hidden=hidden)
        elif name not in _SKIPPED:
            hides = (
                hidden
                or name == "hidden-text"
                or attribute(inner, "display") == "none"
                or (name == "span" and styles.hides(inner, "text", white=white))
            )
            if name == "hidden-text":
                yield Run(text=attribute(inner, "string-value"), hidden=True)
            yield from runs_of(inner, styles, hidden=hides, white=white)
        yield Run(text=_spaced(inner.tail), hidden=hidden)


def _spaced(text: str | None) -> str:
    """Return text as it is shown: line breaks and runs of spaces of the XML are one space."""
    if not text:
        return ""
    words = " ".join(text.split())
    if not words:
        return " "
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


def _anchored_in(paragraph: Element) -> Iterator[Element]:
    for element in paragraph:
        name = local(element)
        if name in ("note", "annotation") or (name in _HOLDERS and name != "a"):
            yield element
        else:
            yield from _anchored_in(element)
