"""PPTX: a unit per slide, its title as heading, tables to rows, speaker's notes marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION, description_of
from holdfast.stages.parsing.readers.diagrams import diagrams
from holdfast.stages.parsing.readers.drawn_colours import Hides, all_but, no_letters
from holdfast.stages.parsing.readers.embedded import embedded_files
from holdfast.stages.parsing.readers.office_properties import office_properties
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_comments import Comments
from holdfast.stages.parsing.readers.slides.pptx_inherited import Above, Inheritance, inherited_styles
from holdfast.stages.parsing.readers.slides.pptx_numbers import SlideNumbers, list_styles
from holdfast.stages.parsing.readers.slides.pptx_sizes import letter_sizes
from holdfast.stages.parsing.readers.slides.pptx_unseen import SlideLook
from holdfast.stages.parsing.readers.symbols import is_symbol_font, with_signs
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.word.equations import line_of
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
    Verdict,
)

Styles: TypeAlias = Iterable[Element | None]
"""What the paragraphs of a shape follow where they say nothing themselves, nearest first."""

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")
_FONTS = ("latin", "sym", "ea", "cs")
_HIDDEN_SHAPE = ("1", "true")
_OFF = ("0", "false")
_MASTER = "master"
_LEAST_CHARS = 20


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each slide in the order of the deck; a damaged slide is named, not lost."""
    package = Package(data, limits)
    main = package.main_part("ppt/presentation.xml")
    slides = list(_slides(package, main))
    yield Size(units=len(slides), text_bytes=sum(package.size(path) for path in slides))
    if properties := office_properties(package):
        yield Properties(values=properties)
    damaged, pictured = [], []
    comments, footers, sizes = Comments(package, main), set[str](), letter_sizes(package, main)
    numbers, masters = list_styles(package, main), _Masters(package, sizes)
    for number, path in enumerate(slides, 1):
        try:
            root = package.xml(path)
        except Unreadable:
            damaged.append(str(number))
            continue
        look = SlideLook(package, path, root, sizes)
        blocks = _slide_blocks(package, path, root, number, look, numbers.above(path))
        unit = Unit(key=f"slide {number}", blocks=tuple(blocks))
        feet = (*_footers(root, footers, number, look), *masters.blocks(path, root, number))
        more = (*feet, *comments.blocks(path, number))
        yield Unit(key=unit.key, blocks=unit.blocks + more)
        if unit.chars < _LEAST_CHARS and any(local(element) == "pic" for element in root.iter()):
            pictured.append(f"slide {number}")
    yield from embedded_files(package, limits)
    if pictured:
        yield Pictures(keys=tuple(pictured))
    if damaged:
        yield Verdict(
            status=ParseStatus.PARTIAL if len(damaged) < len(slides) else ParseStatus.MALFORMED,
            reason=f"slide {', '.join(damaged)} of {len(slides)} could not be read. "
            "Open the deck and save it again",
        )


def _footers(root: Element, seen: set[str], number: int, look: SlideLook) -> Iterator[Block]:
    """Yield what stands at a slide's foot, on the first slide that has it; numbers and dates change."""
    tree = child(root, "cSld", "spTree")
    for shape in _shapes(tree) if tree is not None else ():
        if _role(shape) not in _FURNITURE or any(local(element) == "fld" for element in shape.iter()):
            continue
        text = _text(shape, look.hides(shape))
        if text and text not in seen:
            seen.add(text)
            yield Block(text=text, locator=Locator(slide=number, part="footer"))


