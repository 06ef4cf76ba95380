"""PDF: pages, headings and ruled tables; what cannot be read is named."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.pdf import document as pdf
from holdfast.stages.parsing.readers.pdf.grids import grids
from holdfast.stages.parsing.readers.pdf.rules import Rule
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits, Unit
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

LIMITS = ReadingLimits()


def parsed(data, limits=LIMITS):
    return judge(collect(read_here(Kind.PDF, data, limits)), ended=None)


def pieces(document):
    return [
        (section.locator, document.text[section.start : section.end].strip()) for section in document.sections
    ]


def body(first, *, y=700, count=6):
    return [
        PdfLine(text=f"{first} line {number} of ordinary words.", y=y - 14 * number)
        for number in range(count)
    ]


def test_every_page_is_cited_by_its_number():
    document = parsed(pdf_file(["first page\nof words", "second page"], title="Manual (new)"))
    assert pieces(document) == [
        (Locator(page=1), "first page\nof words"),
        (Locator(page=2), "second page"),
    ]
    assert document.properties == {"title": "Manual (new)", "created": "2024-03-01"}


def test_headings_are_told_by_their_type_and_hold_over_the_page():
    page = PdfPage(
        lines=[
            PdfLine(text="Maintenance manual", size=20),
            PdfLine(text="Safety", y=740, size=14),
            *body("Safety"),
            PdfLine(text="2.1 Oil change", y=600, bold=True),
            *body("Oil", y=580),
        ]
    )
    document = parsed(pdf_file([page, PdfPage(lines=body("More"))]))
    assert [locator for locator, _ in pieces(document)] == [
        Locator(page=1, heading=("Maintenance manual",)),
        Locator(page=1, heading=("Maintenance manual", "Safety")),
        Locator(page=1, heading=("Maintenance manual", "Safety", "2.1 Oil change")),
        Locator(page=2, heading=("Maintenance manual", "Safety", "2.1 Oil change")),
    ]


def test_a_page_all_in_large_type_has_no_headings():
    lines = [PdfLine(text=f"Big words {number}", y=780 - 30 * number, size=20) for number in range(8)]
    document = parsed(pdf_file([PdfPage(lines=[*lines, PdfLine(text="small print below all of it", y=80)])]))
    assert {locator.heading for locator, _ in pieces(document)} == {()}


def test_a_ruled_table_stands_as_rows_in_the_place_of_its_lines():
    table = [["Part", "Torque"], ["M8 screw", "18 Nm"], ["M10 bolt", "32 Nm"]]
    page = PdfPage(
        lines=[*body("Before", count=2), *body("After", y=560, count=2)], tables=[(60, 660, table)]
    )
    document = parsed(pdf_file([page]))
    (before, rows, after) = [text for _, text in pieces(document)]
    assert rows == "Part | Torque\nM8 screw | 18 Nm\nM10 bolt | 32 Nm"
    assert before.startswith("Before line 0")
    assert after.startswith("After line 0")
    section = document.sections[1]
    assert (section.kind, section.header, section.locator) == (
        SectionKind.TABLE,
        "Part | Torque",
        Locator(page=1),
    )
    assert document.text.count("M8 screw") == 1


def test_a_table_that_goes_on_overleaf_keeps_its_header():
    first = PdfPage(tables=[(60, 300, [["Part", "Qty"], ["P-1", "3"], ["P-2", "4"]])], lines=body("Text"))
    second = PdfPage(tables=[(60, 780, [["10", "5"], ["11", "6"]])], lines=body("Text", y=500))
    tables = [
        section for section in parsed(pdf_file([first, second])).sections if section.kind is SectionKind.TABLE
    ]
    assert [section.header for section in tables] == ["Part | Qty", "Part | Qty"]


def test_tables_can_be_left_as_lines():
    page = PdfPage(tables=[(60, 700, [["Part", "Qty"], ["P-1", "3"]])])
    document = parsed(pdf_file([page]), ReadingLimits(pdf_tables=False))
    assert {section.kind for section in document.sections} == {SectionKind.TEXT}


def test_lines_that_most_pages_repeat_stand_once():
    pages = [
        PdfPage(
            lines=[
                PdfLine(text="MM-200 revision C", y=810),
                *body(f"Page {number}"),
                PdfLine(text=f"Page {number} of 5", y=30),
            ]
        )
        for number in range(1, 6)
    ]
    text = parsed(pdf_file(pages)).text
    assert (text.count("MM-200 revision C"), text.count("of 5\n")) == (1, 1)
    assert all(f"Page {number} line 5" in text for number in range(1, 6))
    kept = parsed(pdf_file(pages), ReadingLimits(pdf_drop_repeated=False)).text
    assert kept.count("MM-200 revision C") == 5


def test_lines_that_left_and_right_pages_repeat_in_turn_stand_once_each():
    pages = [
        PdfPage(
            lines=[PdfLine(text="Field guide" if number % 2 else "Pumps", y=810), *body(f"Page {number}")]
        )
        for number in range(1, 8)
    ]
    text = parsed(pdf_file(pages)).text
    assert (text.count("Field guide"), text.count("Pumps")) == (1, 1)
    assert all(f"Page {number} line 5" in text for number in range(1, 8))


def test_a_footer_with_the_pages_number_and_its_chapter_stands_once_for_each_chapter():
    chapters = ["Safety", "Safety", "Oil", "Oil", "Oil", "Belts", "Belts"]
    pages = [
        PdfPage(lines=[*body(f"Sheet {number}"), PdfLine(text=f"{chapter} | {number + 10}", y=30)])
        for number, chapter in enumerate(chapters, 1)
    ]
    text = parsed(pdf_file(pages)).text
    assert [line for line in text.splitlines() if "|" in line] == ["Safety | 11", "Oil | 13", "Belts | 16"]
    assert all(f"Sheet {number} line 5" in text for number in range(1, 8))


def test_lines_at_the_edge_whose_numbers_do_not_count_the_pages_stay():
    stock = [4, 19, 7, 31, 12, 8]
    parts = ["Bolt", "Nut", "Ring", "Belt", "Bolt", "Nut"]
    pages = [
        PdfPage(lines=[*body(f"Sheet {number}"), PdfLine(text=f"{part} in stock: {count}", y=30)])
        for number, (part, count) in enumerate(zip(parts, stock, strict=True), 1)
    ]
    text = parsed(pdf_file(pages)).text
    assert [line for line in text.splitlines() if "stock" in line] == [
        f"{part} in stock: {count}" for part, count in zip(parts, stock, strict=True)
    ]


def test_rows_of_figures_at_the_edge_of_every_page_stay():
    pages = [
        PdfPage(lines=[*body(f"Sheet {number}"), PdfLine(text=f"Sum {number * 7} {number * 13}", y=40)])
        for number in range(1, 6)
    ]
    text = parsed(pdf_file(pages)).text
    assert all(f"Sum {number * 7} {number * 13}" in text for number in range(1, 6))


def test_scanned_pages_need_ocr_and_a_few_among_text_are_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    scan = PdfPage(picture=True)
    assert parsed(pdf_file([scan, scan])).status is ParseStatus.NEEDS_OCR
    mixed = parsed(pdf_file(["words " * 20, scan, "words " * 20, "words " * 20]))
    assert mixed.status is ParseStatus.SUSPECT
    assert mixed.reason.startswith("page 2: pictures without text")
    assert "words" in mixed.text


def test_a_pdf_without_anything_is_empty():
    document = parsed(pdf_file([PdfPage()]))
    assert (document.status, document.text) == (ParseStatus.EMPTY, "")


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"%PDF-1.4\nnonsense" * 50, pdf_file(["x"])[:200]])
def test_damaged_files_are_malformed_with_a_next_move(data):
    document = parsed(data)
    assert document.status is ParseStatus.MALFORMED
    assert "save it again" in document.reason


def test_a_password_is_asked_for_by_name():
    encrypted = pdf_file(["x"]).replace(
        b"trailer\n<<",
        b"trailer\n<< /Encrypt << /Filter /Standard /V 1 /R 2 /O ("
        + b"a" * 32
        + b") /U ("
        + b"b" * 32
        + b") /P -4 >> /ID [(a)(a)]",
    )
    assert parsed(encrypted).status is ParseStatus.ENCRYPTED


def test_the_first_pages_are_sent_before_their_layout_is_known_and_again_after():
    found = [each for each in pdf.read(pdf_file(["One.", "Two."]), LIMITS) if isinstance(each, Unit)]
    assert [unit.key for unit in found] == ["page 1", "page 2", "page 1", "page 2"]


def test_too_much_text_keeps_the_pages_before():
    document = parsed(pdf_file(["a" * 90] * 30), ReadingLimits(max_chars=1000))
    assert document.status is ParseStatus.PARTIAL
    assert document.reason.startswith("only page 1 to 11 of 30 could be read")


def across(at, start=0, end=300):
    return Rule(horizontal=True, at=at, start=start, end=end)


def down(at, start=0, end=100):
    return Rule(horizontal=False, at=at, start=start, end=end)


def test_rules_form_grids_with_merged_cells():
    (grid,) = grids([across(100), across(50), across(0), down(0), down(300), down(150, end=50)])
    top, bottom = grid.cells
    assert [cell is None for cell in top] == [False, True]
    assert (top[0].left, top[0].right) == (0, 300)
    assert [(cell.left, cell.right) for cell in bottom] == [(0, 150), (150, 300)]


def test_rules_drawn_in_pieces_or_twice_are_one():
    (grid,) = grids(
        [across(100, 0, 149), across(100.5, 150), across(0), down(0), down(1), down(150), down(300)]
    )
    assert (len(grid.ys), len(grid.xs)) == (2, 4 - 1)


def test_outer_columns_without_a_side_rule_count():
    (grid,) = grids([across(100), across(50), across(0), down(100), down(200)])
    assert grid.xs == (0, 100, 200, 300)


def test_rules_that_do_not_meet_form_nothing():
    assert grids([across(100), across(50)]) == ()
    assert grids([across(100, 0, 50), down(200), down(300)]) == ()
