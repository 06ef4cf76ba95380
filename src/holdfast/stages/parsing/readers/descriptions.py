"""What was written about pictures, shapes and tables for those who do not see them (alternative text)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.xml import attribute, local

DESCRIPTION = "description"
"""The part that these words are of."""
_FILE_NAME = re.compile(
    r"(?:\S+|(?:[a-z]:|\\\\|file:)[^\n]*)\.(?:png|jpe?g|jfif|gif|bmp|emz|[ew]mf|tiff?|svg|webp|ico|pcx|pict)",
    re.IGNORECASE,
)
_NO_WORDS = re.compile(r"(?:picture|image|chart|shape)? ?\d*", re.IGNORECASE)
"""What programs put there when a picture is put in: where it came from, or that it is one."""
_ON = ("1", "true")
_FACTS = ("docPr", "cNvPr")
_TABLE_FACTS = ("tblCaption", "tblDescription")
_OLD_DRAWING = "{urn:schemas-microsoft-com:vml}"
_DELETED = ("del", "moveFrom")


def described(title: str, text: str) -> str:
    """Return title and description as one text, empty where nobody wrote any."""
    parts = [" ".join(part.split()) for part in (title, text)]
    return ": ".join(dict.fromkeys(part for part in parts if not _is_of_a_program(part)))


def _is_of_a_program(text: str) -> bool:
    return bool(_NO_WORDS.fullmatch(text) or _FILE_NAME.fullmatch(text))


def description_of(facts: Element) -> str:
    """Return the description that the properties of a shape in an Office file hold."""
    return described(attribute(facts, "title"), attribute(facts, "descr"))


def descriptions(holder: Element, *, with_boxes: bool) -> Iterator[tuple[str, bool]]:
    """Yield each different description below an element of a Word text, and whether it is hidden.

    `with_boxes` says whether to look at what stands in text boxes too.
    """
    seen: set[str] = set()
    waiting = [(holder, False)]
    while waiting:
        element, hidden = waiting.pop()
        name = local(element)
        if name == "Fallback" or (name == "txbxContent" and not with_boxes):
            continue
        text = _said(element, name)
        if text and text not in seen:
            seen.add(text)
            yield text, hidden or element.get("hidden") in _ON
        hidden = hidden or name in _DELETED
        waiting.extend((inner, hidden) for inner in reversed(element))


def _said(element: Element, name: str) -> str:
    if name in _FACTS:
        return description_of(element)
    if name in _TABLE_FACTS:
        return described("", attribute(element, "val"))
    is_old = isinstance(element.tag, str) and element.tag.startswith(_OLD_DRAWING)
    return described(element.get("title", ""), element.get("alt", "")) if is_old else ""
