"""Words in odd places of a file are read once and in their place."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import detect
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, xlsx_file, zip_file
from holdfast.testing.odf_files import odp_file, ods_file, odt_file
from holdfast.testing.old_office_files import biff, xls_file


def parsed(data: bytes, name: str = "a") -> ParsedDocument:
    return judge(collect(read_here(detect(name, data), data, ReadingLimits())), ended=None)


def seen(data: bytes, name: str = "a") -> str:
    found = parsed(data, name)
    return "\n".join(found.text[one.start : one.end].strip() for one in found.sections if not one.hidden)


@pytest.mark.parametrize("kind", ["line", "rect", "ellipse", "polyline", "connector", "g"])
def test_the_words_of_a_shape_in_a_paragraph_are_read_once(kind: str) -> None:
    label = "<text:p>label</text:p>"
    held = f"<draw:rect>{label}</draw:rect>" if kind == "g" else label
    shape = f"<draw:{kind}>{held}</draw:{kind}>"
    assert seen(odt_file(f"<text:p>Valve{shape} closed</text:p>")) == "Valve closed\n\nlabel"
    assert seen(odp_file(f"<draw:page>{shape}</draw:page>")) == "label"


def test_a_table_within_a_cell_of_a_page_stays_between_the_words_around_it() -> None:
    inner = "<table><tr><td>in a</td><td>in b</td></tr></table>"
    page = f"<table><tr><th>K</th><th>V</th></tr><tr><td>before{inner}after</td><td>2</td></tr></table>"
    assert seen(f"<html><body>{page}</body></html>".encode(), "a.html") == "K | V\nbefore in a in b after | 2"

    long = "<p>" + "long words " * 30 + "</p><p>more</p>"
    found = seen(page.replace("before", long).encode(), "a.html")
    assert found.index("more") < found.index("K | V") < found.index("in a in b after | 2")


def test_any_number_of_tables_in_tables_takes_little_time() -> None:
    started = time.process_time()
    seen(b"<html><body>" + b"<table><tr><td>x " * 10_000, "a.html")
    assert time.process_time() - started < 4


def field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def test_what_a_field_asks_is_not_read_as_what_it_shows() -> None:
    said = "<w:r><w:t>{}</w:t></w:r>"
    asked = "<w:r><w:instrText>{}</w:instrText></w:r>"
    merged = (
        f"{field('begin')}{asked.format('MERGEFIELD n')}{field('separate')}{said.format('17')}{field('end')}"
    )
    condition = f"{field('begin')}{asked.format('IF')}{merged}{asked.format('= 17 x')}{field('separate')}"
    paragraph = f"<w:p>{said.format('Due: ')}{condition}{said.format('now')}{field('end')}{merged}</w:p>"
    assert seen(docx_file([paragraph])) == "Due: now17"


@pytest.mark.parametrize(
    ("body", "shown", "hidden"),
    [
        (r"stays {\mvf moved}here {\mvt moved}", "stays here moved", "moved"),
        (
            r"Anchor {\*\do\dobxpage{\dptxbx{\dptxbxtext box words\par}}} after",
            "Anchor box words\n\nafter",
            "",
        ),
    ],
)
def test_moved_words_and_old_boxes_in_rtf(body: str, shown: str, hidden: str) -> None:
    data = rf"{{\rtf1 {body}\par}}".encode()
    found = parsed(data)
    assert seen(data) == shown
    assert "".join(found.text[one.start : one.end] for one in found.sections if one.hidden).strip() == hidden


def test_lines_of_calendars_and_cards_that_were_cut_are_whole() -> None:
    event = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:Check the pres\r\n sure\\nat ten\\, then\r\nEND:VEVENT\r\n"
    assert "DESCRIPTION:Check the pressure\nat ten, then" in parsed(event.encode(), "a.ics").text
    assert parsed(b"Notes\n  BEGIN:VCALENDAR\n  a\\n", "a.txt").text == "Notes\n  BEGIN:VCALENDAR\n  a\\n"


def test_nested_front_matter_is_part_of_the_value_above_it() -> None:
    matter = "---\nowner:\n  name: Ann Lee\n  unit: Pumps\nsummary: >-\n  Two lines\n  of words\ntags:\n  - a\n  - b\n---\nText\n"
    assert parsed(matter.encode(), "a.md").properties == {
        "owner": "name: Ann Lee unit: Pumps",
        "summary": "Two lines of words",
        "tags": "a, b",
    }


def test_where_answers_go_and_who_gets_a_blind_copy_are_headers() -> None:
    mail = b"From: a@x.de\nReply-To: desk@x.de\nBcc: b@x.de\nSubject: Recall\n\nStop the pumps.\n"
    assert seen(mail, "a.eml").startswith("Subject: Recall\nFrom: a@x.de\nReply-To: desk@x.de\nBcc: b@x.de")


def test_what_an_old_workbook_prints_above_and_below_its_pages_is_read() -> None:
    def line(kind: int, text: str) -> bytes:
        return biff(kind, struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))

    lines = (
        line(0x14, '&L&"Arial,Bold"Acme && Co&RForm 4711') + line(0x15, "&CPage &P of &N") + biff(0x15, b"")
    )
    found = parsed(xls_file([["Pump"]], more=lines))
    assert [(found.text[s.start : s.end].strip(), s.locator.part) for s in found.sections] == [
        ("Pump", None),
        ("Acme & Co | Form 4711", "page header"),
    ]


def test_what_an_open_workbook_prints_above_and_below_its_pages_is_read() -> None:
    fields = "<text:p>Page <text:page-number>1</text:page-number> (<text:title>???</text:title>)</text:p>"
    sides = "<style:region-left><text:p>Acme<text:s/>Pumps</text:p></style:region-left><style:region-right><text:p>Form 4711</text:p></style:region-right>"
    spaces = 'xmlns:style="urn:x:style" xmlns:text="urn:x:text"'
    off = '<style:header-left style:display="false"><text:p>unused</text:p></style:header-left>'
    lines = f"<style:header>{sides}</style:header>{off}<style:footer>{fields}</style:footer>"
    buffer = io.BytesIO(
        ods_file(
            '<table:table table:name="A"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
        )
    )
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("styles.xml", f"<o {spaces}><style:master-page>{lines}</style:master-page></o>")
    found = parsed(buffer.getvalue())
    assert [(found.text[s.start : s.end].strip(), s.locator.part) for s in found.sections] == [
        ("x", None),
        ("Acme Pumps | Form 4711", "page header"),
    ]


def test_names_of_values_and_remarks_on_names_of_a_workbook_are_read() -> None:
    named = (
        '<definedName name="TaxRate" comment="Since 2024">0.19</definedName><definedName name="Unit">"N ""m"""</definedName>'
        '<definedName name="Total">A!$A$1</definedName><definedName name="Sum" comment="Of all">A!$A$1</definedName>'
        '<definedName name="Old" hidden="1">7</definedName><definedName name="_xlnm.Print_Titles">1</definedName>'
        '<definedName name="Lost">#REF!</definedName>'
    )
    with zipfile.ZipFile(io.BytesIO(xlsx_file({"A": [["x"]]}))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    part = "xl/workbook.xml"
    parts[part] = parts[part].replace(
        b"</workbook>", f"<definedNames>{named}</definedNames></workbook>".encode()
    )
    found = parsed(zip_file(parts))
    assert [(found.text[s.start : s.end].strip(), s.locator.part, s.hidden) for s in found.sections[1:]] == [
        ('TaxRate: 0.19 (Since 2024)\n\nUnit: N "m"\n\nSum: A!$A$1 (Of all)', "name", False),
        ("Old: 7", "name", True),
    ]
