"""What a reader takes no more of is said: in the verdict, or where it is missing."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument, ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import detect
from holdfast.stages.parsing.readers.pdf import forms
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import Block, ReadingLimits, Unit, Verdict
from holdfast.testing.files import xlsx_file, zip_file
from holdfast.testing.odf_files import ods_file, odt_file
from holdfast.testing.old_office_files import biff, msg_streams, ole_file, xls_file

TEXT = "BT /F1 12 Tf 60 780 Td (Tighten to 18 Nm and check it again) Tj ET"


def parsed(data: bytes, name: str = "a", **limits: int) -> ParsedDocument:
    return judge(collect(read_here(detect(name, data), data, ReadingLimits(**limits))), ended=None)


def pdf_with_notes(notes: list[str]) -> bytes:
    """Return two pages, the notes on the second."""
    rectangle = "/Type/Annot/Subtype/Text/Rect[300 700 320 720]"
    listed = " ".join(f"<<{rectangle}/Contents({said})>>" for said in notes)
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
    every = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>",
        f"{page}>>",
        f"<</Length {len(TEXT)}>>stream\n{TEXT}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"{page}/Annots[{listed}]>>",
    ]
    out, places = "%PDF-1.7\n", []
    for number, held in enumerate(every, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{held}\nendobj\n"
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    table = f"xref\n0 7\n0000000000 65535 f \n{rows}trailer<</Size 7/Root 1 0 R>>\nstartxref\n{len(out)}\n"
    return f"{out}{table}%%EOF".encode("latin-1")


def test_a_page_with_too_many_remarks_is_named() -> None:
    found = parsed(pdf_with_notes([f"remark {number}" for number in range(5003)]))
    assert found.status is ParseStatus.PARTIAL
    assert "3 of 5,003 remarks and fields on page 2" in found.reason
    assert "remark 4999" in found.text


def test_a_long_remark_is_whole_and_one_without_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf_with_notes(["long words " * 4000, "short"])
    found = parsed(data)
    assert (found.status, found.text.count("long words")) == (ParseStatus.OK, 4000)
    monkeypatch.setattr(forms, "_LONGEST_REMARK", 20_000)
    found = parsed(data)
    assert found.status is ParseStatus.PARTIAL
    assert "a remark of over 20,000 characters on page 2" in found.reason
    assert "short" in found.text


def test_objects_of_a_text_beyond_those_that_are_read_are_named() -> None:
    frame = '<draw:frame><draw:object xlink:href="./Object {}" xmlns:xlink="x"/></draw:frame>'
    body = "".join(f"<text:p>p{number}{frame.format(number)}</text:p>" for number in range(2001))
    found = parsed(odt_file(body))
    assert found.status is ParseStatus.PARTIAL
    assert "objects beyond 2,000" in found.reason


def test_equal_rows_beyond_those_that_are_read_are_named() -> None:
    row = '<table:table-row table:number-rows-repeated="{}"><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>'
    sheet = f'<table:table table:name="Stock">{row.format(1)}{row.format(1500)}</table:table>'
    found = parsed(ods_file(sheet))
    assert found.status is ParseStatus.PARTIAL
    assert "rows 1,002 to 1,501 of sheet Stock" in found.reason


def test_an_rtf_that_ends_at_the_limit_of_characters_says_so() -> None:
    found = parsed(b"{\\rtf1 " + b"words       \\par " * 100 + b"}", max_chars=600)
    assert found.status is ParseStatus.PARTIAL
    assert "parsing.max_chars" in found.reason


def test_what_cells_ask_beyond_those_rules_that_are_read_is_named() -> None:
    data = xlsx_file({"A": [["x"]]})
    rules = "".join(f'<dataValidation sqref="A1" prompt="p{number}"/>' for number in range(5001))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = next(name for name in parts if "worksheets/" in name and name.endswith(".xml"))
    parts[name] = parts[name].replace(b"</sheetData>", f"</sheetData>{rules}".encode())
    found = parsed(zip_file(parts))
    assert found.status is ParseStatus.PARTIAL
    assert "what cells ask beyond 5,000 rules on sheet A" in found.reason


def test_cells_whose_text_a_workbook_does_not_hold_are_counted() -> None:
    data = xlsx_file({"A": [["x", 1]]})
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = next(name for name in parts if "worksheets/" in name and name.endswith(".xml"))
    cells = b'<c r="C1" t="s"><v>99</v></c><c r="D1" t="s"><v>98</v></c></row>'
    parts[name] = parts[name].replace(b"</row>", cells)
    found = parsed(zip_file(parts))
    assert found.status is ParseStatus.PARTIAL
    assert "2 cells name a text that the workbook does not hold" in found.reason

    cell = biff(0x00FD, struct.pack("<HHHI", 1, 0, 0, 7))
    found = parsed(xls_file([["x"]], more=cell))
    assert (found.status, found.text) == (ParseStatus.PARTIAL, "x")
    assert "1 cells name a text that the workbook does not hold" in found.reason


def test_everybody_that_a_message_went_to_is_named() -> None:
    streams = msg_streams({0x0037: "Recall", 0x1000: "Stop the pumps."})
    for number in range(250):
        here = f"__recip_version1.0_#{number:08X}/"
        streams[f"{here}__properties_version1.0"] = bytes(8) + struct.pack("<HHIII", 3, 0x0C15, 6, 1, 0)
        streams[f"{here}__substg1.0_3001001F"] = f"Person {number}".encode("utf-16-le")
    assert "Person 249" in parsed(ole_file(streams)).text


def test_messages_nested_too_deep_are_counted_in_the_one_that_holds_them() -> None:
    streams = msg_streams({0x0037: "Deepest", 0x1000: "unreachable words"})
    for depth in range(4):
        streams = msg_streams({0x0037: f"Level {depth}", 0x1000: "words"}, attachments={"m": streams})
    found = parsed(ole_file(streams))
    while found.attachments:
        found = parsed(found.attachments[0].data, "m.eml")
    assert "Level 0" in found.text
    assert "[not read: 1 further files in this message]" in found.text


def test_every_name_in_an_archive_is_listed() -> None:
    found = parsed(zip_file({f"{number}.txt": "" for number in range(1500)}))
    assert "1499.txt" in found.text


def test_a_property_that_is_cut_shows_it() -> None:
    assert parsed(odt_file("<text:p>x</text:p>", title="words " * 100)).properties["title"].endswith(" w…")
    assert parsed(odt_file("<text:p>x</text:p>", title="words")).properties["title"] == "words"


def test_no_verdict_hides_another() -> None:
    partial, suspect = ParseStatus.PARTIAL, ParseStatus.SUSPECT
    unit = Unit(key="page 1", blocks=(Block(text="words"),))

    def judged(*verdicts: tuple[ParseStatus, str]) -> tuple[ParseStatus, str]:
        said = (Verdict(status=status, reason=reason) for status, reason in verdicts)
        found = judge(collect([unit, *said]), ended=None)
        return found.status, found.reason

    assert judged((partial, "a"), (partial, "b")) == (partial, "a. b")
    assert judged((partial, "a"), (suspect, "b")) == (partial, "a. b")
    assert judged((suspect, "a"), (partial, "b")) == (partial, "a. b")
    assert judged((partial, "a"), (partial, "a")) == (partial, "a")
