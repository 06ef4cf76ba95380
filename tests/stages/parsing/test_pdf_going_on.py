"""PDF text that goes on from line to line, column to column and page to page."""

from __future__ import annotations

from holdfast.domain.documents import Document
from holdfast.domain.locators import Locator
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

PROSE = [f"The pump of row {n} is looked after by those who work near it each day." for n in range(12)]
NARROW = [f"Line {n} tells how a pump is set up." for n in range(12)]


def parsed(*pages):
    return judge(collect(read_here(Kind.PDF, pdf_file(pages), ReadingLimits())), ended=None)


def column(*texts, x=60, y=740):
    return [PdfLine(text=text, x=x, y=y - 13 * number) for number, text in enumerate(texts)]


def page(*texts):
    return PdfPage(lines=column(*texts))


def pieces(document):
    return [
        (section.locator, document.text[section.start : section.end].strip("\n"))
        for section in document.sections
    ]


def chunks_of(document):
    chunks = SectionChunker(ChunkingSettings()).chunk(
        Document(source="s", path="p", digest="", text=document.text, sections=document.sections)
    )
    assert all(document.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    return chunks


def test_a_word_that_a_page_cuts_is_whole_on_the_page_it_begins_on():
    document = parsed(
        page(*PROSE, "Before the oil is let out take all mea-"), page("sures that the sheet names.", *PROSE)
    )
    first, second = pieces(document)
    assert first[0] == Locator(page=1)
    assert first[1].endswith("Before the oil is let out take all measures")
    assert second == (Locator(page=2), "\n".join(["that the sheet names.", *PROSE]))
    assert "take all measures\nthat the sheet names." in document.text


def test_a_word_that_a_page_cuts_keeps_the_hyphen_it_has_elsewhere():
    document = parsed(
        page("A well-known pump.", *PROSE, "This is a well-"), page("known pump as well.", *PROSE)
    )
    assert "This is a well-known\npump as well." in document.text


def test_a_page_of_one_word_that_ends_another_leaves_nothing_behind():
    document = parsed(page(*PROSE, "Take all mea-"), page("sures"), page("Pumps are red.", *PROSE))
    assert "Take all measures\n\nPumps are red." in document.text
    assert [locator.page for locator, _ in pieces(document)] == [1, 3]


def test_a_hyphen_that_stands_for_what_is_said_later_stays():
    document = parsed(page(*PROSE, "Man lese die Vor-"), page("und Nachteile davon.", *PROSE))
    assert "Man lese die Vor-\nund Nachteile davon." in document.text
    within = parsed(page(*PROSE, "Man lese die Vor-", "und Nachteile davon.", *PROSE))
    assert "Man lese die Vor- und Nachteile davon." in within.text


def test_a_sentence_that_goes_on_overleaf_is_parted_by_no_empty_line():
    document = parsed(
        page(*PROSE, "Whoever opens the main housing of a pump"), page("must have let out the oil.", *PROSE)
    )
    assert "main housing of a pump\nmust have let out the oil." in document.text
    assert [locator for locator, _ in pieces(document)] == [Locator(page=1), Locator(page=2)]


def test_a_full_line_goes_on_overleaf_with_a_name():
    full = "The pump of row 12 is looked after by those whom the manager of the site in"
    document = parsed(page(*PROSE, full), page("Hamburg has named for it.", *PROSE))
    assert f"{full}\nHamburg has named" in document.text


def test_pages_that_begin_anew_are_parted_by_an_empty_line():
    for last, first in [
        ("The pump is now ready.", "Oil is let out before that."),
        ("The pump is now ready.", "oil is let out before that."),
        ("A list of pumps", "Oil is let out before that."),
        (
            "What belongs to the pump of the first row and to each of the others that",
            "1. The bolts of the lid",
        ),
        ("Oil pumps and what is to be known of each ............................. 7", "belts"),
    ]:
        document = parsed(page(*PROSE, last), page(first, *PROSE))
        assert f"{last}\n\n{first}" in document.text


def test_a_heading_overleaf_ends_the_sentence_before_it():
    after = PdfPage(lines=[PdfLine(text="about oil", size=16), *column(*PROSE)])
    document = parsed(page(*PROSE, "Whoever opens the main housing of a pump"), after)
    assert "housing of a pump\n\nabout oil" in document.text


def test_empty_pages_part_no_sentence_and_damaged_places_of_the_text_do():
    halves = page(*PROSE, "Whoever opens the housing of a pump"), page("must have let out the oil.", *PROSE)
    document = parsed(halves[0], PdfPage(), halves[1])
    assert "housing of a pump\nmust have let out" in document.text
    assert [locator.page for locator, _ in pieces(document)] == [1, 3]


def test_words_that_a_columns_end_cuts_are_whole_however_the_columns_were_written():
    left = [*NARROW, "Nobody opens its main hou-"]
    right = ["sing before the oil is let out.", *NARROW]
    across = [line for pair in zip(column(*left), column(*right, x=320), strict=True) for line in pair]
    down = "\n".join(
        f"BT /F1 10 Tf {line.x} {line.y} Td ({line.text}) Tj ET"
        for line in (*column(*left), *column(*right, x=320))
    )
    for document in (parsed(PdfPage(lines=across)), parsed(PdfPage(content=down))):
        assert "Nobody opens its main housing before the oil is let out.\nLine 0 tells" in document.text


def test_a_kept_footer_does_not_stand_between_the_halves_of_a_sentence():
    pages = [
        PdfPage(
            lines=[
                *column("must have let out the oil.", *PROSE, "Whoever opens it"),
                PdfLine(text="Works 7", y=30),
            ]
        )
        for _ in range(4)
    ]
    document = parsed(*pages)
    assert document.text.count("Works 7") == 1
    assert document.text.count("Whoever opens it\nmust have let out the oil.") == 3
    (footer,) = [each for each in pieces(document) if "Works 7" in each[1]]
    assert footer == (Locator(page=1, part="page footer"), "Works 7")


def test_a_kept_header_stands_behind_the_sentence_that_goes_on_below_it():
    chapters = ["Oil | 11", "Oil | 12", "Belts | 13", "Belts | 14", "Belts | 15"]
    pages = [
        PdfPage(
            lines=[
                PdfLine(text=chapter, y=810),
                *column("must go on.", "Pumps are red.", *PROSE, "Whoever opens it"),
            ]
        )
        for chapter in chapters
    ]
    document = parsed(*pages)
    assert document.text.startswith("Oil | 11\n\nmust go on.")
    assert document.text.count("Whoever opens it\nmust go on.") == 4
    assert [each for each in pieces(document) if "|" in each[1]] == [
        (Locator(page=1, part="page header"), "Oil | 11"),
        (Locator(page=3, part="page header"), "Belts | 13"),
    ]


def test_chunks_go_over_the_end_of_a_page_within_a_sentence_and_are_cited_where_they_begin():
    lines = [f"The pump of row {n} is red" for n in range(6)]
    document = parsed(page(*lines, "whoever opens its housing"), page("must have let out the oil", *lines))
    (chunk,) = chunks_of(document)
    assert "whoever opens its housing\nmust have let out the oil" in chunk.text
    assert chunk.locator == Locator(page=1)
    long = [page("must have let out the oil", *PROSE, "whoever opens its housing") for _ in range(3)]
    over = [chunk for chunk in chunks_of(parsed(*long)) if "housing\nmust have let" in chunk.text]
    assert Locator(page=1) in [chunk.locator for chunk in over]


def test_chunks_are_not_cited_by_the_header_that_their_text_stands_below():
    pages = [
        PdfPage(lines=[PdfLine(text=f"Manual {n}", y=810), *column("Pumps are red.", *PROSE, "That is all.")])
        for n in range(1, 5)
    ]
    document = parsed(*pages)
    chunks = chunks_of(document)
    assert chunks[0].text.startswith("Manual 1\n\nPumps are red.")
    assert [chunk.locator.part for chunk in chunks] == [None] * len(chunks)
