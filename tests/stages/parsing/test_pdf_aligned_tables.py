"""PDF tables without a full grid: columns told by white, headers and wrapped cells put together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.documents import SectionKind
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

COLUMNS = (60, 220, 300, 380, 460)


def parsed(*pages):
    return judge(collect(read_here(Kind.PDF, pdf_file(pages), ReadingLimits())), ended=None)


def tables(document):
    return [
        document.text[section.start : section.end].strip().split("\n")
        for section in document.sections
        if section.kind is SectionKind.TABLE
    ]


def cells(rows, *, y=700, step=14, columns=COLUMNS):
    """Return lines for the cells; a row is its texts, or (y offset, texts)."""
    return [
        PdfLine(text=text, x=columns[number], y=y - step * row)
        for row, texts in enumerate(rows)
        for number, text in enumerate(texts)
        if text
    ]


def rule(y, left=58, right=520):
    return f"{left} {y} m {right} {y} l S"


FIGURES = [
    ["Region", "2021", "2022"],
    ["North", "1,204", "1,310"],
    ["South", "998", "1,002"],
    ["West", "77", "81"],
]


def test_figures_in_columns_without_any_rule_are_a_table():
    document = parsed(PdfPage(lines=cells(FIGURES)))
    assert tables(document) == [
        ["Region | 2021 | 2022", "North | 1,204 | 1,310", "South | 998 | 1,002", "West | 77 | 81"]
    ]
    (section,) = document.sections
    assert section.header == "Region | 2021 | 2022"


def test_cells_written_column_by_column_are_put_in_rows():
    lines = sorted(cells(FIGURES), key=lambda line: line.x)
    content = "\n".join(f"BT /F1 10 Tf {line.x} {line.y} Td ({line.text}) Tj ET" for line in lines)
    assert tables(parsed(PdfPage(content=content)))[0][1] == "North | 1,204 | 1,310"


def test_a_thin_filled_box_rules_a_table_as_a_line_does():
    rows = [
        ["Variable", "Assumption"],
        ["Inflation", "low"],
        ["Growth", "steady through the year"],
        ["Wages", "flat"],
    ]
    boxes = "\n".join(f"58 {y} 400 0.7 re f" for y in (712, 696, 654))
    assert tables(parsed(PdfPage(lines=cells(rows), content=boxes)))[0] == [" | ".join(row) for row in rows]


def test_names_over_several_columns_stand_in_a_row_of_their_own_and_are_said_with_each_column():
    rows = [
        ["", "", "Actual", "", "Projected"],
        ["Region", "2019", "2020", "2021", "2022"],
        ["North", "1,204", "1,310", "1,412", "1,502"],
        ["South", "998", "1,002", "1,010", "1,100"],
        ["West", "77", "81", "85", "90"],
    ]
    rules = "\n".join([rule(712), rule(697, 215, 340), rule(697, 375, 520), rule(683), rule(640)])
    document = parsed(PdfPage(lines=cells(rows), content=rules))
    assert tables(document)[0][:3] == [
        "Region | Actual |  | Projected",
        " | 2019 | 2020 | 2021 | 2022",
        "North | 1,204 | 1,310 | 1,412 | 1,502",
    ]
    (section,) = [each for each in document.sections if each.kind is SectionKind.TABLE]
    assert section.header == "Region | Actual 2019 | Actual 2020 | Projected 2021 | Projected 2022"


def test_a_label_that_goes_on_in_the_next_line_is_one_cell():
    rows = [
        ["Item", "2021", "2022"],
        ["Current expenditures per pupil in", "", ""],
        ["fall enrollment", "12", "14"],
        ["Teachers", "3", "4"],
        ["Pupils", "30", "40"],
    ]
    table = tables(parsed(PdfPage(lines=cells(rows, step=11))))[0]
    assert table[1] == "Current expenditures per pupil in fall enrollment | 12 | 14"


def test_a_heading_of_a_group_stays_a_row_of_its_own():
    rows = [
        ["Item", "2021", "2022"],
        ["A", "1", "2"],
        ["Private schools", "", ""],
        ["B", "3", "4"],
        ["C", "5", "6"],
    ]
    assert tables(parsed(PdfPage(lines=cells(rows))))[0][2] == "Private schools"


def test_a_table_that_goes_on_beside_itself_is_read_one_part_after_the_other():
    rows = [["Age", "Men", "Age", "Men"]] + [
        [str(n), f"{n}00.5", str(n + 5), f"{n + 5}00.5"] for n in range(1, 6)
    ]
    first, second = tables(parsed(PdfPage(lines=cells(rows))))
    assert first == ["Age | Men", *[f"{n} | {n}00.5" for n in range(1, 6)]]
    assert second == ["Age | Men", *[f"{n} | {n}00.5" for n in range(6, 11)]]


def test_a_turned_page_reads_as_it_is_shown():
    upright = PdfPage(lines=cells(FIGURES))
    content = "\n".join(
        f"BT /F1 10 Tf 0 1 -1 0 {842 - line.y} {line.x} Tm ({line.text}) Tj ET" for line in upright.lines
    )
    turned = parsed(PdfPage(content=content, entries="/Rotate 90"))
    assert tables(turned) == tables(parsed(upright))


PROSE = (
    "The gland bolts of the pump are tightened crosswise and in three steps because the",
    "packing would otherwise sit askew and leak after a few hours of running under load.",
    "Whoever works on the pump has to close the valve in the suction line before that and",
    "wait until the pressure gauge shows that nothing is left in the housing of the pump.",
)


def test_prose_is_no_table_in_one_column_nor_in_two():
    one = PdfPage(lines=[PdfLine(text=PROSE[n % 4], y=760 - 13 * n) for n in range(30)])
    two = PdfPage(
        lines=[
            PdfLine(text=PROSE[(n + column) % 4][:44], x=60 + 250 * column, y=760 - 13 * n)
            for column in range(2)
            for n in range(30)
        ]
    )
    assert tables(parsed(one, two)) == []


def test_lists_and_contents_are_no_tables():
    listed = [[f"{n}.", "Close the valve and wait until it is quiet"] for n in range(1, 9)]
    contents = [["Chapter of many words . . . . . . . . . . . .", str(n)] for n in range(1, 9)]
    page = PdfPage(
        lines=[
            *cells(listed, columns=(60, 90)),
            *cells(contents, y=500, columns=(60, 400)),
        ]
    )
    assert tables(parsed(page)) == []


def test_text_below_a_table_stays_text():
    note = "Source: the yearbook of the ministry, which counts pupils on the first of October of each year"
    document = parsed(PdfPage(lines=[*cells(FIGURES), PdfLine(text=note, y=644, size=8)]))
    assert len(tables(document)[0]) == 4
    assert note in document.text


word = st.text(st.sampled_from("abcdefgh"), min_size=2, max_size=9).map(str.capitalize)
figure = st.integers(0, 99_999).map(lambda value: f"{value:,}")


@given(st.lists(st.tuples(word, figure, figure, figure), min_size=4, max_size=12), st.integers(10, 20))
def test_no_word_of_a_page_is_lost_or_doubled(rows, step):
    document = parsed(PdfPage(lines=cells([["Name", "One", "Two", "Three"], *rows], step=step)))
    wanted = sorted(text for row in rows for text in row)
    held = sorted(document.text.replace("|", " ").split())
    assert held == sorted([*wanted, "Name", "One", "Two", "Three"])


@pytest.mark.parametrize("place", ["x", "y", "xy"])
def test_pages_made_to_take_long_do_not(place):
    spots = [
        ((n * 37 % 540 if "x" in place else 60), (n * 91 % 800 if "y" in place else 400)) for n in range(6000)
    ]
    content = "\n".join(f"BT /F1 2 Tf {x} {y} Td (w{n}) Tj ET" for n, (x, y) in enumerate(spots))
    started = time.process_time()
    parsed(
        PdfPage(content=content),
        PdfPage(content="BT /F1 9 Tf 60 1e8 Td (far) Tj ET", entries="/MediaBox [0 0 9e8 9e8]"),
    )
    assert time.process_time() - started < 12


def test_a_vertical_rule_parts_columns_that_stand_close():
    rows = [["Age", "Number", "Area"], *[[f"{n} years", f"{n},403,210", f"{n}0 acres"] for n in range(1, 7)]]
    lines = cells(rows, columns=(60, 140, 190))
    walled = PdfPage(lines=lines, content="187 715 m 187 600 l S")
    assert tables(parsed(walled))[0][1] == "1 years | 1,403,210 | 10 acres"


def test_figures_that_stand_a_space_apart_in_every_row_are_two_columns():
    rows = [["Name", "", ""], *[[f"Town{n}", f"{n},403.5", f"{n}7,201.25"] for n in range(1, 8)]]
    assert (
        tables(parsed(PdfPage(lines=cells(rows, columns=(60, 140, 176)))))[0][-1]
        == "Town7 | 7,403.5 | 77,201.25"
    )
