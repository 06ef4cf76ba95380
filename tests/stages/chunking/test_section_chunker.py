from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, Metadata, Section, SectionKind
from holdfast.domain.locating import locate, section_at
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.chunking.spans import Span, stripped

SENTENCE = "The seal is changed after two thousand hours of work. "


def document(*parts: tuple[str, Section], title: str = "") -> Document:
    """Lay sections out one after another; their offsets are filled in."""
    text, sections = "", []
    for piece, section in parts:
        rows = tuple(start + len(text) for start in section.row_starts)
        sections.append(replace(section, start=len(text), end=len(text) + len(piece), row_starts=rows))
        text += piece
    return Document(
        source="s", path="p", digest="", text=text, sections=tuple(sections), metadata=Metadata(title=title)
    )


def under(*heading: str, page: int | None = None, hidden: bool = False) -> Section:
    return Section(start=0, end=0, locator=Locator(heading=heading, page=page), hidden=hidden)


def table(rows: list[str], *heading: str, header: str = "") -> tuple[str, Section]:
    starts = [0]
    for row in rows[:-1]:
        starts.append(starts[-1] + len(row) + 1)
    locators = tuple(Locator(sheet="S", cells=f"A{n}:B{n}") for n in range(1, len(rows) + 1))
    section = Section(
        start=0,
        end=0,
        locator=Locator(heading=heading, sheet="S"),
        kind=SectionKind.TABLE,
        header=header,
        row_starts=tuple(starts),
        row_locators=locators,
    )
    return "\n".join(rows) + "\n\n", section


def chunks_of(of: Document, **chosen: int | bool) -> tuple[Chunk, ...]:
    return SectionChunker(ChunkingSettings.model_validate(chosen)).chunk(of)


def test_a_short_document_is_one_chunk_with_its_title_in_front() -> None:
    (chunk,) = chunks_of(document(("\n  Change the seal.\n", under()), title="Pump HX-200"))
    assert chunk == Chunk(ordinal=0, start=3, end=19, text="Change the seal.", context="Pump HX-200")
    assert chunk.indexed == "Pump HX-200\nChange the seal."


def test_a_long_text_is_cut_in_windows_without_loss() -> None:
    long = document((SENTENCE * 3000, under()))
    chunks = chunks_of(long)
    assert " ".join(chunk.text for chunk in chunks).split() == long.text.split()
    assert min(len(chunk.text) for chunk in chunks) > 200


def test_a_document_without_sections_is_cut_all_the_same() -> None:
    bare = Document(source="s", path="p", digest="", text=SENTENCE * 40, sections=())
    assert len(chunks_of(bare)) == 3


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_document_without_text_has_no_chunks(text: str) -> None:
    assert chunks_of(document((text, under()))) == ()


def test_the_heading_path_stands_in_front_without_what_the_text_begins_with() -> None:
    body = SENTENCE * 12
    chunks = chunks_of(
        document(
            ("# Pump\n\n" + body + "\n\n", under("Pump")),
            ("## Seals\n\n" + body * 2, under("Pump", "Seals")),
            title="Pump",
        )
    )
    assert [chunk.context for chunk in chunks] == ["", "Pump", "Pump > Seals"]
    assert chunks[1].text.startswith("## Seals")


def test_the_context_can_be_left_out() -> None:
    (chunk,) = chunks_of(document(("text", under("A", "B")), title="T"), heading_context=False)
    assert chunk.context == ""


@pytest.mark.parametrize(
    "title",
    ["4711", "2024-03-01", "5e4c01057a10732d34784af2a97bee9d#12", "550e8400-e29b-41d4-a716-446655440abc", ""],
)
def test_a_title_without_a_word_is_no_context(title: str) -> None:
    assert chunks_of(document(("text", under()), title=title))[0].context == ""


