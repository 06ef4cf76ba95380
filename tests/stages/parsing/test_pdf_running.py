"""Headers that change by chapter, told from the text of a PDF by their place and type."""

from __future__ import annotations

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

PROSE = [f"The pump of row {n} is looked after by those who work near it each day." for n in range(6)]
TITLE = "Pumps of the works"
CHAPTERS = ["Oil", "Oil", "Oil", "Belts", "Belts", "Bolts", "Bolts"]


def book(headers, **look):
    """Return pages with these headers, whose text goes on from each to the next."""
    pages = []
    for header in headers:
        lines = [PdfLine(text=header, y=800, **look), PdfLine(text="must have let out the oil.", y=745)]
        lines += [PdfLine(text=text, y=715 - 13 * number) for number, text in enumerate(PROSE)]
        pages.append(PdfPage(lines=[*lines, PdfLine(text="Whoever opens the housing of a pump", y=637)]))
    return pages


def parsed(pages, limits=None):
    limits = limits or ReadingLimits()
    return judge(collect(read_here(Kind.PDF, pdf_file(pages), limits)), ended=None)


def headers_of(document):
    return [
        (section.locator.page, document.text[section.start : section.end].strip())
        for section in document.sections
        if section.locator.part == "page header"
    ]


def test_a_chapters_title_on_right_pages_stands_once_and_parts_no_sentence():
    left_and_right = [header for chapter in CHAPTERS for header in (chapter, TITLE)]
    document = parsed(book(left_and_right, bold=True))
    assert headers_of(document) == [(1, "Oil"), (2, TITLE), (7, "Belts"), (11, "Bolts")]
    assert document.text.count("of a pump\nmust have let out the oil.") == len(left_and_right) - 1
    assert "oil.\n\nBelts\n\nThe pump of row 0" in document.text


def test_a_chapters_title_is_told_by_smaller_type_or_by_capitals_too():
    for look in ({"size": 8}, {}):
        headers = [chapter.upper() for chapter in CHAPTERS] if not look else CHAPTERS
        assert len(headers_of(parsed(book(headers, **look)))) == 3


def test_first_lines_that_look_like_the_text_or_like_titles_of_slides_are_no_headers():
    assert headers_of(parsed(book(CHAPTERS))) == []
    assert headers_of(parsed(book(CHAPTERS, size=18))) == []


def test_first_lines_that_are_new_on_each_page_or_come_again_are_no_headers():
    new = ["Oil", "Belts", "Bolts", "Rings", "Lids", "Nuts", "Shafts"]
    again = ["Oil", "Oil", "Belts", "Belts", "Oil", "Oil", "Bolts", "Bolts"]
    assert headers_of(parsed(book(new, bold=True))) == []
    assert headers_of(parsed(book(again, bold=True))) == []


def test_headers_that_all_stay_part_no_sentence_either():
    document = parsed(book([TITLE] * 4, bold=True), ReadingLimits(pdf_drop_repeated=False))
    assert [page for page, _ in headers_of(document)] == [1, 2, 3, 4]
    assert document.text.count("of a pump\nmust have let out the oil.") == 3
