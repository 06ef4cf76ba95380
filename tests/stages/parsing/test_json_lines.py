"""JSON lines, such as an export of tickets: one record after another, each as lines of key and value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.texts.json_lines import read
from holdfast.stages.parsing.units import Block, ReadingLimits, Unit


def blocks(data: bytes) -> list[Block]:
    units = [one for one in read(data, ReadingLimits()) if isinstance(one, Unit)]
    return [block for unit in units for block in unit.blocks]


def test_each_record_is_a_block_of_its_own_with_its_place() -> None:
    data = b'{"id": 1, "text": "Is flood\\ncovered?"}\n\n{"id": "b", "text": "It is not.", "label": null}\n'
    assert [(one.text, one.locator) for one in blocks(data)] == [
        ("id: 1\ntext: Is flood\ncovered?", Locator(row=1)),
        ("id: b\ntext: It is not.", Locator(row=2)),
    ]


def test_numbers_keep_their_digits_and_what_is_nested_stays_as_json() -> None:
    data = '{"eur": 12400.50, "big": 123456789012345678901234567890, "of": {"Öl": [1.10, true]}}'.encode()
    assert blocks(data)[0].text == (
        'eur: 12400.50\nbig: 123456789012345678901234567890\nof: {"Öl": [1.10, true]}'
    )


@pytest.mark.parametrize(
    "line", ["no JSON at all", '{"a": 1', "[1, 2]", '"text"', "7", "[" * 100_000, '{"a":' * 100_000]
)
def test_a_line_that_is_no_record_stands_as_it_is_written(line: str) -> None:
    made = blocks(f'{{"a": "b"}}\n{line}\n'.encode())
    assert [one.text for one in made] == ["a: b", line]


def test_more_records_than_go_at_once_are_numbered_on() -> None:
    data = b"".join(b'{"n": %d}\n' % number for number in range(2_500))
    made = blocks(data)
    assert len(made) == 2_500
    assert (made[-1].text, made[-1].locator) == ("n: 2499", Locator(row=2_500))


@pytest.mark.parametrize("name", ["tickets.jsonl", "T.NDJSON"])
def test_it_is_told_by_its_name(name: str) -> None:
    assert detect(name, b'{"a": 1}\n') is Kind.JSON_LINES
    assert detect("a.json", b'{"a": 1}\n') is Kind.TEXT


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    blocks(data)
