"""What is drawn over a sheet of OpenDocument is read, with the cell on which it hangs."""

from __future__ import annotations

import io
import zipfile

from holdfast.stages.parsing.readers.odf import package
from holdfast.stages.parsing.units import Block, ReadingLimits, Unit
from holdfast.testing.odf_files import ods_file


def sheet_blocks(data: bytes) -> list[Block]:
    units = [one for one in package.read_sheets(data, ReadingLimits()) if isinstance(one, Unit)]
    return [block for unit in units for block in unit.blocks]


def with_member(data: bytes, name: str, text: str) -> bytes:
    held = io.BytesIO(data)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr(name, text)
    return held.getvalue()


def test_what_is_drawn_over_a_sheet_stands_at_its_cell() -> None:
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    shape = "<draw:custom-shape><text:p>{}</text:p></draw:custom-shape>"
    row = f"<table:table-row><table:table-cell/><table:table-cell><text:p>Pump</text:p>{box.format('at the cell')}</table:table-cell></table:table-row>"
    sheet = f'<table:table table:name="S"><table:shapes>{shape.format("floating")}</table:shapes>{row}</table:table>'
    told = [(block.text, str(block.locator)) for block in sheet_blocks(ods_file(sheet))]
    assert told == [
        ("Pump", "sheet S, B1"),
        ("floating", "sheet S, text box"),
        ("at the cell", "sheet S, B1, text box"),
    ]


def test_titles_of_a_chart_over_a_sheet_are_read_without_its_values() -> None:
    chart = (
        '<o:d xmlns:o="o" xmlns:chart="c" xmlns:text="t" xmlns:table="b"><chart:chart><chart:title><text:p>Flow</text:p></chart:title>'
        "<chart:plot-area><chart:axis><chart:title><text:p>m3/h</text:p></chart:title></chart:axis></chart:plot-area>"
        "<table:table><text:p>77</text:p></table:table></chart:chart></o:d>"
    )
    frame = '<draw:frame xmlns:xlink="x"><draw:object xlink:href="./Object 1"/></draw:frame>'
    sheet = f'<table:table table:name="S"><table:shapes>{frame}</table:shapes></table:table>'
    data = with_member(ods_file(sheet), "Object 1/content.xml", chart)
    assert [(block.text, str(block.locator)) for block in sheet_blocks(data)] == [
        ("Flow\nm3/h", "sheet S, chart")
    ]
