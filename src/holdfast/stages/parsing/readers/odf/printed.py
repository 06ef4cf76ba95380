"""What an OpenDocument workbook prints above and below its sheets, once, without numbers of pages."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.printed_lines import own_words
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import Block

_MADE = frozenset(
    (
        "page-number",
        "page-count",
        "sheet-name",
        "date",
        "time",
        "title",
        "file-name",
        "subject",
        "author-name",
    )
)
"""Fields that are made when it is printed, or say what is known without them."""
_LINES = {
    "header": "header", "header-left": "header", "header-first": "header",
    "footer": "footer", "footer-left": "footer", "footer-first": "footer",
}  # fmt: skip


def printed(package: Package) -> Iterator[Block]:
    """Yield each different line, what its left, middle and right say parted by ` | `."""
    root = package.optional_xml("styles.xml")
    seen: set[tuple[str, str]] = set()
    for element in root.iter() if root is not None else ():
        part = _LINES.get(local(element), "")
        if not part or attribute(element, "display") == "false":
            continue
        sections = [inner for inner in element if local(inner).startswith("region-")] or [element]
        line = " | ".join(filter(None, (own_words(_written(section)) for section in sections)))
        if line and (part, line) not in seen:
            seen.add((part, line))
            yield Block(text=line, locator=Locator(part=f"page {part}"))


def _written(element: Element) -> str:
    """Return the letters below an element but those of such fields; paragraphs are parted by a space."""
    pieces = [element.text or ""]
    for inner in element:
        pieces.append("" if local(inner) in _MADE else _written(inner))
        pieces += (" " if local(inner) in ("p", "s", "tab", "line-break") else "", inner.tail or "")
    return "".join(pieces)
