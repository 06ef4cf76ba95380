"""The cells, comments and hidden parts of one XLS sheet."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.sheets.biff import Record, byte_string, long_string
from holdfast.stages.parsing.readers.sheets.blocks import Merge, Row
from holdfast.stages.parsing.readers.sheets.printed_lines import printed_line
from holdfast.stages.parsing.readers.sheets.xls_book import Book
from holdfast.stages.parsing.readers.sheets.xls_drawn import DRAWN, Drawings
from holdfast.stages.parsing.readers.sheets.xlsx_cells import number_text
from holdfast.stages.parsing.units import ReadingLimits, Unreadable

_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_MOST_MERGES = 20_000
_SHOWS_NOTHING = 2
_PRINTED = {0x0014: "page header", 0x0015: "page footer"}
"""Records of the lines above and below pages."""


class SheetCells:
    """Takes the records of one sheet and gives its rows."""

    def __init__(self, book: Book, limits: ReadingLimits) -> None:
        self.merges: list[Merge] = []
        self.lost = 0
        """Cells whose text the workbook does not hold."""
        self.printed: list[tuple[str, str]] = []
        """What is printed above and below its pages: the part, and its words."""
        self._book = book
        self._limits = limits
        self._chars = 0
        self._cells: dict[int, dict[int, tuple[str, int]]] = {}
        """Row -> column -> text and number of the cell's style, both from 1."""
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._formula: tuple[int, int, int] | None = None
        self.drawings = Drawings(book)
        self._note_places: list[tuple[int, int, int, str]] = []

    def take(self, found: Iterable[Record]) -> None:
        """Read the sheet's records; one that is cut short is left out."""
        for record in found:
            reader = _READERS.get(record.kind)
            if reader is not None:
                try:
                    reader(self, record)
                except (struct.error, IndexError):
                    continue

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold something, ascending, what is not shown apart."""
        for number, cells in sorted(self._cells.items()):
            shown: dict[int, str] = {}
            unseen: dict[int, str] = {}
            for column, (text, style) in sorted(cells.items()):
                code, invisible = self._book.style(style)
                hides = number in self._hidden_rows or column in self._hidden_columns or invisible
                hides = hides or (code.count(";") >= _SHOWS_NOTHING and not code.strip("; "))
                (unseen if hides else shown)[column] = text
            yield Row(number=number, cells=shown, unseen=unseen)

    def notes(self) -> Iterator[tuple[int, int, str, str]]:
        """Yield row, column, text and author of each comment."""
        for row, column, number, author in self._note_places:
            if text := self.drawings.notes.get(number, "").strip():
                yield row, column, text, author.strip("\0 ")

    def _put(self, row: int, column: int, style: int, text: str) -> None:
        text = " ".join(text.split())
        if not text:
            return
        self._chars += len(text)
        if self._chars > self._limits.max_chars:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"a sheet holds over {self._limits.max_chars:,} characters. "
                "Split it, or raise parsing.max_chars",
            )
        self._cells.setdefault(row + 1, {})[column + 1] = (text, style)

    def _number(self, style: int, value: float) -> str:
        return number_text(value, self._book.style(style)[0], since_1904=self._book.since_1904)

    # --- one record each

    def _label(self, record: Record) -> None:
        row, column, style = struct.unpack_from("<HHH", record.data)
        self._put(row, column, style, self._text(record.data, 6))

    def _shared_label(self, record: Record) -> None:
        row, column, style, number = struct.unpack_from("<HHHI", record.data)
        if number < len(self._book.strings):
            self._put(row, column, style, self._book.strings[number])
        else:
            self.lost += 1

    def _float(self, record: Record) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", record.data)
        self._put(row, column, style, self._number(style, value))

    def _packed(self, record: Record) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", record.data)
        self._put(row, column, style, self._number(style, _unpacked(packed)))

    def _many_packed(self, record: Record) -> None:
        row, column = struct.unpack_from("<HH", record.data)
        for at in range(4, len(record.data) - 7, 6):
            style, packed = struct.unpack_from("<HI", record.data, at)
            self._put(row, column, style, self._number(style, _unpacked(packed)))
            column += 1

    def _boolean(self, record: Record) -> None:
        row, column, style, value, is_error = struct.unpack_from("<HHHBB", record.data)
        self._put(row, column, style, _truth(value, is_error=bool(is_error)))

    def _computed(self, record: Record) -> None:
        """Take a formula's last value; a text value comes in the record after."""
        row, column, style, value = struct.unpack_from("<HHHd", record.data)
        raw = record.data[6:14]
        self._formula = None
        if raw[6:8] != b"\xff\xff":
            self._put(row, column, style, self._number(style, value))
        elif raw[0] == 0:
            self._formula = row, column, style
        elif raw[0] in (1, 2):
            self._put(row, column, style, _truth(raw[2], is_error=raw[0] == 2))  # noqa: PLR2004 - 2: error

    def _computed_text(self, record: Record) -> None:
        if self._formula is not None:
            data = b"".join((record.data, *(piece[1:] for piece in record.pieces[1:])))
            self._put(*self._formula, self._text(data, 0))

    def _row(self, record: Record) -> None:
        if record.data[12] & _ROW_HIDDEN:
            self._hidden_rows.add(int.from_bytes(record.data[:2], "little") + 1)

    def _columns(self, record: Record) -> None:
        first, last, _, _, flags = struct.unpack_from("<HHHHH", record.data)
        if flags & _COLUMN_HIDDEN:
            self._hidden_columns.update(range(first + 1, min(last, 255) + 2))

    def _merged(self, record: Record) -> None:
        for at in range(2, len(record.data) - 7, 8):
            top, bottom, left, right = struct.unpack_from("<HHHH", record.data, at)
            if len(self.merges) < _MOST_MERGES:
                self.merges.append(Merge(top=top + 1, left=left + 1, bottom=bottom + 1, right=right + 1))

    def _drawn(self, record: Record) -> None:
        self.drawings.take(record)

    def _printed(self, record: Record) -> None:
        text = long_string(record.data, 0) if self._book.wide else self._short_text(record.data)
        if line := printed_line(text):
            self.printed.append((_PRINTED[record.kind], line))

    def _short_text(self, data: bytes) -> str:
        return byte_string(data[1 : 1 + data[0]], self._book.codepage) if data else ""

    def _note(self, record: Record) -> None:
        row, column, _, number = struct.unpack_from("<HHHH", record.data)
        if self._book.wide:
            author = long_string(record.data, 8)
            self._note_places.append((row + 1, column + 1, number, author))
        else:
            self._note_places.append((row + 1, column + 1, -len(self._note_places) - 1, ""))
            self.drawings.notes[-len(self._note_places)] = byte_string(record.data[6:], self._book.codepage)

    def _text(self, data: bytes, at: int) -> str:
        if self._book.wide:
            return long_string(data, at)
        length = int.from_bytes(data[at : at + 2], "little")
        return byte_string(data[at + 2 : at + 2 + length], self._book.codepage)


