"""XML: what its elements say, under the path of the elements around it, without the markup."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.texts.plain import read_text
from holdfast.stages.parsing.readers.xml import local, parse
from holdfast.stages.parsing.units import Block, Reading, ReadingLimits, Unit, Unreadable, Verdict

_TITLES = ("title", "heading", "head")
_LONGEST_LABEL = 100
_LONGEST_VALUE = 100
"""Longer text is prose, and the name of its element says nothing."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the text as one unit; what declares a document type or is cut off stays as it is written.

    Entities are never resolved: they can only be declared in a document type.
    """
    del limits
    try:
        root = parse(data, "text")
    except Unreadable:
        yield from read_text(decode(data))
        yield Verdict(
            status=ParseStatus.SUSPECT,
            reason="it is no well-formed XML or declares a document type, so it was read with its markup. "
            "Save it again without a document type",
        )
        return
    yield Unit(key="text", blocks=tuple(_blocks(root, ())))


def _blocks(element: Element, above: tuple[str, ...]) -> Iterator[Block]:
    """Yield what stands in an element: values a line each, prose as it reads, then elements below."""
    path = (*above, _label(element))
    place = Locator(heading=path)
    if _is_prose(element):
        yield Block(text="\n".join((*_attributes(element), _prose(element))), locator=place)
        return
    lines = _attributes(element)
    for inner in element:
        if len(inner) == 0 or _is_prose(inner):
            lines += filter(None, (_line(inner),))
            continue
        if lines:
            yield Block(text="\n".join(lines), locator=place)
            lines = []
        yield from _blocks(inner, path)
    if lines:
        yield Block(text="\n".join(lines), locator=place)


def _label(element: Element) -> str:
    """Return an element's title where it has one, else its name."""
    titles = (_prose(inner) for inner in element if local(inner).lower() in _TITLES)
    return next((title for title in titles if title), local(element))[:_LONGEST_LABEL]


def _is_prose(element: Element) -> bool:
    """Return whether text stands in an element itself, maybe among marks of words."""
    return bool((element.text or "").strip()) or any((inner.tail or "").strip() for inner in element)


def _prose(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _line(element: Element) -> str:
    text, marks = _prose(element), ", ".join(_attributes(element))
    if not text and not marks:
        return ""
    if len(text) > _LONGEST_VALUE and not marks:
        return text
    name = f"{local(element)} ({marks})" if marks else local(element)
    return f"{name}: {text}" if text else name


def _attributes(element: Element) -> list[str]:
    """Return the attributes of no namespace as lines: those of one (`xsi:`, `xml:`) are for programs."""
    return [f"{key}: {value}" for key, value in element.items() if not key.startswith("{") and value.strip()]
