"""The cells of a worksheet, row by row, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.number_formats import BUILT_IN, general, shown
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, child, local, stream
from holdfast.stages.parsing.units import ReadingLimits, Unreadable

_LAST_COLUMN = 16_384
_LAST_ROW = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that holds something: its number from 1, and text by column from 1, ascending."""

    number: int
    cells: dict[int, str]


class Cells:
    """Turns a cell's element into text: shared strings, number formats, booleans, errors."""

    def __init__(self, package: Package, main: str) -> None:
        related = dict(package.related(main).values())
        self._strings = _shared_strings(package, related.get("sharedStrings", ""))
        self._formats = _formats(package.optional_xml(related.get("styles", "")))
        properties = child(package.xml(main), "workbookPr")
        self._since_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def text(self, cell: Element) -> str:
        """Return what the cell shows; a formula shows its last computed value."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = child(cell, "is")
            return _rich_text(inline) if inline is not None else ""
        value = child(cell, "v")
        raw = (value.text or "") if value is not None else ""
        if kind == "s":
            return self._strings[int(raw)] if raw.isdecimal() and int(raw) < len(self._strings) else ""
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(raw, raw)
        if kind == "n" and raw:
            return self._number(raw, cell.get("s", "0"))
        return raw

    def _number(self, raw: str, style: str) -> str:
        try:
            value = float(raw)
        except ValueError:
            return raw
        if not math.isfinite(value):
            return raw
        code = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else ""
        try:
            return shown(value, code, since_1904=self._since_1904)
        except (ArithmeticError, ValueError, LookupError):
            return general(value)


def rows_of(package: Package, path: str, cells: Cells, limits: ReadingLimits) -> Iterator[Row]:
    """Yield the rows that hold something, ascending; raise Unreadable when they hold too much."""
    number = chars = 0
    for event, element in stream(package.read(path), path.rsplit("/", 1)[-1]):
        if event == "start" or local(element) != "row":
            continue
        number = _row_number(element, number)
        found = dict(sorted(_row(element, cells)))
        element.clear()
        chars += sum(map(len, found.values()))
        if chars > limits.max_chars:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"a sheet holds over {limits.max_chars:,} characters. Split it, or raise parsing.max_chars",
            )
        if found:
            yield Row(number=number, cells=found)


def column_letters(column: int) -> str:
    """Return a column's letters: 1 is A, 28 is AB."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _row(element: Element, cells: Cells) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in element:
        if local(cell) != "c":
            continue
        column = min(_column(cell.get("r", "")) or column + 1, _LAST_COLUMN)
        text = " ".join(cells.text(cell).split())
        if text:
            yield column, text


def _row_number(element: Element, before: int) -> int:
    given = element.get("r", "")
    number = int(given) if given.isdecimal() and len(given) < 8 else before + 1  # noqa: PLR2004
    return min(max(number, before + 1), _LAST_ROW)


def _column(reference: str) -> int:
    column = 0
    for letter in reference[:3].upper():
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _shared_strings(package: Package, path: str) -> list[str]:
    if not package.has(path):
        return []
    strings = []
    for event, element in stream(package.read(path), "sharedStrings.xml"):
        if event == "end" and local(element) == "si":
            strings.append(_rich_text(element))
            element.clear()
    return strings


def _rich_text(element: Element) -> str:
    """Return the text of all runs, without the reading aids of Japanese (`rPh`)."""
    pieces = []
    for inner in element:
        if local(inner) == "t":
            pieces.append(inner.text or "")
        elif local(inner) == "r":
            text = child(inner, "t")
            pieces.append((text.text or "") if text is not None else "")
    return "".join(pieces)


def _formats(styles: Element | None) -> list[str]:
    """Return the format code of each cell style, in the order in which cells name them."""
    if styles is None:
        return []
    codes = dict(BUILT_IN)
    for element in styles.iter():
        if local(element) == "numFmt" and attribute(element, "numFmtId").isdecimal():
            codes[int(attribute(element, "numFmtId"))] = attribute(element, "formatCode")
    records = child(styles, "cellXfs")
    identifiers = [attribute(record, "numFmtId") for record in (records if records is not None else ())]
    return [codes.get(int(name), "") if name.isdecimal() else "" for name in identifiers]
