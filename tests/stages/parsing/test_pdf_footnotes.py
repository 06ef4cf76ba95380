"""Notes at the foot of a PDF page or column: a block of their own, not in the middle of a sentence."""

from __future__ import annotations

import pytest

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

PROSE = [f"The pump of row {n} is looked after by those who work near it each day." for n in range(12)]
NARROW = [f"Line {n} tells how a pump is set up." for n in range(12)]
NOTE = "1 See the manual of the pump, which comes with it."
RULE = "60 560 m 160 560 l S"


def parsed(*pages):
    return judge(collect(read_here(Kind.PDF, pdf_file(pages), ReadingLimits())), ended=None)


def column(*texts, x=60, y=740, size=10):
    return [PdfLine(text=text, x=x, y=y - 13 * number, size=size) for number, text in enumerate(texts)]


def notes_of(document):
    return [
        (section.locator, document.text[section.start : section.end].strip("\n"))
        for section in document.sections
        if section.locator.part == "footnote"
    ]


def test_a_note_stands_behind_the_sentence_that_goes_on_overleaf_with_its_own_page():
    first = PdfPage(
        lines=[
            *column(*PROSE, "Whoever opens the housing of the pump that stands near the wall"),
            *column(NOTE, y=550, size=8),
        ]
    )
    second = PdfPage(lines=[*column("must have let out the oil."), *column(*PROSE, y=700)])
    document = parsed(first, second)
    assert f"near the wall\nmust have let out the oil.\n\n{NOTE}\n\nThe pump of row 0" in document.text
    assert notes_of(document) == [(Locator(page=1, part="footnote"), NOTE)]
    assert document.text.count(NOTE) == 1


def test_a_note_of_a_page_that_ends_a_sentence_stands_at_the_pages_end():
    first = PdfPage(lines=[*column(*PROSE), *column(NOTE, "It has 12 pages.", y=550, size=8)])
    document = parsed(first, PdfPage(lines=column(*PROSE)))
    assert f"{PROSE[-1]}\n\n{NOTE}\nIt has 12 pages.\n\n{PROSE[0]}" in document.text
    assert [locator.page for locator, _ in notes_of(document)] == [1]


def test_a_note_below_a_column_does_not_part_the_column_from_the_next():
    left = [*column(*NARROW, "Nobody opens its main hou-"), *column("1 Parts have numbers.", y=560, size=8)]
    right = column("sing before the oil is let out.", *NARROW, x=320)
    down = "\n".join(
        f"BT /F1 {line.size} Tf {line.x} {line.y} Td ({line.text}) Tj ET" for line in (*left, *right)
    )
    document = parsed(PdfPage(content=down))
    assert "Nobody opens its main housing before the oil is let out.\nLine 0 tells" in document.text
    assert notes_of(document) == [(Locator(page=1, part="footnote"), "1 Parts have numbers.")]
    assert document.text.endswith("1 Parts have numbers.")


def test_a_raised_mark_stands_in_front_of_its_note():
    marks = [PdfLine(text="7", x=60, y=555, size=5), PdfLine(text="8", x=60, y=542, size=5)]
    texts = [
        PdfLine(text="Parts have numbers.", x=66, y=548, size=8),
        PdfLine(text="Oils have none.", x=66, y=535, size=8),
    ]
    (note,) = notes_of(parsed(PdfPage(lines=[*column(*PROSE), *marks, *texts])))
    assert note[1] == "7 Parts have numbers.\n8 Oils have none."


def test_smaller_type_behind_a_short_rule_is_a_note_without_a_mark():
    lines = [*column(*PROSE), *column("See the manual of the pump.", y=550, size=8)]
    assert notes_of(parsed(PdfPage(lines=lines, content=RULE)))
    assert not notes_of(parsed(PdfPage(lines=lines)))
    assert not notes_of(parsed(PdfPage(lines=lines, content=RULE.replace("160", "430"))))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([*column(*PROSE), *column(NOTE, y=550)], id="the type of the text"),
        pytest.param([*column(NOTE, size=8), *column(*PROSE, y=700)], id="above the text"),
        pytest.param([*column(*PROSE), *column(NOTE, y=550, size=8), *column(*PROSE, y=500)], id="within it"),
        pytest.param([*column(*PROSE), *column("0", "20", "40", y=550, size=8)], id="the axis of a figure"),
        pytest.param(
            [*column(*PROSE, "Further reading"), *column("1 A. Holm: Pumps, 2004.", y=550, size=8)],
            id="a list below its heading",
        ),
        pytest.param([*column(*PROSE), *column("3rd edition of the manual", y=550, size=8)], id="no mark"),
    ],
)
def test_what_is_no_note_for_sure_stays_in_its_place(lines):
    assert notes_of(parsed(PdfPage(lines=lines))) == []


def test_what_is_said_below_a_table_is_no_note_of_the_page():
    table = [["Part", "Torque"], ["M8 screw", "18 Nm"], ["M10 bolt", "32 Nm"]]
    lines = [*column(*PROSE), *column("1 Measured cold, at the works.", y=480, size=8)]
    assert notes_of(parsed(PdfPage(lines=lines, tables=[(60, 560, table)]))) == []


def test_lines_that_are_set_far_apart_are_one_paragraph():
    draft = [f"line {n} of a draft whose lines are set apart so that" for n in range(9)]
    lines = [PdfLine(text=text, y=740 - 24 * number) for number, text in enumerate(draft)]
    document = parsed(PdfPage(lines=[*lines, PdfLine(text="A new paragraph follows", y=480)]))
    assert document.text == "\n".join(draft) + "\n\nA new paragraph follows"
