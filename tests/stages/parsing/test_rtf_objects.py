"""Files embedded in RTF are documents of their own, within the bounds of embedded files."""

from __future__ import annotations

import struct

import pytest

from holdfast.domain.documents import ParsedDocument, ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.word import rtf
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file
from holdfast.testing.old_office_files import ole_file

INNER = docx_file([("", "The inner words.")])


def parsed(body: bytes, **limits: int) -> ParsedDocument:
    data = b"{\\rtf1\\ansi Outer words. " + body + b"\\par}"
    return judge(collect(rtf.read(data, ReadingLimits(**limits))), ended=None)


def embedded(program: bytes, own: bytes, *, kind: int = 2) -> bytes:
    name = struct.pack("<I", len(program) + 1) + program + b"\0"
    return struct.pack("<II", 0x501, kind) + name + struct.pack("<III", 0, 0, len(own)) + own


def in_object(data: bytes, *, as_bytes: bool = False) -> bytes:
    held = b"\\bin%d %s" % (len(data), data) if as_bytes else data.hex("\n", 30).encode()
    return b"{\\object\\objemb{\\*\\objclass X}{\\*\\objdata " + held + b"}{\\result {Icon}}}"


def package(name: bytes, data: bytes) -> bytes:
    place = b"C:\\tmp\\" + name + b"\0"
    head = (
        struct.pack("<H", 2) + name + b"\0C:\\docs\\" + name + b"\0" + struct.pack("<HHI", 0, 3, len(place))
    )
    return head + place + struct.pack("<I", len(data)) + data


def files(document: ParsedDocument) -> list[tuple[str, bytes]]:
    return [(one.name, one.data) for one in document.attachments]


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_file_that_was_packed_keeps_its_name(*, as_bytes: bool) -> None:
    held = in_object(embedded(b"Package", package(b"offer.txt", b"inner words")), as_bytes=as_bytes)
    found = parsed(held)
    assert files(found) == [("offer.txt", b"inner words")]
    assert (found.status, found.text) == (ParseStatus.OK, "Outer words. Icon")


def test_office_files_and_others_are_taken_as_they_are() -> None:
    objects = (
        embedded(b"Word.Document.12", ole_file({"Package": INNER})),
        embedded(b"AcroExch.Document", b"%PDF-1.7 and more"),
        embedded(b"Equation.3", ole_file({"Equation Native": b"x"})),
        embedded(b"PBrush", b"BM and more"),
        embedded(b"Word.Document.12", b"", kind=1),
    )
    assert files(parsed(b"".join(map(in_object, objects)))) == [
        ("object 1", INNER),
        ("object 2", b"%PDF-1.7 and more"),
    ]


def test_damaged_objects_and_too_much_are_named() -> None:
    large = in_object(embedded(b"Package", package(b"large.txt", b"x" * 900)))
    small = in_object(embedded(b"Package", package(b"small.txt", b"x")))
    cut = in_object(embedded(b"Package", package(b"cut.txt", b"x"))[:40])
    found = parsed(large + cut + small, max_archive_bytes=500)
    assert files(found) == [("small.txt", b"x")]
    assert found.status is ParseStatus.PARTIAL
    assert "2 of 3" in found.reason
    assert "large.txt, object 2" in found.reason
