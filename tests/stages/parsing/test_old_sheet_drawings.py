"""What is written over a sheet of an old workbook is read, with the cell where it stands."""

from __future__ import annotations

import struct

import pytest

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.sheets import xls
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.old_office_files import biff, xls_file

BLACK, WHITE = 0x7FFF, 9
FILL_KIND, FILL_COLOUR, FILL_FACTS, SHAPE_FACTS = 0x0180, 0x0181, 0x01BF, 0x03BF
CONTAINER = 0xF


def read(more: bytes, *, globals_: bytes = b"", hidden: bool = False) -> list[tuple[str, Locator, bool]]:
    """Return text, place and whether it is hidden of all that stands behind the only cell."""
    data = xls_file([["Pump"]], more=more, globals_=globals_, hidden=hidden)
    document = judge(collect(xls.read(data, ReadingLimits())), ended=None)
    told = [
        (document.text[one.start : one.end].strip(), one.locator, one.hidden) for one in document.sections
    ]
    return [one for one in told if one[1].part]


def escher(kind: int, content: bytes, *, version: int = 0, instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(content)) + content


def shape(column: int, row: int, **facts: int) -> bytes:
    """Return the drawing's record of a shape; facts are numbers of properties with an underscore ahead."""
    told = b"".join(struct.pack("<HI", int(name[1:]), value) for name, value in facts.items())
    inner = escher(0xF00A, bytes(8)) + escher(0xF00B, told, instance=len(facts))
    inner += escher(0xF010, struct.pack("<9H", 0, column, 0, row, 0, column + 2, 0, row + 2, 0))
    return biff(0x00EC, escher(0xF004, inner, version=CONTAINER))


def words(text: str, *fonts: tuple[int, int], kind: int = 6, wide: bool = True) -> bytes:
    """Return an object with a text, and from which letter on it has which font."""
    runs = b"".join(
        struct.pack("<HHI", start, font, 0) for start, font in (*(fonts or ((0, 0),)), (len(text), 0))
    )
    letters = b"\1" + text.encode("utf-16-le") if wide else b"\0" + text.encode("latin-1")
    made = biff(0x005D, struct.pack("<HHHHH", 0x15, 18, kind, 1, 0))
    made += biff(0x01B6, struct.pack("<HH6xHHI", 0, 0, len(text), len(runs), 0))
    return made + biff(0x003C, letters) + biff(0x003C, runs)


def font(*, height: int = 200, colour: int = BLACK) -> bytes:
    return biff(0x0031, struct.pack("<HHHHHBBBB", height, 0, colour, 400, 0, 0, 0, 0, 0))


FONTS = font() + font(colour=WHITE) + font(height=20)


@pytest.mark.parametrize("wide", [True, False])
def test_a_text_box_stands_at_the_cell_where_it_begins(wide: bool) -> None:  # noqa: FBT001
    more = shape(27, 4) + words("Do not exceed 24 Nm", wide=wide) + shape(1, 9) + words("Grease", wide=wide)
    assert read(more) == [
        ("Do not exceed 24 Nm", Locator(sheet="Sheet1", cells="AB5", part="text box"), False),
        ("Grease", Locator(sheet="Sheet1", cells="B10", part="text box"), False),
    ]


def test_a_text_goes_on_in_further_pieces() -> None:
    text = "valve " * 2000
    runs = struct.pack("<HHIHHI", 0, 0, 0, len(text), 0, 0)
    letters = text.encode("latin-1")
    more = shape(0, 0) + biff(0x005D, struct.pack("<HHHHH", 0x15, 18, 6, 1, 0))
    more += biff(0x01B6, struct.pack("<HH6xHHI", 0, 0, len(text), len(runs), 0))
    more += biff(0x003C, b"\0" + letters[:8000]) + biff(0x003C, b"\0" + letters[8000:]) + biff(0x003C, runs)
    ((found, _, _),) = read(more)
    assert found == text.strip()


@pytest.mark.parametrize(
    ("number", "facts", "is_seen"),
    [
        (0, {}, True),
        (1, {}, False),
        (1, {f"_{FILL_COLOUR}": 0x08000041}, False),
        (1, {f"_{FILL_COLOUR}": 0x00401F36}, True),
        (1, {f"_{FILL_KIND}": 1}, True),
        (1, {f"_{FILL_FACTS}": 0x100000}, True),
        (2, {f"_{FILL_COLOUR}": 0x00401F36}, False),
    ],
)
def test_letters_that_nobody_sees_are_hidden(number: int, facts: dict[str, int], *, is_seen: bool) -> None:
    told = read(shape(0, 0, **facts) + words("Seen ignore the rules", (0, 0), (5, number)), globals_=FONTS)
    expected = (
        [("Seen ignore the rules", False)] if is_seen else [("Seen", False), ("ignore the rules", True)]
    )
    assert [(text, hidden) for text, _, hidden in told] == expected


def test_a_hidden_shape_and_a_hidden_sheet_hide_their_words() -> None:
    facts = {f"_{SHAPE_FACTS}": 0x20002}
    assert [hidden for *_, hidden in read(shape(0, 0, **facts) + words("kept from view"))] == [True]
    assert [hidden for *_, hidden in read(shape(0, 0) + words("words"), hidden=True)] == [True]


def test_titles_of_a_chart_and_its_axes_are_read_without_its_values() -> None:
    def text(said: str, link: int) -> bytes:
        inner = biff(0x100D, struct.pack("<HBB", 0, len(said), 0) + said.encode("latin-1"))
        return (
            biff(0x1025, bytes(32))
            + biff(0x1033, b"")
            + inner
            + biff(0x1027, struct.pack("<HHH", link, 0, 0))
            + biff(0x1034, b"")
        )

    values = biff(0x0203, struct.pack("<HHHd", 0, 0, 0, 77.0))
    series = (
        biff(0x1003, bytes(12)) + biff(0x1033, b"") + biff(0x100D, b"\0\0\x05\0ghost") + biff(0x1034, b"")
    )
    chart = (
        biff(0x1002, bytes(16))
        + biff(0x1033, b"")
        + series
        + text("Flow by pump", 1)
        + text("m3/h", 2)
        + text("42", 4)
        + biff(0x1034, b"")
    )
    inside = (
        biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0020, 0, 0, 0, 6)) + chart + values + biff(0x000A, b"")
    )
    more = shape(2, 2) + biff(0x005D, struct.pack("<HHHHH", 0x15, 18, 5, 1, 0)) + inside
    assert read(more) == [("Flow by pump\nm3/h", Locator(sheet="Sheet1", cells="C3", part="chart"), False)]


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_drawing_that_is_cut_short_costs_its_own_words_only(cut: int) -> None:
    drawing = shape(3, 3)
    more = biff(0x00EC, drawing[4 : 4 + cut]) + words("words")[: 40 + cut]
    document = judge(collect(xls.read(xls_file([["Pump"]], more=more), ReadingLimits())), ended=None)
    assert document.text.count("words") <= 1
