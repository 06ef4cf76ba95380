"""The shapes of a slide: their text, their role, and which of them are cells of a table."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from holdfast.stages.parsing.readers.ole.drawn_facts import description_in
from holdfast.stages.parsing.readers.slides.ppt_letters import tiny_stretches
from holdfast.stages.parsing.readers.slides.ppt_numbers import labels, numbers_of
from holdfast.stages.parsing.readers.slides.ppt_records import Atom

_DRAWING, _DG, _GROUP, _SHAPE, _TEXTBOX = 0x040C, 0xF002, 0xF003, 0xF004, 0xF00D
_CHILD_ANCHOR, _PROPERTIES, _MORE_PROPERTIES, _CLIENT_DATA = 0xF00F, 0xF00B, 0xF122, 0xF011
_ALL_PROPERTIES = (_PROPERTIES, 0xF121, _MORE_PROPERTIES)
_HEADER, _CHARS, _BYTES, _STYLES = 0x0F9F, 0x0FA0, 0x0FA8, 0x0FA1
_OUTLINE, _PLACEHOLDER = 0x0F9E, 0x0BC3
_TABLE_PROPERTY, _PICTURE_PROPERTY = 0x039F, 0x0104
_TITLES = (0, 6)
"""Text types: title, centred title."""
_FURNITURE = frozenset({7, 8, 9, 10})
"""Placeholders: date, slide number, footer, header."""
_DEEPEST = 40
_FIELD = "*"
"""Stands for a date or slide number that is put in when the slide is shown."""
_BREAKS = str.maketrans({"\r": "\n", "\x0b": "\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape with text, or a table."""

    text: str = ""
    is_title: bool = False
    left: int = 0
    top: int = 0
    cells: tuple[Shape, ...] = ()
    """Of a table; its text is theirs."""
    unseen: str = ""
    """Letters of its text that are too small to be seen."""
    written: Written | None = None
    """Its text as the file keeps it; none for a table."""
    plain: str = ""
    """Its text without numbers before paragraphs."""
    description: str = ""
    """What was written about a shape, which is this and nothing else."""

    def numbered(self, numbers: bytes) -> Shape:
        """Return it with the numbers before its paragraphs that a record of its shape says."""
        if not numbers or self.written is None:
            return self
        return replace(self, text=self.written.shown(self.written.labels(numbers)))


def shapes_of(slide: Atom, outline: Sequence[Shape]) -> Iterator[Shape]:
    """Yield a slide's shapes in the order in which they are drawn; `outline` holds texts kept apart."""
    drawing = slide.first(_DRAWING, _DG)
    for element in drawing.children() if drawing is not None else ():
        if element.kind in (_GROUP, _SHAPE):
            yield from _shapes(element, outline, depth=0)


def has_picture(slide: Atom) -> bool:
    """Return whether a shape of the slide is a picture."""
    return any(
        _PICTURE_PROPERTY in _property_numbers(atom) for atom in slide.all() if atom.kind == _PROPERTIES
    )


def texts_of(atoms: Iterator[Atom]) -> Iterator[Shape]:
    """Yield the texts among records, each with whether its header says that it is a title."""
    kind, waiting = -1, list[Written]()
    for atom in atoms:
        if atom.kind == _HEADER and atom.end - atom.start >= 4:  # noqa: PLR2004 - its number
            kind = struct.unpack_from("<I", atom.data)[0]
        elif atom.kind in (_CHARS, _BYTES):
            yield from _shown(waiting, b"")
            waiting = [Written(atom.data, is_wide=atom.kind == _CHARS, is_title=kind in _TITLES)]
        elif atom.kind == _STYLES:  # of the text before it
            yield from _shown(waiting, atom.data)
            waiting = []
    yield from _shown(waiting, b"")


class Written(NamedTuple):
    """A text as the file keeps it, with the record of its styles."""

    data: bytes
    is_wide: bool
    is_title: bool
    styles: bytes = b""

    @property
    def length(self) -> int:
        """Return how many characters it has; those beyond the first plane count as two."""
        return len(self.data) // (2 if self.is_wide else 1)

    def tiny(self) -> list[tuple[int, int]]:
        """Return where letters begin and end that are too small to be seen."""
        return tiny_stretches(self.styles, self.length) if self.styles else []

    def shown(self, labels: Sequence[tuple[int, str]] = ()) -> str:
        """Return what is seen of it, with the labels before the characters at their places."""
        edges = [0, *(place for stretch in self.tiny() for place in stretch), self.length]
        said: list[str] = []
        waiting = deque(labels)
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            at = start
            while waiting and waiting[0][0] < end:
                place, label = waiting.popleft()
                if place >= start:
                    said += (self.between(at, place), f"{label} ")
                    at = place
            said.append(self.between(at, end))
        return "".join(said).strip("\n\0 ")

    def labels(self, numbers: bytes) -> list[tuple[int, str]]:
        """Return the numbers before its paragraphs, each with the place where its paragraph begins."""
        text = "".join(map(self._unit, range(self.length)))
        return labels(text.split("\r"), self.styles, numbers)

    def _unit(self, place: int) -> str:
        return (
            chr(self.data[2 * place] | self.data[2 * place + 1] << 8)
            if self.is_wide
            else chr(self.data[place])
        )

    def between(self, start: int, end: int) -> str:
        """Return the characters between two places; those beyond the first plane count as two."""
        width, encoding = (2, "utf-16-le") if self.is_wide else (1, "cp1252")
        return self.data[width * start : width * end].decode(encoding, errors="replace").translate(_BREAKS)


