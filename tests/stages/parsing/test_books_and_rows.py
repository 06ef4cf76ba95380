"""What stands beside the order of a book, the rows of a file or the words of a heading is told from them."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import ParsedDocument, ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.texts import delimited
from holdfast.stages.parsing.readers.texts.markdown import markdown_blocks
from holdfast.stages.parsing.readers.web import epub
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file


def book(items: str, spine: str, **parts: str) -> ParsedDocument:
    data = zip_file(
        {
            "mimetype": "application/epub+zip",
            "b.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{name.replace("_", "."): held for name, held in parts.items()},
        }
    )
    return judge(collect(epub.read(data, ReadingLimits())), ended=None)


def item(name: str, kind: str = "application/xhtml+xml", more: str = "") -> str:
    return f'<item id="{name.partition(".")[0]}" href="{name}" media-type="{kind}" {more}/>'


def test_pages_that_only_links_lead_to_come_behind_the_others() -> None:
    items = item("notes.xhtml") + item("one.xhtml") + item("nav.xhtml", more='properties="nav"')
    pages = {"notes_xhtml": "<p>a note</p>", "one_xhtml": "<p>text</p>", "nav_xhtml": "<p>contents</p>"}
    found = book(items, '<itemref idref="one"/>', **pages)
    assert found.text == "text\n\na note"
    assert book(items, '<itemref idref="nav"/><itemref idref="one"/>', **pages).text.startswith("contents")


def test_a_drawing_among_the_pages_is_read() -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><text>Cover</text></svg>'
    found = book(item("c.svg", "image/svg+xml"), '<itemref idref="c"/>', c_svg=drawing)
    assert found.text == "Cover"


def test_a_chapter_that_the_book_does_not_hold_is_named() -> None:
    found = book(item("one.xhtml"), '<itemref idref="one"/><itemref idref="two"/>', one_xhtml="<p>text</p>")
    assert found.status is ParseStatus.PARTIAL
    assert "chapter 2 of 2" in found.reason


def test_the_name_by_which_links_find_a_heading_is_none_of_its_words() -> None:
    titles = ["## Oil change {#oil}", "# Parts {n}", "## A {.b} c"]
    found = [str(next(markdown_blocks(title)).locator) for title in titles]
    assert found == ["Oil change", "Parts {n}", "A {.b} c"]


def rows(text: str) -> list[tuple[str, str, str]]:
    found = judge(collect(delimited.read(text.encode(), ReadingLimits())), ended=None)
    return [(found.text[s.start : s.end].strip(), s.header, str(s.locator)) for s in found.sections]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sep=;\na;b\n1;2,5\n", [("a | b\n1 | 2,5", "a | b", "")]),
        ("sep=^\r\na^b\r\n1^2\r\n", [("a | b\n1 | 2", "a | b", "")]),
        ("Stock of 2024\n\nid,name\n1,Bolt\n2,Nut\n", [("Stock of 2024", "", ""), ("id | name\n1 | Bolt\n2 | Nut", "id | name", "")]),
        ("# made by hand,,\nid,name,n\n1,Bolt,2\n", [("# made by hand", "", ""), ("id | name | n\n1 | Bolt | 2", "id | name | n", "")]),
        ("name\nBolt\n", [("name\nBolt", "", "")]),
    ],
)  # fmt: skip
def test_what_stands_above_the_rows_is_no_row(text: str, told: list[tuple[str, str, str]]) -> None:
    assert [(one, header) for one, header, _ in rows(text)] == [(one, header) for one, header, _ in told]


def test_a_table_with_a_short_first_row_stays_whole() -> None:
    assert len(rows("a\n1,2,3\nx,y\n1,2\n1,2\n1,2\n")) == 1