_READERS: Mapping[int, Callable[[SheetCells, Record], None]] = {
    0x0204: SheetCells._label,  # noqa: SLF001 - the class's own table
    0x00D6: SheetCells._label,  # noqa: SLF001
    0x00FD: SheetCells._shared_label,  # noqa: SLF001
    0x0203: SheetCells._float,  # noqa: SLF001
    0x027E: SheetCells._packed,  # noqa: SLF001
    0x00BD: SheetCells._many_packed,  # noqa: SLF001
    0x0205: SheetCells._boolean,  # noqa: SLF001
    0x0006: SheetCells._computed,  # noqa: SLF001
    0x0207: SheetCells._computed_text,  # noqa: SLF001
    0x0208: SheetCells._row,  # noqa: SLF001
    0x007D: SheetCells._columns,  # noqa: SLF001
    0x00E5: SheetCells._merged,  # noqa: SLF001
    0x001C: SheetCells._note,  # noqa: SLF001
    **dict.fromkeys(_PRINTED, SheetCells._printed),  # noqa: SLF001
    **dict.fromkeys(DRAWN, SheetCells._drawn),  # noqa: SLF001
}


def _unpacked(packed: int) -> float:
    """Return the number that 32 bits stand for: a whole number, or the upper half of a double."""
    if packed & 2:
        value: float = (packed >> 2) - (1 << 30 if packed & 0x80000000 else 0)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value


def _truth(value: int, *, is_error: bool) -> str:
    if is_error:
        return _ERRORS.get(value, "#ERROR")
    return "TRUE" if value else "FALSE"