def _shown(texts: Sequence[Written], styles: bytes) -> Iterator[Shape]:
    for text in texts:
        kept = text._replace(styles=styles)
        shown = kept.shown()
        unseen = "\n".join(text.between(*stretch) for stretch in kept.tiny()).strip("\n\0 ")
        if shown != _FIELD:
            yield Shape(text=shown, is_title=text.is_title, unseen=unseen, written=kept, plain=shown)


def _shapes(element: Atom, outline: Sequence[Shape], *, depth: int) -> Iterator[Shape]:
    if element.kind == _SHAPE:
        yield from _shape(element, outline)
        return
    inner = [atom for atom in element.children() if atom.kind in (_GROUP, _SHAPE)]
    is_table = bool(inner) and any(
        _TABLE_PROPERTY in _property_numbers(atom)
        for atom in inner[0].children()
        if atom.kind == _MORE_PROPERTIES
    )
    found: list[Shape] = []
    for atom in inner:
        goes_on = _shapes(atom, outline, depth=depth + 1) if depth < _DEEPEST else _deep(atom, outline)
        found.extend(goes_on)
    if is_table and found:
        yield Shape(cells=tuple(one for one in found if not one.description))
        yield from (one for one in found if one.description)
    else:
        yield from found


def _deep(element: Atom, outline: Sequence[Shape]) -> Iterator[Shape]:
    """Yield the shapes of groups that are nested beyond all use, without looking for tables among them."""
    waiting = [element]
    while waiting:
        atom = waiting.pop()
        if atom.kind == _SHAPE:
            yield from _shape(atom, outline)
        elif atom.kind == _GROUP:
            waiting.extend(reversed(list(atom.children())))


def fixed_texts(master: Atom) -> Iterator[str]:
    """Yield the texts that a master shows on slides: none of the places that wait to be filled."""
    drawing = master.first(_DRAWING, _DG)
    waiting = list(reversed(list(drawing.children()))) if drawing is not None else []
    while waiting:
        atom = waiting.pop()
        box = atom.first(_TEXTBOX) if atom.kind == _SHAPE and _placeholder(atom) is None else None
        if box is not None:
            yield from (shape.text for shape in texts_of(box.children()) if shape.text)
        elif atom.kind == _GROUP:
            waiting.extend(reversed(list(atom.children())))


def _shape(element: Atom, outline: Sequence[Shape]) -> Iterator[Shape]:
    if _is_furniture(element):
        return
    yield from _texts(element, outline)
    tables = (atom for atom in element.children() if atom.kind in _ALL_PROPERTIES)
    if said := next(filter(None, (description_in(atom.data, atom.instance) for atom in tables)), ""):
        yield Shape(description=said)


def _texts(element: Atom, outline: Sequence[Shape]) -> Iterator[Shape]:
    box = element.first(_TEXTBOX)
    if box is None:
        return
    left, top = _place(element)
    inner, numbers = list(box.children()), numbers_of(element)
    for shape in texts_of(iter(inner)):
        yield replace(shape.numbered(numbers), left=left, top=top)
    for atom in inner:
        if atom.kind == _OUTLINE and atom.end - atom.start >= 4:  # noqa: PLR2004 - its number
            number = struct.unpack_from("<I", atom.data)[0]
            if number < len(outline):
                yield outline[number].numbered(numbers)


def _placeholder(element: Atom) -> Atom | None:
    data = element.first(_CLIENT_DATA)
    return data.first(_PLACEHOLDER) if data is not None else None


def _is_furniture(element: Atom) -> bool:
    holder = _placeholder(element)
    return holder is not None and len(holder.data) > 4 and holder.data[4] in _FURNITURE  # noqa: PLR2004 - its kind


def _place(element: Atom) -> tuple[int, int]:
    anchor = element.first(_CHILD_ANCHOR)
    if anchor is None or anchor.end - anchor.start < 16:  # noqa: PLR2004 - four edges
        return 0, 0
    left, top, _, _ = struct.unpack_from("<iiii", anchor.data)
    return left, top


def _property_numbers(atom: Atom) -> set[int]:
    """Return which properties a table of them sets; a picture's own number may carry a flag."""
    count = min(atom.instance, (atom.end - atom.start) // 6)
    return {struct.unpack_from("<H", atom.data, 6 * number)[0] & 0x3FFF for number in range(count)}
