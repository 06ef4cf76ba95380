"""XML of office files: no document type, no entities, nothing from outside."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse
from xml.parsers import expat

from holdfast.stages.parsing.units import malformed

_DAMAGE = (ParseError, expat.ExpatError, ValueError, LookupError)


class _PrologueEnds(Exception):
    """The first element was seen: a document type can no longer follow."""


class _HasDocumentType(Exception):
    """The prologue declares a document type."""


def parse(data: bytes, name: str) -> Element:
    """Return the root; raise Unreadable for malformed XML and for any document type declaration.

    Entities can only be declared in a document type, and that only before the first element. So the
    prologue is read with a parser that refuses one, then the whole with the fast C parser.
    """
    _refuse_document_type(data, name)
    try:
        return fromstring(data)  # noqa: S314 - no document type, so no entities
    except _DAMAGE as error:
        raise malformed(f"its part {name} is not well-formed XML") from error


def stream(data: bytes, name: str) -> Iterator[tuple[str, Element]]:
    """Yield `start` and `end` of each element as it is read; the caller clears what it is done with."""
    _refuse_document_type(data, name)
    try:
        yield from iterparse(io.BytesIO(data), events=("start", "end"))  # noqa: S314 - as above
    except _DAMAGE as error:
        raise malformed(f"its part {name} is not well-formed XML") from error


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def shown(root: Element, *, but: str = "") -> Iterator[Element]:
    """Yield everything below an element but what only older programs show, and what stands in `but`."""
    waiting = list(reversed(root))
    while waiting:
        element = waiting.pop()
        if local(element) not in ("Fallback", but):
            yield element
            waiting.extend(reversed(element))


def attribute(element: Element, name: str) -> str:
    """Return an attribute whatever its namespace (strict and transitional files differ), else empty."""
    plain = element.get(name)
    if plain is not None:
        return plain
    return next((value for key, value in element.items() if key.endswith("}" + name)), "")


def whole_number(text: str, default: int, *, digits: int = 5) -> int:
    """Return a number from 0 as it is written, the default where it is none or has more digits."""
    return int(text) if text.isdecimal() and len(text) <= digits else default


def child(element: Element, *names: str) -> Element | None:
    """Return the descendant that these local names lead to, step by step, else None."""
    found: Element | None = element
    for name in names:
        found = None if found is None else next((inner for inner in found if local(inner) == name), None)
    return found


def _refuse_document_type(data: bytes, name: str) -> None:
    parser = expat.ParserCreate()

    def on_document_type(*_: object) -> None:
        raise _HasDocumentType

    def on_element(*_: object) -> None:
        raise _PrologueEnds

    parser.StartDoctypeDeclHandler = on_document_type
    parser.StartElementHandler = on_element
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes no keywords
    except _PrologueEnds:
        return
    except _HasDocumentType as error:
        raise malformed(f"its part {name} declares a document type, which office files must not") from error
    except _DAMAGE as error:
        raise malformed(f"its part {name} is not well-formed XML") from error
    raise malformed(f"its part {name} is empty")