@pytest.mark.parametrize("title", ["HX-200", "SB-2024-03", "Deadbeef", "手册", "Ölwechsel"])
def test_an_identifier_is_a_context(title: str) -> None:
    assert chunks_of(document(("text", under()), title=title))[0].context == title


def test_pieces_of_one_passage_are_about_equally_long() -> None:
    chunks = chunks_of(document((SENTENCE * 24, under())))  # 1,296 characters
    assert [len(chunk.text) for chunk in chunks] == pytest.approx([648, 648], abs=60)


WRAPPED = """\
The pump of the new series is driven by a motor that stands beside
it. Four bolts hold the motor, and each of them takes the torque that the
table on the next page names. None of them may be used twice: after
a hundred hours all are looked at again, by somebody who was trained for
it. The seal is changed after two thousand hours, or when it leaks. A
log of all changes is kept with the pump.
"""
LISTED = """\
Four bolts M12 of strength class 10.9, zinc flake coated
One seal of the shaft, to be kept in its wrapping until used
Two litres of oil for gears, of a viscosity of 220 at least
"""


def test_lines_of_prose_are_cut_at_the_ends_of_sentences() -> None:
    chunks = chunks_of(document((WRAPPED * 3, under())), size=300)
    assert len(chunks) > 3
    assert all(chunk.text.endswith((".", ":")) for chunk in chunks)


def test_lines_that_are_no_prose_are_cut_at_their_ends() -> None:
    chunks = chunks_of(document((LISTED * 6, under())), size=300)
    assert len(chunks) > 2
    assert all(chunk.text.endswith(("coated", "used", "least")) for chunk in chunks)


def test_a_passage_up_to_half_above_the_size_stays_whole() -> None:
    assert len(chunks_of(document((SENTENCE * 22, under())))) == 1  # 1,188 characters


def test_short_neighbours_go_together_under_what_their_headings_share() -> None:
    chunks = chunks_of(
        document(
            ("# Faults\n\n", under("Faults")),
            ("## F1\n\nLow oil.\n\n", under("Faults", "F1")),
            ("## F2\n\nNo power.\n\n", under("Faults", "F2")),
            title="Manual",
        )
    )
    assert [(chunk.context, chunk.locator.heading) for chunk in chunks] == [
        ("Manual", ("Faults", "F1")),
    ]
    assert chunks[0].text == "# Faults\n\n## F1\n\nLow oil.\n\n## F2\n\nNo power."


def test_a_heading_stays_with_the_text_below_it_however_long() -> None:
    chunks = chunks_of(
        document(
            (SENTENCE * 5, under("A")),
            ("## B\n\n", under("B")),
            ("### C\n\n" + SENTENCE * 30, under("B", "C")),
        )
    )
    assert chunks[0].text.endswith("work.")
    assert chunks[1].text.startswith("## B\n\n### C\n\nThe seal")
    assert chunks[1].locator.heading == ("B", "C")


def test_a_chunk_never_goes_on_over_a_long_page_and_says_where_it_begins() -> None:
    pages = [(SENTENCE * 25, under(page=number)) for number in (1, 2)]
    chunks = chunks_of(document(*pages))
    assert [chunk.locator.page for chunk in chunks] == [1, 1, 2, 2]


def test_short_pages_go_together_and_a_quote_still_finds_its_page() -> None:
    both = document(("First page.\n\n", under(page=1)), ("Second page.", under(page=2)))
    (chunk,) = chunks_of(both)
    assert chunk.locator.page == 1
    assert locate(both.sections, both.text.index("Second")).page == 2


def test_hidden_text_is_left_out_unless_it_is_wanted() -> None:
    parts = document(
        ("Seen. ", under("A")), ("Hidden. ", under("A", hidden=True)), ("Seen again.", under("A"))
    )
    assert [chunk.text for chunk in chunks_of(parts)] == ["Seen.", "Seen again."]
    assert any("Hidden" in chunk.text for chunk in chunks_of(parts, include_hidden=True))


