"""The cells of a worksheet, row by row, as text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import Merge, Row
from holdfast.stages.parsing.readers.sheets.number_formats import BUILT_IN, general, is_unshown, shown
from holdfast.stages.parsing.readers.xml import attribute, child, local, stream
from holdfast.stages.parsing.units import ReadingLimits, Unreadable

_LAST_COLUMN = 16_384
_LAST_ROW = 1_048_576


_ON = ("1", "true")
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
_WHITE = ("FFFFFFFF", "00FFFFFF")
_WHITE_THEME = "0"
"""The first colour of a theme is its background's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    code: str = ""
    """Number format."""
    invisible: bool = False
    """White letters without a fill behind them."""


class Cells:
    """Turns a cell's element into text: shared strings, number formats, booleans, errors."""

    def __init__(self, package: Package, main: str) -> None:
        related = dict(package.related(main).values())
        self.lost = 0
        """Cells whose text is missing."""
        self._strings = _shared_strings(package, related.get("sharedStrings", ""))
        styles = package.optional_xml(related.get("styles", ""))
        self._styles = _styles(styles)
        self.are_coloured = styles is not None and _are_coloured(styles)
        """Whether any cell of the workbook may have something other than white behind it."""
        properties = child(package.xml(main), "workbookPr")
        self._since_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def text(self, cell: Element) -> str:
        """Return what the cell shows: of a formula its last value, else the formula as it is written."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = child(cell, "is")
            return _rich_text(inline) if inline is not None else ""
        value = child(cell, "v")
        raw = (value.text or "") if value is not None else ""
        if kind == "s":
            is_held = raw.isdecimal() and int(raw) < len(self._strings)
            self.lost += bool(raw) and not is_held
            return self._strings[int(raw)] if is_held else ""
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(raw, raw)
        if kind == "n" and raw:
            return self._number(raw, self._style(cell).code)
        formula = child(cell, "f") if value is None else None
        return f"={formula.text}" if formula is not None and formula.text else raw

    def is_invisible(self, cell: Element) -> bool:
        """Return whether the cell's style makes its text unreadable on purpose."""
        style = self._style(cell)
        if style.invisible or ";" not in style.code:
            return style.invisible
        return not style.code.strip("; ") or (cell.get("t", "n") == "n" and _shows_nothing(cell, style.code))

    def _style(self, cell: Element) -> _Style:
        number = cell.get("s", "0")
        return (
            self._styles[int(number)] if number.isdecimal() and int(number) < len(self._styles) else _Style()
        )

    def _number(self, raw: str, code: str) -> str:
        try:
            value = float(raw)
        except ValueError:
            return raw
        return number_text(value, code, since_1904=self._since_1904)


def _shows_nothing(cell: Element, code: str) -> bool:
    value = child(cell, "v")
    try:
        return is_unshown(float((value.text or "") if value is not None else ""), code)
    except ValueError:
        return False


def number_text(value: float, code: str, *, since_1904: bool) -> str:
    """Return a number as a cell of this format shows it; one that shows nothing gives its bare value."""
    if not math.isfinite(value):
        return str(value)
    try:
        return shown(value, code, since_1904=since_1904) or general(value)
    except (ArithmeticError, ValueError, LookupError):
        return general(value)


def rows_of(
    data: bytes, name: str, cells: Cells, limits: ReadingLimits, *, judge_colours: bool = True
) -> Iterator[Row]:
    """Yield the rows that hold something, ascending; raise Unreadable when they hold too much."""
    number = chars = 0
    hidden_columns: list[tuple[int, int]] = []
    for event, element in stream(data, name):
        if event == "start":
            continue
        if local(element) == "cols":
            hidden_columns = list(_hidden_columns(element))
        if local(element) != "row":
            continue
        number = _row_number(element, number)
        row = _row(element, number, cells, hidden_columns, judge_colours=judge_colours)
        element.clear()
        chars += sum(map(len, (row.cells | row.unseen).values()))
        if chars > limits.max_chars:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"a sheet holds over {limits.max_chars:,} characters. Split it, or raise parsing.max_chars",
            )
        if row.cells or row.unseen:
            yield row


