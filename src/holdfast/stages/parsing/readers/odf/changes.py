"""What an OpenDocument sheet held before tracked changes, in cells that are deleted or hold other values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.odf.text import OdfText
from holdfast.stages.parsing.readers.sheets.blocks import cell_name
from holdfast.stages.parsing.readers.unseen import DELETED
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number
from holdfast.stages.parsing.units import Block

_VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")
_MOST_COLUMNS = 16_384


def sheet_changes(changes: Element, text: OdfText, names: Sequence[str]) -> Iterator[Block]:
    """Yield each earlier content of a cell and the remarks on changes, all hidden.

    `names` are those of the sheets in order: changes name a sheet by its number, which may have been
    another one when the change was made.
    """
    for change in changes:
        place = _place(change, names)
        for element in change.iter():
            if local(element) == "cell-content-deletion":
                yield from _earlier(element, text, _place(element, names) or place)
            elif local(element) == "previous":
                yield from _earlier(element, text, place)
            elif local(element) == "change-info":
                yield from text.comment(element, place or Locator())


def _earlier(holder: Element, text: OdfText, place: Locator | None) -> Iterator[Block]:
    for cell in holder:
        if local(cell) != "change-track-table-cell":
            continue
        shown = text.all_text(cell) or next(filter(None, (attribute(cell, name) for name in _VALUES)), "")
        if shown:
            here = place or Locator()
            yield Block(
                text=shown, locator=Locator(sheet=here.sheet, cells=here.cells, part=DELETED), hidden=True
            )


def _place(change: Element, names: Sequence[str]) -> Locator | None:
    """Return the sheet and cell that a change names, None where it names no cell."""
    address = child(change, "cell-address")
    if address is None:
        return None
    told = (attribute(address, name) for name in ("column", "row", "table"))
    column, row, table = (whole_number(number, -1, digits=7) for number in told)
    sheet = names[table] if 0 <= table < len(names) else None
    is_cell = 0 <= column < _MOST_COLUMNS and row >= 0
    return Locator(sheet=sheet, cells=cell_name(row + 1, column + 1) if is_cell else None)
