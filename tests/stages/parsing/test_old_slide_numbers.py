"""Paragraphs of PPT files have the numbers that the slide shows."""

from __future__ import annotations

import struct
import time

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.slides import ppt
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.old_office_files import ppt_file

BODY = 1
LETTER, FIGURE, ROMAN = 0, 3, 6


def styles(paragraphs: list[tuple[int, int, bool]], letters: list[tuple[int, int]]) -> bytes:
    """Return a style record: (characters, level, shows a sign) of paragraphs, (characters, group) of letters."""
    said = b"".join(
        struct.pack("<IHIH", count, level, 1, 1 if sign else 0) for count, level, sign in paragraphs
    )
    return said + b"".join(struct.pack("<IIH", count, 0x400, group << 10) for count, group in letters)


def numbers(*groups: tuple[int, int] | None) -> bytes:
    """Return the record of numbers: (scheme, first number) of each group, None for one without."""
    plain = struct.pack("<III", 0, 0, 0)
    return b"".join(
        plain if group is None else struct.pack("<IHHHII", 0x03000000, 1, *group, 0, 0) for group in groups
    )


def read(text: str, said: bytes, numbered: bytes) -> str:
    data = ppt_file([([(BODY, text)], False)], styles={text: said}, numbers={text: numbered})
    return judge(collect(ppt.read(data, ReadingLimits())), ended=None).text


def test_paragraphs_are_numbered_by_their_group() -> None:
    text = "Why\rOpen it\rClose it\r\rLeave"
    said = styles([(len(text) + 1, 0, True)], [(4, 0), (len(text) - 3, 1)])
    assert read(text, said, numbers(None, (FIGURE, 1))).split("\n") == [
        "Why",
        "1. Open it",
        "2. Close it",
        "",
        "3. Leave",
    ]


def test_levels_count_by_themselves_and_a_paragraph_between_ends_a_list() -> None:
    text = "One\rdeep\rdeeper\rTwo\rplain\rAgain"
    lines = text.split("\r")
    levels = [0, 1, 1, 0, 0, 0]
    groups = [0, 1, 1, 2, 3, 4]
    paragraphs = [(len(line) + 1, level, True) for line, level in zip(lines, levels, strict=True)]
    letters = [(len(line) + 1, group) for line, group in zip(lines, groups, strict=True)]
    figures = (FIGURE, 1)
    record = numbers(figures, (LETTER, 2), figures, None, (ROMAN, 4))
    assert read(text, styles(paragraphs, letters), record).split("\n") == [
        "1. One", "b. deep", "c. deeper", "2. Two", "plain", "iv. Again",
    ]  # fmt: skip


def test_a_paragraph_that_shows_no_sign_has_no_number() -> None:
    said = styles([(4, 0, True), (6, 0, False)], [(10, 0)])
    assert read("One\rplain", said, numbers((FIGURE, 1))) == "1. One\nplain"


def test_letters_beyond_the_first_plane_move_no_number() -> None:
    text = "😀 One\rTwo"
    said = styles([(11, 0, True)], [(11, 0)])
    assert read(text, said, numbers((FIGURE, 1))) == "1. 😀 One\n2. Two"


def test_records_that_are_cut_number_nothing() -> None:
    said, record = styles([(8, 0, True)], [(8, 0)]), numbers((FIGURE, 1))
    assert read("One\rTwo", said, record[:7]) == "One\nTwo"
    assert read("One\rTwo", said[:9], record) == "One\nTwo"


def test_any_number_of_paragraphs_takes_little_time() -> None:
    count = 20_000
    text = "a\r" * count
    said = styles(
        [(2, 0, True)] * count + [(1, 0, True)], [(2, number % 16) for number in range(count)] + [(1, 0)]
    )
    started = time.process_time()
    read(text, said, numbers((FIGURE, 1)) * 3)
    assert time.process_time() - started < 3