class _Masters:
    """The texts that layouts and masters show on slides, each once; what waits there to be filled is none."""

    def __init__(self, package: Package, sizes: Inheritance) -> None:
        self._package = package
        self._sizes = sizes
        self._roots: dict[str, Element | None] = {}
        self._seen: set[str] = set()

    def blocks(self, slide: str, root: Element, number: int) -> Iterator[Block]:
        """Yield what a slide shows of its layout and master and no slide before it did."""
        kinds, part = ("slideLayout", "slideMaster"), slide
        for kind in kinds:
            if root.get("showMasterSp") in _OFF:
                return
            part = self._package.first_related(part, kind)
            if part not in self._roots:
                self._roots[part] = self._package.optional_xml(part)
                yield from self._texts(part, self._roots[part], number)
            above = self._roots[part]
            if above is None:
                return
            root = above

    def _texts(self, part: str, root: Element | None, number: int) -> Iterator[Block]:
        tree = child(root, "cSld", "spTree") if root is not None else None
        if root is None or tree is None:
            return
        look = SlideLook(self._package, part, root, self._sizes)
        for shape in (one for one in _shapes(tree) if local(one) == "sp" and not _role(one)):
            hides = look.hides(shape)
            yield from self._new(_text(shape, hides), number, hidden=_is_hidden(shape))
            yield from self._new(_text(shape, all_but(hides)), number, hidden=True)

    def _new(self, text: str, number: int, *, hidden: bool) -> Iterator[Block]:
        if text and text not in self._seen:
            self._seen.add(text)
            yield Block(text=text, locator=Locator(slide=number, part=_MASTER), hidden=hidden)


def _slides(package: Package, main: str) -> Iterator[str]:
    listed = child(package.xml(main), "sldIdLst")
    related = package.related(main)
    for entry in listed if listed is not None else ():
        # `id` is the slide's number, `r:id` its relationship
        link = next(
            (value for key, value in entry.items() if key.startswith("{") and key.endswith("}id")), ""
        )
        if link in related:
            yield related[link][1]


def _slide_blocks(
    package: Package, path: str, root: Element, number: int, look: SlideLook, above: Above
) -> Iterator[Block]:
    hidden = root.get("show") in _OFF
    tree = child(root, "cSld", "spTree")
    shapes = list(_shapes(tree)) if tree is not None else []
    switched_off = set(_switched_off(shapes))
    seen = ((shape, _text(shape, look.hides(shape))) for shape in shapes if _role(shape) in _TITLES)
    title = next((text for _, text in seen if text), "")
    locator = Locator(slide=number, heading=(" ".join(title.split())[:200],) if title else ())
    if title:
        yield Block(text=title, locator=locator, hidden=hidden)
    for shape in shapes:
        role, is_frame = _role(shape), local(shape) == "graphicFrame"
        hides = look.hides_in_cells(shape) if is_frame else look.hides(shape)
        if role not in _FURNITURE and role not in _TITLES:
            unseen = hidden or shape in switched_off
            styles = inherited_styles(shape, above)
            yield from _shape_blocks(package, path, shape, locator, hides, styles, hidden=unseen)
            yield from _description(shape, locator, hidden=unseen)
        unseen_of = _frame_text if is_frame else _text
        if text := unseen_of(shape, all_but(hides)):
            yield Block(text=text, locator=locator, hidden=True)
    notes = _notes(package, path)
    if notes:
        yield Block(
            text=notes, locator=Locator(slide=number, heading=locator.heading, part="notes"), hidden=hidden
        )


def _shape_blocks(
    package: Package,
    path: str,
    shape: Element,
    locator: Locator,
    hides: Hides,
    styles: Styles,
    *,
    hidden: bool,
) -> Iterator[Block]:
    if local(shape) != "graphicFrame":
        text = _text(shape, hides, styles)
        if text:
            yield Block(text=text, locator=locator, hidden=hidden)
        return
    table = next((inner for inner in shape.iter() if local(inner) == "tbl"), None)
    if table is not None:
        properties = child(table, "tblPr")
        marked = properties is not None and properties.get("firstRow") == "1"
        yield from table_blocks(
            _rows(table, hides), has_header=marked or None, locator=locator, hidden=hidden
        )
        return
    for _, text in diagrams(package, path, shape):
        yield Block(text=text, locator=locator, hidden=hidden)


def _shapes(tree: Element) -> Iterator[Element]:
    """Yield shapes in the file's order, a group before those in it; only the first choice of alternatives."""
    for element in tree:
        name = local(element)
        if name in ("sp", "graphicFrame", "cxnSp", "pic", "grpSp"):
            yield element
        if name in ("grpSp", "AlternateContent", "Choice"):
            yield from _shapes(element)


