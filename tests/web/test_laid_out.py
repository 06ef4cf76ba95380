"""Extracted text is laid out for reading, with the marks where they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.locators import Locator
from holdfast.web.laid_out import Block, blocks_of, blocks_of_passage


def laid(text: str, start: int = 0, end: int = 0, **more: object) -> list[Block]:
    return blocks_of(text, 0, len(text), start=start, end=end, **more)  # type: ignore[arg-type]


def words_of(block: Block) -> list[list[str]]:
    return [["".join(one.text for one in cell) for cell in row] for row in block.rows]


def marked_in(blocks: list[Block]) -> str:
    return "".join(
        one.text for block in blocks for row in block.rows for cell in row for one in cell if one.is_marked
    )


def test_headings_and_tables_are_shown_as_such_and_lines_are_joined() -> None:
    text = (
        "## Effect\n\n| Value | Before | Now |\n|---|---|---|\n| Relief valve | 180 bar | 165 bar |\n\n"
        "The setting of the relief valve was lowered since the\nhose of the return line bursts above it.\n"
        "1. Stop the pump.\n2. Lock it.\n"
    )
    blocks = laid(text)
    assert [one.kind for one in blocks] == ["head", "table", "text", "item", "item"]
    assert words_of(blocks[0]) == [["Effect"]]
    assert words_of(blocks[1]) == [["Value", "Before", "Now"], ["Relief valve", "180 bar", "165 bar"]]
    assert words_of(blocks[2])[0][0].endswith("since the hose of the return line bursts above it.")
    assert words_of(blocks[3]) == [["1. Stop the pump."]]


def test_a_line_that_ends_by_itself_stays_a_line() -> None:
    blocks = laid("Document: MM-1\nRevision: D\nThis manual is for trained staff who service the pump.\n")
    assert [words_of(one)[0][0] for one in blocks][:2] == ["Document: MM-1", "Revision: D"]


def test_a_passage_is_marked_across_lines_and_cells() -> None:
    text = "Gland bolts | M10 | 24 Nm\nFlange | M8 | 9 Nm\n"
    assert marked_in(laid(text, 0, 25)) == "Gland boltsM1024 Nm"
    text = "The gland bolts are tightened in steps of\nfive and never at once.\n"
    assert marked_in(laid(text, 10, 47)) == text[10:47].replace("\n", " ")


PIECES = st.lists(
    st.sampled_from(
        ["a b", "# ", "| ", " | ", "\n", "\n\n", "- x", "1. y", "```\n", "Long words stand here.", "  "]
    ),
    max_size=30,
)


@given(PIECES, st.integers(0, 200), st.integers(0, 200))
def test_no_word_is_lost_or_told_twice_and_only_what_was_meant_is_marked(
    pieces: list[str], one: int, other: int
) -> None:
    text = "".join(pieces)
    start, end = min(one, other), max(one, other)
    blocks = laid(text, start, end)
    seen = "".join(words for block in blocks for row in words_of(block) for words in row)
    letters = [c for c in text if c.isalnum()]
    assert [c for c in seen if c.isalnum()] == letters
    meant = [c for c in text[start:end] if c.isalnum()]
    assert [c for c in marked_in(blocks) if c.isalnum()] == meant


def test_a_passage_that_stands_alone_is_laid_out_as_on_its_page() -> None:
    text = "size | torque\n10 | 35 Nm"
    (table,) = blocks_of_passage(text, None, start=text.index("35"), end=len(text))
    assert table.kind == "table"
    assert [[len(cell) for cell in row] for row in table.rows] == [[1, 1], [1, 1]]
    assert [one.text for row in table.rows for cell in row for one in cell if one.is_marked] == ["35 Nm"]
    (cells,) = blocks_of_passage("KD-7", Locator(sheet="Parts", cells="A2:A2"), start=0, end=0)
    assert cells.kind == "table"
    head, rest = blocks_of_passage("Torques\n\n35 Nm.", Locator(heading=("Torques",)), start=0, end=0)
    assert (head.kind, rest.kind) == ("head", "text")
