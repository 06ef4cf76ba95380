"""Filled and framed areas beside the text of a PDF: a block of their own, not woven into its lines."""

from __future__ import annotations

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

PROSE = [f"pump {n} is looked after by those who work near it each" for n in range(8)]
BOX = ["Oil is let out before", "the lid is opened, and", "is kept in red barrels."]
FILLED = "q 0.9 g 400 640 140 80 re f Q"
FRAMED = "400 640 140 80 re S"
ROUND = (
    "410 640 m 530 640 l 535 640 540 645 540 650 c 540 710 l 540 715 535 720 530 720 c "
    "410 720 l 405 720 400 715 400 710 c 400 650 l 400 645 405 640 410 640 c h S"
)


def parsed(lines, content):
    data = pdf_file([PdfPage(lines=lines, content=content)])
    return judge(collect(read_here(Kind.PDF, data, ReadingLimits())), ended=None)


def column(texts, *, x=60, y=740):
    return [PdfLine(text=text, x=x, y=y - 13 * number) for number, text in enumerate(texts)]


@pytest.mark.parametrize("area", [FILLED, FRAMED, ROUND])
def test_a_box_beside_the_text_is_a_block_behind_the_paragraph_that_it_stands_beside(area):
    body = [PdfLine(text="The next paragraph begins.", y=580)]
    document = parsed([*column(PROSE), *column(BOX, x=410, y=701), *body], area)
    assert document.text == "\n\n".join(["\n".join(PROSE), "\n".join(BOX), body[0].text])


@pytest.mark.parametrize(
    "area",
    [
        pytest.param("", id="nothing"),
        pytest.param("q 1 g 400 640 140 80 re f Q", id="white"),
        pytest.param("q 0.9 g 20 20 555 800 re f Q", id="the ground of the page"),
        pytest.param("q 0.9 g 450 640 90 80 re f Q", id="an area that cuts words"),
        pytest.param("q 0.9 g 400 640 140 35 re f Q", id="an area without rows of print"),
    ],
)
def test_what_is_no_box_beside_the_text_leaves_the_lines_as_they_are(area):
    lines = [*column(PROSE), *column(BOX, x=410, y=701)]
    assert parsed(lines, area).text == parsed(lines, "").text


def test_a_shaded_table_is_no_box():
    rows = [["Part", "Torque"], ["M8 screw", "18 Nm"], ["M10 bolt", "32 Nm"]]
    page = PdfPage(
        lines=column(PROSE[:3]), tables=[(300, 760, rows)], content="q 0.9 g 300 706 240 54 re f Q"
    )
    document = judge(collect(read_here(Kind.PDF, pdf_file([page]), ReadingLimits())), ended=None)
    assert "Part | Torque\nM8 screw | 18 Nm\nM10 bolt | 32 Nm" in document.text


def test_a_caption_within_a_sentence_stands_behind_its_paragraph_on_one_page_and_over_two():
    caption = PdfLine(text="Figure 3: The pump with its lid open.", y=600)
    above = column([*PROSE, "whoever opens the main housing of the pump with a lid"])
    below = column(["must have let out the oil."], y=570)
    after = [PdfLine(text="The next paragraph begins.", y=540)]
    told = (
        "whoever opens the main housing of the pump with a lid\nmust have let out the oil.\n\n"
        "Figure 3: The pump with its lid open.\n\nThe"
    )
    assert told in parsed([*above, caption, *below, *after], "").text
    for pages in ([[*above, caption], [*below, *after]], [above, [caption, *below, *after]]):
        data = pdf_file([PdfPage(lines=lines) for lines in pages])
        document = judge(collect(read_here(Kind.PDF, data, ReadingLimits())), ended=None)
        assert told in document.text


def test_a_caption_between_sentences_stays_in_its_place():
    lines = [*column([*PROSE, "the lid is closed."]), PdfLine(text="Figure 3: A pump.", y=600)]
    text = parsed([*lines, PdfLine(text="The next paragraph begins.", y=570)], "").text
    assert text.endswith("the lid is closed.\n\nFigure 3: A pump.\n\nThe next paragraph begins.")