def _description(shape: Element, locator: Locator, *, hidden: bool) -> Iterator[Block]:
    """Yield what was written about a shape, where that is more than what stands in it."""
    for facts in _facts(shape):
        text = description_of(facts)
        if text and text != " ".join(_text(shape).split()):
            yield Block(text=text, locator=replace(locator, part=DESCRIPTION), hidden=hidden)


def _switched_off(shapes: Iterable[Element]) -> Iterator[Element]:
    """Yield the shapes that are switched off, all in a group that is among them."""
    for shape in shapes:
        if _is_hidden(shape):
            yield shape
            yield from _shapes(shape)


def _is_hidden(shape: Element) -> bool:
    """Tell a shape that was switched off in the selection pane."""
    return any(one.get("hidden") in _HIDDEN_SHAPE for one in _facts(shape))


def _facts(shape: Element) -> Iterator[Element]:
    for holder in shape:
        facts = child(holder, "cNvPr") if local(holder).startswith("nv") else None
        if facts is not None:
            yield facts


def _role(shape: Element) -> str:
    placeholder = child(shape, "nvSpPr", "nvPr", "ph")
    return (placeholder.get("type") or "body") if placeholder is not None else ""


def _text(shape: Element, hides: Hides = no_letters, styles: Styles = ()) -> str:
    """Return a shape's text without the runs that `hides` names."""
    body = child(shape, "txBody")
    return _body_text(body, hides, styles) if body is not None else ""


def _body_text(body: Element, hides: Hides = no_letters, styles: Styles = ()) -> str:
    numbers = SlideNumbers(body, styles)
    lines = [_paragraph_text(paragraph, hides, numbers) for paragraph in body if local(paragraph) == "p"]
    return "\n".join(line for line in lines if line.strip())


def _paragraph_text(paragraph: Element, hides: Hides, numbers: SlideNumbers) -> str:
    pieces: list[str] = []
    for run in (inner for inner in paragraph if not hides(inner)):
        if local(run) == "m":
            pieces += map(line_of, run)
        elif local(run) == "br":
            pieces.append("\n")
        else:
            pieces.append(_letters(run))
    text = "".join(pieces).strip()
    properties = child(paragraph, "pPr")
    lvl = properties.get("lvl", "0") if properties is not None else "0"
    depth = int(lvl) if lvl in ("1", "2", "3", "4", "5", "6", "7", "8", "9") else 0
    label = numbers.label(paragraph, depth) if text else ""
    return "  " * depth + (f"{label} {text}" if label else text) if text else ""


def _letters(run: Element) -> str:
    text = "".join(element.text or "" for element in run.iter() if local(element) == "t")
    fonts = child(run, "rPr")
    names = [attribute(one, "typeface") for one in fonts if local(one) in _FONTS] if fonts is not None else []
    return with_signs(text, next(filter(is_symbol_font, names), ""))


def _frame_text(frame: Element, hides: Hides) -> str:
    """Return the text of a table's cells without the runs that `hides` names, a line for each cell."""
    bodies = (element for element in frame.iter() if local(element) == "txBody")
    return "\n".join(filter(None, (_body_text(body, hides) for body in bodies)))


def _rows(table: Element, hides: Hides) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in (element for element in table if local(element) == "tr"):
        above = rows[-1] if rows else []
        cells: list[str] = []
        for cell in (element for element in row if local(element) == "tc"):
            body = child(cell, "txBody")
            if cell.get("vMerge") in ("1", "true") and len(cells) < len(above):
                cells.append(above[len(cells)])
            else:
                cells.append(_body_text(body, hides) if body is not None else "")
        rows.append(cells)
    return rows


def _notes(package: Package, path: str) -> str:
    root = package.optional_xml(package.first_related(path, "notesSlide"))
    tree = child(root, "cSld", "spTree") if root is not None else None
    texts = [
        _text(shape)
        for shape in (_shapes(tree) if tree is not None else ())
        if _role(shape) not in _FURNITURE
    ]
    return "\n".join(text for text in texts if text)
