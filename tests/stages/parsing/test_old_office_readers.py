"""XLS, PPT, DOC and MSG: what kreuzberg lost is kept, and damage ends in words."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.mail.compressed_rtf import decompressed
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.word.rtf_html import html_in
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits, Unreadable
from holdfast.testing.old_office_files import (
    DocLevel,
    DocParagraph,
    DocStyle,
    biff,
    doc_file,
    msg_file,
    msg_streams,
    ole_file,
    ppt_file,
    xls_file,
)


def parsed(data, limits=None):
    return judge(collect(read_here(Kind.OLE, data, limits or ReadingLimits())), ended=None)


def pieces(document):
    return [(str(s.locator), document.text[s.start : s.end].strip()) for s in document.sections]


@given(
    st.dictionaries(st.sampled_from(["a", "b/c", "b/d", "long name"]), st.binary(max_size=9000), min_size=1)
)
@settings(max_examples=25, deadline=None)
def test_streams_of_a_compound_file_are_read_as_they_were_put(streams):
    ole = OleFile(ole_file(streams).ljust(1536, b"\0"))
    assert {path: ole.stream(path) for path in streams} == streams


# --- XLS


def test_a_table_of_an_old_workbook_has_its_sheet_and_cells():
    document = parsed(
        xls_file([["Torques"], ["Bolt", "Nm"], ["M8", 18.0], [None], ["end", 1.5]], name="Data")
    )
    assert pieces(document) == [
        ("sheet Data, A1", "Torques"),
        ("sheet Data", "Bolt | Nm\nM8 | 18"),
        ("sheet Data", "end | 1.5"),
    ]
    table = document.sections[1]
    assert (table.kind, table.header) == (SectionKind.TABLE, "Bolt | Nm")
    assert table.row_locators == (Locator(sheet="Data", cells="A2:B2"), Locator(sheet="Data", cells="A3:B3"))


def test_dates_formulas_and_errors_of_an_old_workbook_are_as_shown():
    date_format = biff(0x041E, struct.pack("<HHB", 170, 10, 0) + b"dd.mm.yyyy")
    style = biff(0x00E0, struct.pack("<HH", 0, 170) + bytes(16))
    more = biff(0x0203, struct.pack("<HHHd", 1, 0, 0, 45352.0))
    more += biff(0x0006, struct.pack("<HHH", 1, 1, 9) + b"\0\0\0\0\0\0\xff\xff" + bytes(6))
    more += biff(0x0207, struct.pack("<HB", 4, 0) + b"text")
    more += biff(0x0006, struct.pack("<HHHd", 1, 2, 9, 2.5) + bytes(6))
    more += biff(0x0205, struct.pack("<HHHBB", 1, 3, 9, 42, 1))
    more += biff(0x027E, struct.pack("<HHHI", 1, 4, 9, (12345 << 2) | 3))
    more += biff(0x00BD, struct.pack("<HHHIHIH", 1, 5, 9, 7 << 2 | 2, 9, 8 << 2 | 2, 6))
    document = parsed(
        xls_file([["a", "b", "c", "d", "e", "f", "g"]], globals_=date_format + style, more=more)
    )
    assert document.text.split("\n")[1] == "01.03.2024 | text | 2.5 | #N/A | 123.45 | 7 | 8"


def test_shared_strings_go_on_in_the_next_record_with_other_letters():
    first = struct.pack("<II", 2, 2) + struct.pack("<HB", 6, 0) + b"abc"
    rest = b"\1" + "def".encode("utf-16-le") + struct.pack("<HBH", 2, 8, 1) + b"hi" + bytes(4)
    book = biff(0x00FC, first) + biff(0x003C, rest)
    more = b"".join(biff(0x00FD, struct.pack("<HHHI", 0, n, 0, n)) for n in (0, 1))
    assert parsed(xls_file([], globals_=book, more=more)).text == "abcdef | hi"


def test_merged_headers_of_a_sheet_name_every_column_below():
    merged = biff(0x00E5, struct.pack("<HHHHHHHHH", 2, 0, 0, 1, 2, 2, 3, 0, 0))
    rows = [["Pump", "2023", None], ["Kind", "Q1", "Q2"], ["HX", 1.0, 2.0], [None, 3.0, 4.0]]
    document = parsed(xls_file(rows, more=merged))
    assert document.sections[0].header == "Pump Kind | 2023 Q1 | 2023 Q2"
    assert document.text.split("\n")[3] == "HX | 3 | 4"


def test_tables_side_by_side_are_tables_of_their_own():
    rows = [["a", "b"], [1.0, 2.0, None, "c", "d"], [3.0, 4.0, None, 5.0, 6.0], [None, None, None, 7.0, 8.0]]
    assert parsed(xls_file(rows)).text == "a | b\n1 | 2\n3 | 4\n\nc | d\n5 | 6\n7 | 8"


def test_an_old_workbook_with_a_password_says_so():
    assert parsed(xls_file([["x"]], globals_=biff(0x002F, bytes(6)))).status is ParseStatus.ENCRYPTED


# --- PPT and DOC


def test_slides_of_an_old_deck_are_cited_by_number_and_title():
    document = parsed(
        ppt_file([(((0, "Seals"), (1, "Know the kits\rCount")), False), (((6, "End"),), False)])
    )
    assert pieces(document) == [("slide 1, Seals", "Seals\n\nKnow the kits\nCount"), ("slide 2, End", "End")]


def test_headings_and_tables_of_an_old_word_file_keep_their_places():
    cell, row_end = b"\x16\x24\x01", b"\x16\x24\x01\x17\x24\x01"

    def cells(*texts):
        inner = [DocParagraph(text=text, end="\x07", properties=cell) for text in texts]
        return [*inner, DocParagraph(text="", end="\x07", properties=row_end)]

    document = parsed(
        doc_file(
            [
                DocParagraph(text="Manual", style=1),
                DocParagraph(text="See \x13 REF x \x14page 3\x15 below."),
                DocParagraph(text="Torques", style=2),
                *cells("Bolt", "Nm"),
                *cells("M8", "18"),
                DocParagraph(text="Outline", properties=b"\x40\x26\x00"),
            ]
        )
    )
    assert pieces(document) == [
        ("Manual", "Manual\n\nSee page 3 below."),
        ("Manual > Torques", "Torques"),
        ("Manual > Torques", "Bolt | Nm\nM8 | 18"),
        ("Outline", "Outline"),
    ]
    assert document.sections[2].header == "Bolt | Nm"


def _item(text, number, level=0, **more):
    properties = struct.pack("<HhHB", 0x460B, number, 0x260A, level)
    return DocParagraph(text=text, properties=properties, **more)


def test_what_stands_at_the_foot_of_an_old_deck_comes_once():
    slides = [(((0, "Seals"),), False), (((0, "End"),), False)]
    assert pieces(parsed(ppt_file(slides, footer="Internal, revision 7"))) == [
        ("slide 1, Seals", "Seals"),
        ("slide 1, footer", "Internal, revision 7"),
        ("slide 2, End", "End"),
    ]


CLAUSES = (DocLevel(text="\0.", form=1), DocLevel(text="\0.\1", form=0), DocLevel(text="(\2)", form=4))
STEPS = (DocLevel(text="\0)", start=3),)
DOTS = (DocLevel(text="\uf0b7", form=23),)


def test_an_empty_item_of_an_old_word_file_is_counted_where_the_page_shows_its_number():
    hidden, deleted = struct.pack("<HB", 0x083C, 1), struct.pack("<HB", 0x0800, 1)
    document = parsed(
        doc_file(
            [
                _item("Terms", 1),
                _item("", 1),
                _item("Delay", 1),
                _item("", 1, letters=hidden),
                _item("gone", 1, letters=deleted),
                _item("", 1, end="\x0c"),  # a page that ends is no item
                _item("Limits", 1),
            ],
            lists=[(CLAUSES, None)],
        )
    )
    shown = " ".join(document.text[s.start : s.end] for s in document.sections if not s.hidden)
    assert shown.split() == ["I.", "Terms", "III.", "Delay", "IV.", "Limits"]


def test_list_items_of_an_old_word_file_have_the_numbers_that_word_shows():
    document = parsed(
        doc_file(
            [
                _item("Terms", 1),
                _item("Payment", 1, 1),
                _item("Delay", 1, 1),
                _item("interest", 1, 2),
                _item("Liability", 1),
                _item("Limits", 1, 1),
                _item("Fill", 2),
                _item("Close", 3),
                _item("Open again", 4),
                _item("Oil", 5),
                DocParagraph(text="Done"),
                _item("No such list", 99),
            ],
            lists=[(CLAUSES, None), (STEPS, None), (STEPS, None), (STEPS, 7), (DOTS, None)],
        )
    )
    assert document.text.split("\n\n") == [
        "I. Terms", "  I.1 Payment", "  I.2 Delay", "    (a) interest", "II. Liability", "  II.1 Limits",
        "3) Fill", "4) Close", "7) Open again", "- Oil", "Done", "No such list",
    ]  # fmt: skip


def test_numbered_headings_of_an_old_word_file_are_cited_with_their_numbers_whoever_gives_them():
    numbered = struct.pack("<Hh", 0x460B, 1)
    styles = [
        DocStyle(),
        DocStyle(own_number=1, properties=numbered + b"\x40\x26\x00"),
        DocStyle(own_number=2, properties=numbered + b"\x0a\x26\x01\x40\x26\x01"),
        *[DocStyle()] * 7,
        DocStyle(base=2),
        DocStyle(own_number=62),
    ]
    document = parsed(
        doc_file(
            [
                DocParagraph(text="Handbook", style=11),
                DocParagraph(text="Scope", style=1),
                DocParagraph(text="Who", style=10),
                DocParagraph(text="Everyone."),
                DocParagraph(text="No number", style=2, properties=b"\x0b\x46\x00\x00"),
            ],
            lists=[(CLAUSES, None)],
            styles=styles,
        )
    )
    assert pieces(document) == [
        ("Handbook", "Handbook"),
        ("I. Scope", "I. Scope"),
        ("I. Scope > I.1 Who", "I.1 Who\n\nEveryone."),
        ("I. Scope > No number", "No number"),
    ]


def test_a_numbered_cell_of_an_old_word_file_shows_its_number_even_when_nothing_else_is_in_it():
    row_end = DocParagraph(text="", end="\x07", properties=b"\x16\x24\x01\x17\x24\x01")

    def row(text):
        number = DocParagraph(text="", end="\x07", properties=b"\x16\x24\x01" + struct.pack("<Hh", 0x460B, 1))
        return [number, DocParagraph(text=text, end="\x07", properties=b"\x16\x24\x01"), row_end]

    document = parsed(doc_file([*row("Seal"), *row("Bolt")], lists=[(STEPS, None)]))
    assert document.text == "3) | Seal\n4) | Bolt"


# --- MSG


def test_an_outlook_message_has_the_parts_that_mail_has():
    data = msg_file(
        {
            0x0037: "Kit",
            0x0C1A: "Ana",
            0x5D01: "ana@example.com",
            0x0E04: "desk@example.com",
            0x1035: "<2@example.com>",
            0x1042: "<1@example.com>",
            0x1000: "New.\r\n\r\n-----Original Message-----\r\nFrom: Bo\r\nSent: Monday\r\n\r\nOld.",
        }
    )
    document = parsed(data)
    assert pieces(document) == [
        ("headers", "Subject: Kit\nFrom: Ana <ana@example.com>\nTo: desk@example.com"),
        ("body", "New."),
        ("quoted", "-----Original Message-----\nFrom: Bo\nSent: Monday\n\nOld."),
    ]
    assert document.properties["in-reply-to"] == "<1@example.com>"
    assert document.properties["title"] == "Kit"


def test_files_and_messages_attached_to_an_outlook_message_are_handed_on():
    inner = msg_streams({0x0037: "Inner", 0x1000: "inner words"}, attachments={"deep.txt": b"deep"})
    data = msg_file({0x0037: "Outer"}, attachments={"a/b.pdf": b"%PDF", "Inner": inner})
    pdf, mail = parsed(data).attachments
    assert (pdf.name, pdf.data) == ("a_b.pdf", b"%PDF")
    assert mail.name == "Inner.eml"
    inside = judge(collect(read_here(Kind.EML, mail.data, ReadingLimits())), ended=None)
    assert "inner words" in inside.text
    assert [attachment.name for attachment in inside.attachments] == ["deep.txt"]


def test_an_encrypted_outlook_message_does_not_pass_for_its_envelope():
    data = msg_file({0x0037: "S", 0x001A: "IPM.Note.SMIME"})
    assert parsed(data).status is ParseStatus.ENCRYPTED


def test_a_body_kept_as_packed_rtf_is_read_as_the_page_that_it_wraps():
    rtf = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag <p>}\htmlrtf no\htmlrtf0 words{\*\htmltag </p>}}"
    assert html_in(rtf) == b"<p>words</p>"
    packed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    document = parsed(msg_file({0x0037: "S", 0x1009: packed}))
    assert pieces(document)[1] == ("body", "words")


def test_packed_rtf_is_unpacked_and_bounded():
    # the example of the specification, [MS-OXRTFCP] 4.1.1
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompressed(packed, most=1000) == text
    with pytest.raises(Unreadable):
        decompressed(packed, most=5)
    assert decompressed(b"nothing like it at all", most=5) == b""


# --- damage

SAMPLES = [
    xls_file([["Pump", "Nm"], ["HX", 18.0]]),
    ppt_file([(((0, "Title"), (1, "words")), False)]),
    doc_file(
        [DocParagraph(text="Manual", style=1), _item("words", 1), _item("more", 2)],
        lists=[(CLAUSES, 4), (STEPS, None)],
        styles=[DocStyle(), DocStyle(base=0, properties=b"\x40\x26\x00")],
    ),
    msg_file({0x0037: "S", 0x1000: "words"}, attachments={"a.txt": b"x"}),
]


@given(
    st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=40)
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damage_ends_in_text_or_in_words(data, changes):
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    document = parsed(bytes(damaged))
    assert bool(document.text) == document.status.has_text
    assert bool(document.reason) == (document.status is not ParseStatus.OK)
    ends = [0, *[section.end for section in document.sections]]
    assert [section.start for section in document.sections] == ends[:-1]
    assert ends[-1] == len(document.text)


DIRECTORY = "/O=ACME/OU=EXCHANGE/CN=RECIPIENTS/CN=ANA@HUB"


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        ({0x0C1A: "Ana", 0x0C1F: DIRECTORY}, "Ana"),
        ({0x0C1F: DIRECTORY, 0x0042: "Ana"}, "Ana"),
        ({0x0C1A: "Ana", 0x0C1F: DIRECTORY, 0x5D01: "ana@acme.com"}, "Ana <ana@acme.com>"),
        ({0x0C1A: "Ana", 0x0042: "Ana", 0x0C1F: DIRECTORY, 0x5D02: "ana@acme.com"}, "Ana <ana@acme.com>"),
        ({0x0C1A: "Ana", 0x0042: "Bo", 0x0C1F: DIRECTORY, 0x0065: "/O=ACME/CN=BO", 0x5D02: "bo@acme.com"}, "Ana"),
        (
            {0x0C1A: "Ana", 0x0042: "Ana", 0x0C1F: DIRECTORY, 0x007D: 'Microsoft Mail Internet Headers Version 2.0\r\nX: y\r\nFrom: "Lima, Ana"\r\n <ana@acme.com>\r\n'},
            "Ana <ana@acme.com>",
        ),
        ({0x0C1A: "Ana", 0x0042: "Ana", 0x0C1F: DIRECTORY, 0x007D: "From: Ana\r\n"}, "Ana"),
        ({0x0C1A: "'ana@acme.com'", 0x0C1F: "ana@acme.com"}, "ana@acme.com"),
    ],
)  # fmt: skip
def test_who_sent_an_outlook_message_has_an_address_wherever_it_is_kept(properties, shown):
    document = parsed(msg_file({0x0037: "S", 0x1000: "words", **properties}))
    assert document.properties["from"] == shown
    assert f"From: {shown}" in document.text


@pytest.mark.parametrize("data", SAMPLES, ids=["xls", "ppt", "doc", "msg"])
def test_a_file_cut_anywhere_ends_in_text_or_in_words(data):
    for end in range(0, len(data), 509):
        document = parsed(data[:end])
        assert bool(document.text) == document.status.has_text