def test_a_table_is_cut_between_rows_with_its_header_repeated() -> None:
    rows = ["Part | Torque", *(f"HX-{n} bolt of the cover | {n} Nm" for n in range(100, 160))]
    chunks = chunks_of(document(table(rows, "Torques", header=rows[0]), title="Manual"), size=400)
    assert len(chunks) > 3
    assert chunks[0].context == "Manual > S > Torques"
    assert chunks[0].text.startswith("Part | Torque\nHX-100")
    assert {chunk.context for chunk in chunks[1:]} == {"Manual > S > Torques\nPart | Torque"}
    assert [row for chunk in chunks for row in chunk.text.split("\n")] == rows
    assert all(len(chunk.text) <= 400 for chunk in chunks)
    first_row = rows.index(chunks[1].text.split("\n")[0]) + 1
    assert chunks[1].locator.cells is not None
    assert chunks[1].locator.cells.startswith(f"A{first_row}:B")


def test_a_table_whose_header_is_not_among_its_rows_names_it_every_time() -> None:
    rows = [f"{n} | {n}" for n in range(100)]
    chunks = chunks_of(document(table(rows, header="Part | Torque")), size=200)
    assert {chunk.context for chunk in chunks} == {"S\nPart | Torque"}


def test_a_row_above_the_size_is_the_only_one_that_is_cut() -> None:
    rows = ["a | b", "x | " + SENTENCE * 20, "c | d"]
    chunks = chunks_of(document(table(rows)), size=300)
    assert chunks[0].text == "a | b"
    assert chunks[-1].text == "c | d"
    assert len(chunks) > 4


def test_the_lines_that_lead_to_a_table_go_with_its_first_rows() -> None:
    rows = ["Part | Torque", *(f"HX-{n} | {n} Nm" for n in range(100, 160))]
    chunks = chunks_of(
        document(
            ("## Torques\n\nTightening torques:\n\n", under("Torques")),
            table(rows, "Torques", header=rows[0]),
        ),
        size=300,
    )
    assert chunks[0].text.startswith("## Torques\n\nTightening torques:\n\nPart | Torque\nHX-100")
    assert chunks[1].context == "S > Torques\nTightening torques:\nPart | Torque"


def test_a_table_given_without_row_starts_is_cut_by_lines() -> None:
    rows = [f"row {n} | {n}" for n in range(100)]
    section = Section(start=0, end=0, kind=SectionKind.TABLE)
    chunks = chunks_of(document(("\n".join(rows), section)), size=200)
    assert [row for chunk in chunks for row in chunk.text.split("\n")] == rows


def words(text: str) -> int:
    return len(text.split())


def test_a_piece_above_the_token_limit_is_cut_until_the_embedder_reads_it_all() -> None:
    dense = document(("a b c d e f g h " * 100, under("H")), title="T")
    chunks = SectionChunker(count_tokens=words, max_tokens=100).chunk(dense)
    assert max(words(chunk.indexed) for chunk in chunks) <= 100
    assert " ".join(chunk.text for chunk in chunks).split() == dense.text.split()


def test_a_context_that_fills_the_token_limit_does_not_shred_the_text() -> None:
    rows = ["h " * 200, *("cell | cell" for _ in range(50))]
    wide = document(table(rows, header=rows[0].strip()))
    chunks = SectionChunker(count_tokens=words, max_tokens=64).chunk(wide)
    assert len(chunks) < 25


def test_chunks_overlap_where_it_is_set() -> None:
    chunks = chunks_of(document((SENTENCE * 60, under())), overlap=200)
    assert any(later.start < earlier.end for earlier, later in pairwise(chunks))
    assert not any(
        later.start < earlier.end
        for earlier, later in pairwise(chunks_of(document((SENTENCE * 60, under()))))
    )