def merges_of(data: bytes) -> tuple[Merge, ...]:
    """Return the merged cells of a worksheet; they stand behind its rows, and are needed with them."""
    return tuple(
        Merge(top=int(top), left=column_of(left), bottom=int(bottom), right=column_of(right))
        for left, top, right, bottom in (
            tuple(part.decode("ascii") for part in match.groups()) for match in _MERGE.finditer(data)
        )
    )


def cell_of(reference: str) -> tuple[int, int]:
    """Return row and column of a reference like `B7`, (0, 0) when it is none."""
    match = re.match(r"([A-Z]{1,3})(\d{1,7})$", reference)
    return (int(match[2]), column_of(match[1])) if match else (0, 0)


def _hidden_columns(element: Element) -> Iterator[tuple[int, int]]:
    for column in element:
        first, last = column.get("min", ""), column.get("max", "")
        if column.get("hidden") in _ON and first.isdecimal() and last.isdecimal():
            yield int(first), int(last)


def _row(
    element: Element,
    number: int,
    cells: Cells,
    hidden_columns: list[tuple[int, int]],
    *,
    judge_colours: bool,
) -> Row:
    shown_cells: dict[int, str] = {}
    unseen: dict[int, str] = {}
    is_hidden = element.get("hidden") in _ON
    column = 0
    for cell in element:
        if local(cell) != "c":
            continue
        column = min(column_of(cell.get("r", "")) or column + 1, _LAST_COLUMN)
        text = " ".join(cells.text(cell).split())
        if not text:
            continue
        hides = is_hidden or any(first <= column <= last for first, last in hidden_columns)
        hides = hides or (judge_colours and cells.is_invisible(cell))
        (unseen if hides else shown_cells)[column] = text
    return Row(number=number, cells=dict(sorted(shown_cells.items())), unseen=dict(sorted(unseen.items())))


def _row_number(element: Element, before: int) -> int:
    given = element.get("r", "")
    number = int(given) if given.isdecimal() and len(given) < 8 else before + 1  # noqa: PLR2004
    return min(max(number, before + 1), _LAST_ROW)


def column_of(reference: str) -> int:
    """Return the number of the column that a reference like `AB` or `AB7` begins with, else 0."""
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


def _styles(styles: Element | None) -> list[_Style]:
    """Return what each cell style means for reading, in the order in which cells name them."""
    if styles is None:
        return []
    codes = dict(BUILT_IN)
    for element in styles.iter():
        if local(element) == "numFmt" and attribute(element, "numFmtId").isdecimal():
            codes[int(attribute(element, "numFmtId"))] = attribute(element, "formatCode")
    whites, filled = _whites(styles), _filled(styles)
    return [
        _Style(
            code=codes.get(_index(record, "numFmtId"), ""),
            invisible=_index(record, "fontId") in whites and _index(record, "fillId") not in filled,
        )
        for record in _children(styles, "cellXfs")
    ]


def _are_coloured(styles: Element) -> bool:
    filled = _filled(styles)
    by_rule = any(child(rule, "fill") is not None for rule in _children(styles, "dxfs"))
    return by_rule or any(_index(record, "fillId") in filled for record in _children(styles, "cellXfs"))


def _whites(styles: Element) -> set[int]:
    """Return the numbers of the fonts that are white."""
    whites = set()
    for number, font in enumerate(_children(styles, "fonts")):
        colour = child(font, "color")
        if colour is None or float(colour.get("tint") or 0):
            continue
        if (colour.get("rgb") or "").upper() in _WHITE or colour.get("theme") == _WHITE_THEME:
            whites.add(number)
    return whites


def _filled(styles: Element) -> set[int]:
    """Return the numbers of the fills that put something other than white behind the text."""
    filled = set()
    for number, fill in enumerate(_children(styles, "fills")):
        pattern = child(fill, "patternFill")
        if pattern is not None and pattern.get("patternType", "none") == "none":
            continue
        colour = child(pattern, "fgColor") if pattern is not None else None
        white = colour is not None and (
            (colour.get("rgb") or "").upper() in _WHITE
            or (colour.get("theme") == _WHITE_THEME and not float(colour.get("tint") or 0))
        )
        if not white:
            filled.add(number)
    return filled


def _children(root: Element, name: str) -> list[Element]:
    found = child(root, name)
    return list(found) if found is not None else []


def _index(record: Element, name: str) -> int:
    text = attribute(record, name)
    return int(text) if text.isdecimal() else -1
