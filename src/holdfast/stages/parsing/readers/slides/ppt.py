"""PPT: a unit per slide of PowerPoint before 2007, titles as headings, tables as rows, notes marked.

Layout from Microsoft's open specification [MS-PPT].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION
from holdfast.stages.parsing.readers.ole.properties import properties_of
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.slides.ppt_deck import Deck, Slide
from holdfast.stages.parsing.readers.slides.ppt_shapes import Shape
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.units import (
    Block,
    Pictures,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Verdict,
    malformed,
)

_BYTES_PER_TEXT_BYTE = 20
_LEAST_CHARS = 20


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each slide in the order of the deck."""
    del limits
    ole = OleFile(data)
    stream = ole.stream("PowerPoint Document")
    if not stream:
        raise malformed("its slides are missing")
    deck = Deck(stream, ole.stream("Current User"))
    slides = deck.slides()
    yield Size(units=len(slides), text_bytes=len(stream) // _BYTES_PER_TEXT_BYTE)
    if properties := properties_of(ole):
        yield Properties(values=properties)
    pictured = []
    feet: set[str] = set()
    masters: set[str] = set()
    for number, slide in enumerate(slides, 1):
        blocks = [*_blocks(slide, number)]
        if slide.footer and not slide.hidden and slide.footer not in feet:
            feet.add(slide.footer)
            blocks.append(Block(text=slide.footer, locator=Locator(slide=number, part="footer")))
        fixed = [] if slide.hidden else [text for text in slide.fixed if text not in masters]
        masters.update(fixed)
        blocks += (Block(text=text, locator=Locator(slide=number, part="master")) for text in fixed)
        unit = Unit(key=f"slide {number}", blocks=tuple(blocks))
        yield unit
        if unit.chars < _LEAST_CHARS and slide.has_picture:
            pictured.append(unit.key)
    if pictured:
        yield Pictures(keys=tuple(pictured))
    if deck.lost:
        yield Verdict(
            status=ParseStatus.PARTIAL if slides else ParseStatus.MALFORMED,
            reason=f"{deck.lost} of {deck.lost + len(slides)} slides could not be read. "
            "Open the deck and save it again",
        )


def _blocks(slide: Slide, number: int) -> Iterator[Block]:
    title = next((shape.text for shape in slide.shapes if shape.is_title and shape.text.strip()), "")
    place = Locator(slide=number, heading=(" ".join(title.split())[:200],) if title else ())
    if title:
        yield Block(text=title, locator=place, hidden=slide.hidden)
    for shape in slide.shapes:
        for one in (shape, *shape.cells):
            if one.unseen:
                yield Block(text=one.unseen, locator=place, hidden=True)
        if shape.is_title and shape.text == title:
            continue
        if shape.cells:
            yield from table_blocks(_grid(shape.cells), locator=place, hidden=slide.hidden)
        elif shape.text.strip():
            yield Block(text=shape.text, locator=place, hidden=slide.hidden)
        elif shape.description:
            here = Locator(slide=number, heading=place.heading, part=DESCRIPTION)
            yield Block(text=shape.description, locator=here, hidden=slide.hidden)
    for part, text, hidden in (*slide.notes, *slide.comments):
        here = Locator(slide=number, heading=place.heading, part=part)
        yield Block(text=text, locator=here, hidden=hidden or slide.hidden)


def _grid(cells: Sequence[Shape]) -> list[list[str]]:
    """Return a table's rows: its cells are shapes, told apart by where they begin."""
    lefts = sorted({cell.left for cell in cells})
    rows: dict[int, list[str]] = {}
    for cell in cells:
        row = rows.setdefault(cell.top, [""] * len(lefts))
        at = lefts.index(cell.left)
        row[at] = f"{row[at]} {cell.text}" if row[at] else cell.text
    return [row for _, row in sorted(rows.items())]