@pytest.mark.parametrize("chosen", [{"size": 100}, {"size": 5000}, {"overlap": 400}, {"sizes": 800}])
def test_settings_out_of_range_are_refused(chosen: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ChunkingSettings.model_validate(chosen)


def test_the_version_follows_the_settings() -> None:
    assert SectionChunker().version == SectionChunker(ChunkingSettings()).version
    assert SectionChunker().version != SectionChunker(ChunkingSettings(size=900)).version
    assert SectionChunker().version != SectionChunker(count_tokens=words, max_tokens=256).version


def test_the_place_of_an_offset_is_that_of_its_row() -> None:
    both = document(("Intro.\n", under("A")), table(["a | b", "c | d"]))
    assert locate(both.sections, 0).heading == ("A",)
    assert locate(both.sections, both.text.index("d")).cells == "A2:B2"
    assert locate(both.sections, 10_000).cells == "A2:B2"
    assert locate((), 3) == NOWHERE
    assert section_at((), 3) is None


lines = st.sampled_from(
    [
        "",
        "word",
        "# A",
        "## B",
        "- item",
        "a | b",
        "    code",
        "ä😀 日本語",
        "---",
        SENTENCE,
        "x" * 300,
        "\t",
        "* * *",
    ]
)
texts = st.lists(lines, max_size=30).map("\n".join)
kinds = st.sampled_from(["text", "text", "text", "table", "hidden"])
paths = st.lists(st.sampled_from(["A", "B"]), max_size=2).map(tuple)


def part(text: str, kind: str, path: tuple[str, ...]) -> tuple[str, Section]:
    if kind != "table":
        return text, under(*path, hidden=kind == "hidden")
    rows = text.split("\n")
    body, section = table(rows, *path, header=rows[0])
    return body, section


documents = st.lists(st.builds(part, texts.filter(bool), kinds, paths), max_size=8).map(
    lambda parts: document(*parts, title="Title")
)


def places(of: Document, chunk: Chunk) -> set[Locator]:
    starts = {start for section in of.sections for start in (section.start, *section.row_starts)}
    return {locate(of.sections, at) for at in {chunk.start, *starts} if chunk.start <= at < chunk.end}


def begun(locator: Locator) -> Locator:
    """Return the locator with the first cell only: a chunk of several rows is told by the range around them."""
    return replace(locator, cells=locator.cells.split(":")[0] if locator.cells else None)


@settings(max_examples=100, deadline=None)
@given(of=documents, size=st.sampled_from([200, 400, 800]), max_tokens=st.sampled_from([0, 20]))
def test_chunks_are_exact_in_order_apart_and_leave_nothing_visible_out(
    of: Document, size: int, max_tokens: int
) -> None:
    counter = words if max_tokens else None
    chunks = SectionChunker(ChunkingSettings(size=size), count_tokens=counter, max_tokens=max_tokens).chunk(
        of
    )
    left = list(of.text)
    for chunk in chunks:
        assert chunk.text == of.text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip()
        assert chunk.text
        assert begun(chunk.locator) in {begun(place) for place in places(of, chunk)}
        left[chunk.start : chunk.end] = " " * len(chunk.text)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(earlier.end <= later.start for earlier, later in pairwise(chunks))
    for section in of.sections:
        original, now = of.text[section.start : section.end], left[section.start : section.end]
        assert "".join(now) == original if section.hidden else not "".join(now).strip()


@settings(max_examples=40, deadline=None)
@given(of=documents)
def test_no_chunk_is_much_longer_than_its_size(of: Document) -> None:
    assert all(len(chunk.text) <= 600 for chunk in chunks_of(of, size=400))


@given(st.text(alphabet=" \n\t\x1c\u2003ab", max_size=12), st.integers(0, 12), st.integers(0, 14))
def test_a_span_is_stripped_of_the_white_space_that_strip_would_take(
    text: str, start: int, length: int
) -> None:
    start = min(start, len(text))
    piece = text[start : start + length]
    left = stripped(text, Span(start, start + length))
    assert text[left.start : left.end] == piece.strip()
    assert left.length == len(piece.strip())
