"""DOCX, XLSX and PPTX: headings, tables and places are those of the document."""

from __future__ import annotations

import tracemalloc

import pytest

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.packages import kind_of
from holdfast.stages.parsing.readers.sheets import xlsx
from holdfast.stages.parsing.readers.sheets.blocks import column_letters
from holdfast.stages.parsing.readers.sheets.number_formats import shown
from holdfast.stages.parsing.readers.slides import pptx
from holdfast.stages.parsing.readers.word import docx
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits, Unreadable
from holdfast.testing.files import docx_file, pptx_file, xlsx_file, zip_file

LIMITS = ReadingLimits()
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def parsed(reader, data):
    return judge(collect(reader.read(data, LIMITS)), ended=None)


def verdict(data, limits=LIMITS):
    return judge(collect(read_here(Kind.ZIP, data, limits)), ended=None)


def pieces(document):
    return [
        (section.locator, document.text[section.start : section.end].strip()) for section in document.sections
    ]


def paragraph(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


# --- DOCX


def test_word_headings_and_tables_keep_their_places():
    data = docx_file(
        [
            ("Heading1", "Manual"),
            ("", "Words & <more>"),
            ("Heading2", "Torques"),
            [["Bolt", "Nm"], ["M8", "18"], ["M10", "32"]],
            ("Heading1", "Annex"),
            ("", "end"),
        ],
        title="The manual",
    )
    document = parsed(docx, data)
    assert document.properties == {"title": "The manual"}
    assert pieces(document) == [
        (Locator(heading=("Manual",)), "Manual\n\nWords & <more>"),
        (Locator(heading=("Manual", "Torques")), "Torques"),
        (Locator(heading=("Manual", "Torques")), "Bolt | Nm\nM8 | 18\nM10 | 32"),
        (Locator(heading=("Annex",)), "Annex\n\nend"),
    ]
    table = document.sections[2]
    assert (table.kind, table.header, len(table.row_starts)) == (SectionKind.TABLE, "Bolt | Nm", 3)


def test_word_never_has_pages():
    document = parsed(docx, docx_file([("", "a"), "<w:p><w:r><w:br w:type='page'/><w:t>b</w:t></w:r></w:p>"]))
    assert {section.locator.page for section in document.sections} == {None}


def test_merged_cells_of_word_repeat_downwards_and_hold_their_columns():
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    down, goes_on, wide = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'
    table = (
        "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>"
        + "".join(cell.format("", name) for name in ("Pump", "Task", "Hours"))
        + f"</w:tr><w:tr>{cell.format(down, 'HX')}{cell.format('', 'oil')}{cell.format('', '4')}</w:tr>"
        + f"<w:tr>{cell.format(goes_on, '')}{cell.format('', 'seal')}{cell.format('', '5')}</w:tr>"
        + f"<w:tr>{cell.format(wide, 'all')}{cell.format('', '9')}</w:tr></w:tbl>"
    )
    document = parsed(docx, docx_file([table]))
    assert document.text == "Pump | Task | Hours\nHX | oil | 4\nHX | seal | 5\nall |  | 9"
    assert document.sections[0].header == "Pump | Task | Hours"


def test_a_frame_around_text_is_no_table():
    document = parsed(docx, docx_file([[["only words"]]]))
    assert (document.text, document.sections[0].kind) == ("only words", SectionKind.TEXT)


def test_lists_show_the_numbers_that_word_shows():
    numbering = (
        f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2"/></w:lvl>'
        '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#8226;"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )
    item = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="{}"/></w:numPr>'
    body = [
        paragraph("one", item.format(0, 1)),
        paragraph("sub", item.format(1, 1)),
        paragraph("two", item.format(0, 1)),
        paragraph("point", item.format(0, 2)),
    ]
    document = parsed(docx, docx_file(body, parts={"word/numbering.xml": numbering}))
    assert document.text.split("\n\n") == ["1. one", "1.a sub".rjust(9), "2. two", "- point"]


def test_numbers_of_word_are_shown_in_cells_begun_anew_and_in_figures_where_the_list_says_so():
    numbering = (
        f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num></w:numbering>'
    )

    def item(text, number, level=0):
        properties = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    def row(*cells):
        return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"

    table = f"<w:tbl>{row(item('', 2), item('Seal', 0))}{row(item('', 2), item('Bolt', 0))}</w:tbl>"
    body = [item("Terms", 1), item("Delay", 1, 1), table]
    document = parsed(docx, docx_file(body, parts={"word/numbering.xml": numbering}))
    assert document.text.split("\n\n") == ["I. Terms", "  1.1 Delay", "IV. | Seal\nV. | Bolt"]


def test_parts_of_items_with_bullets_begin_anew_and_empty_items_count_and_a_level_may_show_no_number():
    shapes = (("bullet", "&#8226;"), ("decimal", "%2."), ("none", "Note %3"), ("decimal", "%3%4)"))
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for level, (form, pattern) in enumerate(shapes)
    )
    numbering = (
        f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    place = '<w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>{}</w:pPr>'
    gone = f"<w:p>{place.format(1, '<w:rPr><w:vanish/></w:rPr>')}</w:p>"
    body = [
        f"<w:p>{place.format(level, '')}<w:r><w:t>{text}</w:t></w:r></w:p>"
        for level, text in (
            (0, "Oil"),
            (1, "fill"),
            (1, ""),
            (1, "close"),
            (0, "Air"),
            (1, "open"),
            (2, "a"),
            (3, "b"),
        )
    ]
    body.insert(3, gone)
    document = parsed(docx, docx_file(body, parts={"word/numbering.xml": numbering}))
    assert [line.strip() for line in document.text.split("\n\n")] == [
        "- Oil", "1. fill", "3. close", "- Air", "1. open", "Note a", "1) b",
    ]  # fmt: skip


def test_what_word_does_not_show_is_marked_hidden():
    body = [
        "<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>struck</w:delText></w:r></w:del>"  # noqa: ISC004
        "<w:ins><w:r><w:t> added</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>"
    ]
    comments = f'<w:comments {WORD}><w:comment w:id="1" w:author="Ana"><w:p><w:r><w:t>why?</w:t></w:r></w:p></w:comment></w:comments>'
    document = parsed(docx, docx_file(body, parts={"word/comments.xml": comments}))
    shown = [document.text[s.start : s.end].strip() for s in document.sections if not s.hidden]
    assert shown == ["kept added"]
    assert [document.text[s.start : s.end].strip() for s in document.sections if s.hidden] == [
        "secret",
        "struck",
        "Ana: why?",
    ]


def test_page_headers_and_footnotes_are_read_once():
    header = f"<w:hdr {WORD}><w:p><w:r><w:t>MM-200 rev C</w:t></w:r></w:p></w:hdr>"
    notes = f'<w:footnotes {WORD}><w:footnote w:id="2"><w:p><w:r><w:t>See SB-1</w:t></w:r></w:p></w:footnote></w:footnotes>'
    body = ['<w:p><w:r><w:t>Oil</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>']
    parts = {"word/header1.xml": header, "word/header2.xml": header, "word/footnotes.xml": notes}
    document = parsed(docx, docx_file(body, parts=parts))
    assert pieces(document) == [
        (Locator(), "Oil[2]"),
        (Locator(part="footnote"), "[2] See SB-1"),
        (Locator(part="page header"), "MM-200 rev C"),
    ]


# --- XLSX


def test_rows_of_a_sheet_are_cited_by_their_cells():
    data = xlsx_file(
        {
            "Kits": [
                ["Kits as of March"],
                ["Kit", "Pump", "Since", "Price"],
                ["SK-1", "HX-200", (45292, "dd.mm.yyyy"), (1234.5, '#,##0.00 "EUR"')],
                [None, None, None, None],
                ["SK-2", "HX-250", (45293, "dd.mm.yyyy"), (7, '#,##0.00 "EUR"')],
            ],
            "Old": [["a", "b"], [1, 2]],
        },
        hidden=["Old"],
    )
    document = parsed(xlsx, data)
    title, table, rest, old = document.sections
    assert document.text.startswith(
        "Kits as of March\n\nKit | Pump | Since | Price\nSK-1 | HX-200 | 01.01.2024 | 1,234.50 EUR"
    )
    assert title.locator == Locator(sheet="Kits", cells="A1")
    assert table.row_locators == (Locator(sheet="Kits", cells="A2:D2"), Locator(sheet="Kits", cells="A3:D3"))
    assert (rest.header, rest.row_locators) == (
        "Kit | Pump | Since | Price",
        (Locator(sheet="Kits", cells="A5:D5"),),
    )
    assert (old.hidden, table.hidden) == (True, False)


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (5, "General", "5"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, "#,##0", "1,235"),
        (2.675, "0.00", "2.68"),
        (0.285, "0%", "29%"),
        (0.256, "0.0%", "25.6%"),
        (-3, "0;(0)", "(3)"),
        (0, '0;-0;"none"', "none"),
        (45292.75, "yyyy-mm-dd hh:mm", "2024-01-01 18:00"),
        (45292.75, "d mmm yy h:mm AM/PM", "1 Jan 24 6:00 PM"),
        (1.5, "[h]:mm", "36:00"),
        (0.0425, "mm:ss", "01:12"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (7, "000", "007"),
        (1500000, '0.0,,"M"', "1.5M"),
        (42, "[$€-407] #,##0.00", "€ 42.00"),
        (3.10, "0.##", "3.1"),
        (9, '"kit "0', "kit 9"),
        (-1, "yyyy-mm-dd", "-1"),
        (1, "yyyy-mm-dd", "1900-01-01"),
    ],
)
def test_numbers_read_as_their_cells_show_them(value, code, text):
    assert shown(value, code) == text


def test_columns_beyond_z_have_two_letters():
    assert [column_letters(number) for number in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]


def test_shared_strings_booleans_errors_and_formulas_show_their_values():
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    data = xlsx_file({"S": [["x"]]})
    parts = {
        "[Content_Types].xml": '<Types><Override ContentType="x.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="{link}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{link}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{link}/worksheet" Target="s.xml"/><Relationship Id="r2" Type="{link}/sharedStrings" Target="t.xml"/></Relationships>',
        "xl/t.xml": f'<sst xmlns="{space}"><si><t>plain</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no</t></rPh></si></sst>',
        "xl/s.xml": f'<worksheet xmlns="{space}"><sheetData><row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>99</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c><f>1+1</f><v>2</v></c></row><row r="4"><c r="B4"><v>x</v></c></row></sheetData></worksheet>',
    }
    assert data != zip_file(parts)
    document = parsed(xlsx, zip_file(parts))
    assert document.text == "plain | rich |  | TRUE | #N/A | 2\n\nx"
    assert document.sections[1].locator == Locator(sheet="S", cells="B4")


# --- PPTX


def test_slides_are_cited_by_number_title_and_part():
    data = pptx_file(
        [
            ("Seals", ["Know the kits\nCount the rings", [["Pump", "Kit"], ["HX", "SK-1"]]], "Ask first."),
            ("End", [], ""),
        ]
    )
    document = parsed(pptx, data)
    at = {"slide": 1, "heading": ("Seals",)}
    assert pieces(document) == [
        (Locator(**at), "Seals\n\nKnow the kits\nCount the rings"),
        (Locator(**at), "Pump | Kit\nHX | SK-1"),
        (Locator(**at, part="notes"), "Ask first."),
        (Locator(slide=2, heading=("End",)), "End"),
    ]


def test_a_damaged_slide_is_named_and_the_others_are_read():
    data = pptx_file([("One", ["first"], ""), ("Two", ["second"], "")])
    broken = data.replace(b"ppt/slides/slide2.xml", b"ppt/slides/slide9.xml")
    document = parsed(pptx, broken)
    assert document.status is ParseStatus.PARTIAL
    assert document.reason.startswith("slide 2 of 2 could not be read")
    assert document.text == "One\n\nfirst"


# --- packages


@pytest.mark.parametrize(
    ("data", "kind"),
    [(docx_file([]), Kind.DOCX), (xlsx_file({}), Kind.XLSX), (pptx_file([]), Kind.PPTX)],
    ids=["docx", "xlsx", "pptx"],
)
def test_packages_are_told_by_what_is_in_them(data, kind):
    assert kind_of(data, LIMITS) is kind


def test_a_bomb_is_refused_by_its_declared_size_before_unpacking():
    bomb = zip_file({"[Content_Types].xml": "<Types/>", "word/document.xml": b"\0" * (30 << 20)})
    document = verdict(bomb)
    assert document.status is ParseStatus.LIMIT_SIZE
    assert "unpacks" in document.reason
    assert "parsing.max_expan" in document.reason


def test_a_package_that_lies_about_its_size_is_malformed():
    honest = zip_file({"word/document.xml": b"x" * 100_000})
    size = (100_000).to_bytes(4, "little")
    document = verdict(honest.replace(size, (10).to_bytes(4, "little")))
    assert document.status is ParseStatus.MALFORMED


def test_a_package_that_lies_about_its_size_is_not_unpacked_to_find_out():
    size = 60 << 20
    bomb = zip_file({"[Content_Types].xml": "wordprocessingml", "word/document.xml": b" " * size})
    lying = bomb.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    tracemalloc.start()
    document = verdict(lying)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert document.status is ParseStatus.MALFORMED
    assert peak < 5 << 20


def test_too_many_entries_are_refused():
    document = verdict(zip_file({f"f{number}": "" for number in range(20_001)}))
    assert document.status is ParseStatus.LIMIT_SIZE


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_with_them_entities_are_refused(prologue, encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{prologue}<w:document {WORD}><w:body/></w:document>'
    data = zip_file({"[Content_Types].xml": "wordprocessingml", "word/document.xml": xml.encode(encoding)})
    document = verdict(data)
    assert document.status is ParseStatus.MALFORMED
    assert "document type" in document.reason


def test_a_cut_off_package_is_malformed_and_says_what_to_do():
    document = verdict(docx_file([("", "x")])[:-40])
    assert document.status is ParseStatus.MALFORMED
    assert document.reason.endswith("Open it in its own program and save it again")


def test_encrypted_packages_are_told_from_damaged_ones():
    plain = bytearray(docx_file([("", "x")]))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = plain.find(mark)
        while at >= 0:
            plain[at + place] |= 1
            at = plain.find(mark, at + 4)
    assert verdict(bytes(plain)).status is ParseStatus.ENCRYPTED
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )
    found = judge(collect(read_here(Kind.OLE, ole, LIMITS)), ended=None)
    assert found.status is ParseStatus.ENCRYPTED


def test_deep_nesting_does_not_overflow_the_stack():
    depth = 50_000
    xml = f"<w:document {WORD}><w:body>" + "<w:sdt>" * depth + "</w:sdt>" * depth + "</w:body></w:document>"
    data = zip_file({"[Content_Types].xml": "wordprocessingml", "word/document.xml": xml})
    assert verdict(data).status is ParseStatus.MALFORMED


def test_damage_of_any_part_that_the_text_does_not_need_costs_only_that_part():
    document = parsed(docx, docx_file([("Heading1", "Kept")], parts={"word/numbering.xml": "<broken"}))
    assert (document.status, document.text) == (ParseStatus.OK, "Kept")


def test_a_missing_document_part_is_malformed():
    with pytest.raises(Unreadable):
        list(docx.read(zip_file({"[Content_Types].xml": "x"}), LIMITS))
