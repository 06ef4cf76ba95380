"""Boxes, choices and signs of the fields of an old Word file are read as a reader sees them."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.word import doc
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.old_office_files import DocParagraph, doc_file


def text_of(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0"


def form(kind: int, result: int, default: int = 0, entries: Sequence[str] = ()) -> bytes:
    held = struct.pack("<IHHH", 0xFFFFFFFF, kind | result << 2, 0, 20) + text_of("Name")
    held += struct.pack("<H", default) + text_of("") * 5
    listed = b"".join(struct.pack("<H", len(one)) + one.encode("utf-16-le") for one in entries)
    held += struct.pack("<HHH", 0xFFFF, len(entries), 0) + listed
    return struct.pack("<IH", 68 + len(held), 68) + bytes(62) + held


def read(text: str, data: bytes = b"") -> str:
    place = struct.pack("<HI", 0x6A03, 16)
    paragraphs = [DocParagraph(text=text, letters=place if data else b"")]
    file = doc_file(paragraphs, data=bytes(16) + data if data else b"")
    return judge(collect(doc.read(file, ReadingLimits())), ended=None).text.strip()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (form(1, 1), "Is \u2612 dry"),
        (form(1, 0, default=1), "Is \u2610 dry"),
        (form(1, 25, default=1), "Is \u2612 dry"),
        (form(2, 1, entries=["Fire", "Water"]), "Is Water dry"),
        (form(2, 25, entries=["Fire", "Water"]), "Is Fire dry"),
        (form(2, 9, entries=["Fire"]), "Is  dry"),
        (form(1, 1)[:70], "Is  dry"),
    ],
)
def test_boxes_and_choices_of_forms_are_read(data: bytes, text: str) -> None:
    assert read("Is \x13 FORM \x01\x14\x15 dry", data) == text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ('\x13 SYMBOL 177 \\f "Symbol" \x155', "±5"),
        ("\x13 EQ \\f(F,A) \x15", "F/A"),
        ("\x13 EQ \\f(F,A) \x14as it was\x15", "as it was"),
        ('\x13 HYPERLINK "\x13 SYMBOL 65 \x15" \x14here\x15', "here"),
        ("\x13 IF \x14\x13 SYMBOL 65 \x15\x15", "A"),
        ("\x15\x14", ""),
    ],
)
def test_what_fields_without_a_result_draw_is_read(field: str, text: str) -> None:
    assert read(f"Is {field}") == f"Is {text}".strip()


def test_any_number_of_fields_takes_little_time() -> None:
    started = time.process_time()
    read("\x13 SYMBOL 65 \x15" * 20_000)
    read("\x13 EQ" * 50_000)
    assert time.process_time() - started < 4
