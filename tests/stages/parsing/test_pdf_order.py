"""PDF text in the order of reading: scripts that run to the left, columns written across."""

from __future__ import annotations

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.pdf.bidi import in_reading_order, runs_left, with_ligatures
from holdfast.stages.parsing.readers.pdf.page import Box, PageTable
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

BOX = Box(left=0, bottom=0, right=100, top=100)
LEFT = [f"Left column line {n} tells how the pump is" for n in range(12)]
RIGHT = [f"while the right one, line {n}, lists parts" for n in range(12)]


def text_of(*pages):
    return judge(collect(read_here(Kind.PDF, pdf_file(pages), ReadingLimits())), ended=None).text


def test_scripts_that_run_to_the_left_are_told_by_their_letters():
    assert runs_left("\u0634\u0631\u06a9\u062a 2024 kg")
    assert not runs_left("Teheran (\u062a\u0647\u0631\u0627\u0646) 2024")
    assert not runs_left("1,204")


def test_lam_alef_that_is_one_glyph_is_spelt_in_order_and_two_letters_stay():
    turned = "\u06a9\u0627\u0627\u0644\u06cc"
    assert with_ligatures(turned, lambda place: place == 2) == "\u06a9\u0627\u0644\u0627\u06cc"
    assert with_ligatures(turned, lambda _: False) == turned


def test_a_table_that_runs_to_the_left_has_its_first_column_first():
    table = PageTable(
        box=BOX, rows=(("20300", "\u0634\u0645\u0627\u0631\u0647"), ("436", "\u062c\u0644\u0633\u0647"))
    )
    assert in_reading_order(table).rows == (
        ("\u0634\u0645\u0627\u0631\u0647", "20300"),
        ("\u062c\u0644\u0633\u0647", "436"),
    )
    western = PageTable(box=BOX, rows=(("Number", "20300"),))
    assert in_reading_order(western) is western


def test_columns_that_are_written_line_by_line_across_are_read_one_after_the_other():
    across = [
        PdfLine(text=text, x=60 + 260 * column, y=740 - 13 * n)
        for n, pair in enumerate(zip(LEFT, RIGHT, strict=True))
        for column, text in enumerate(pair)
    ]
    title = PdfLine(text="A title over both of the columns of this page, as wide as they are", y=770)
    text = text_of(PdfPage(lines=[title, *across]))
    assert [line for line in text.split("\n") if line] == [title.text, *LEFT, *RIGHT]


def test_a_form_of_names_and_values_is_read_across():
    rows = [("Name", "Lena Holm"), ("Street", "Harbour 3"), ("Town", "Kiel")]
    lines = [
        PdfLine(text=text, x=60 + 200 * column, y=740 - 13 * n)
        for n, row in enumerate(rows)
        for column, text in enumerate(row)
    ]
    assert text_of(PdfPage(lines=lines)).split("\n") == [" ".join(row) for row in rows]
