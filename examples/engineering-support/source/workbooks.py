"""Write workbooks from rows, byte-stable."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from source.archives import stable_archive

Cell = str | int | float
Rows = list[list[Cell]]


def workbook_bytes(sheets: dict[str, Rows]) -> bytes:
    """The XLSX of one workbook; the same rows give the same bytes."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        fill(book.create_sheet(name), rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return stable_archive(buffer.getvalue())


def fill(sheet: Worksheet, rows: Rows) -> None:
    """Write the rows; the row with the most cells first seen is the header."""
    width = max(len(row) for row in rows)
    header = next(n for n, row in enumerate(rows, 1) if len(row) == width)
    for row in rows:
        sheet.append(row)
    for cell in sheet[header]:
        cell.font = Font(bold=True)
    for column in range(1, width + 1):
        longest = max(len(str(row[column - 1])) for row in rows[header - 1 :] if len(row) >= column)
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 2, 60)
    sheet.freeze_panes = f"A{header + 1}"
