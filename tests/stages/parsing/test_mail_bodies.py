"""Nothing of a message is lost by how its program packed it."""

from __future__ import annotations

import base64
import struct
import time

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.mail.flowed import unflowed
from holdfast.stages.parsing.readers.mail.tnef import unpacked
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits

HEAD = "Subject: Pump\nFrom: ana@example.com\nTo: bo@example.com\nMIME-Version: 1.0\n"


def parsed(rest: str | bytes) -> ParsedDocument:
    data = HEAD.encode() + (rest if isinstance(rest, bytes) else rest.encode())
    return judge(collect(read_here(Kind.EML, data, ReadingLimits())), ended=None)


def body(rest: str | bytes) -> str:
    document = parsed(rest)
    spans = [s for s in document.sections if s.locator.part != "headers"]
    return "".join(document.text[s.start : s.end] for s in spans).strip()


def several(kind: str, *parts: tuple[str, str], mark: str = "B") -> str:
    inner = "".join(f"--{mark}\nContent-Type: {head}\n\n{text}\n" for head, text in parts)
    return f"Content-Type: multipart/{kind}; boundary={mark}\n\n{inner}--{mark}--\n"


LONG_PAGE = "<p>" + "Tighten the bolt of the pump to 18 Nm. " * 5 + "</p>"
LONG = " ".join(["Tighten the bolt of the pump to 18 Nm."] * 5)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            several("mixed", ("text/html", "<p>18 Nm</p>"), ("text/plain", "List footer")),
            "18 Nm\n\nList footer",
        ),
        (several("mixed", ("text/plain", "one"), ("text/plain", "two")), "one\n\ntwo"),
        (several("alternative", ("text/plain", "18 Nm"), ("text/html", "<p>18 Nm</p>")), "18 Nm"),
        (several("alternative", ("text/plain", "See the page."), ("text/html", LONG_PAGE)), LONG),
        (several("alternative", ("text/plain", " "), ("text/html", "<p>18 Nm</p>")), "18 Nm"),
        (
            several("alternative", ("text/plain", LONG), ("text/html", f"<style>{'a' * 9999}</style>{LONG_PAGE}")),
            LONG,
        ),
        (
            several(
                "mixed",
                ("multipart/alternative; boundary=C", "--C\n\nshort\n--C\nContent-Type: text/html\n\nshort\n--C--"),
                ("text/html", "<p>18 Nm</p>"),
            ),
            "short\n\n18 Nm",
        ),
        ("Content-Type: multipart/mixed; boundary=B\n\nno part begins\nas it says\n", "no part begins\nas it says"),
    ],
)  # fmt: skip
def test_all_that_is_shown_is_read_once(message: str, text: str) -> None:
    assert body(message) == text


def test_lines_that_a_program_broke_are_whole() -> None:
    text = "Tighten the \nbolt.\n> quoted \n> text\n>> older\n-- \nAna \nBo\n"
    assert unflowed(text, joins_words=False) == "Tighten the bolt.\n> quoted text\n>> older\n-- \nAna Bo\n"
    assert unflowed("18 \nNm", joins_words=True) == "18Nm"
    assert body("Content-Type: text/plain; format=flowed\n\n18 \nNm\n") == "18 Nm"


def test_a_wrong_charset_is_not_taken_for_another_script() -> None:
    message = b"Content-Type: text/plain; charset=utf-8\n\nGr\xf6\xdfe\n"
    assert body(message) == "Größe"
    russian = "Затяните болт насоса. Момент затяжки указан в таблице.\n".encode("cp1251")
    assert "болт" in body(b"Content-Type: text/plain; charset=utf-8\n\n" + russian)


def test_sentences_that_begin_as_messages_of_a_mailbox_do_are_none() -> None:
    mark = "From ana@example.com Mon Jan  1 10:00:00 2024\n"
    first = f"{mark}{HEAD}\nBody\n\nFrom here on we count the days.\n"
    for between in ("\n", ""):
        data = f"{first}{between}{mark}{HEAD}\nOther\n".encode()
        assert detect("mail", data) is Kind.MBOX
        found = judge(collect(read_here(Kind.MBOX, data, ReadingLimits())), ended=None)
        assert [one.name for one in found.attachments] == ["message 1.eml", "message 2.eml"]
        assert b"count the days" in found.attachments[0].data


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("<BII", 1, kind, len(value)) + value + b"\0\0"


def held(number: int, kind: int, value: bytes) -> bytes:
    filled = value + bytes(-len(value) % 4)
    return struct.pack("<HHII", kind, number, 1, len(value)) + filled


def packed(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


def file(name: str, data: bytes, *, long_name: str = "") -> bytes:
    more = (
        struct.pack("<I", 2)
        + struct.pack("<HHI", 3, 0x3705, 1)
        + held(0x3707, 0x1F, long_name.encode("utf-16-le"))
    )
    return b"".join(
        [
            attribute(0x00069002, bytes(14)),
            attribute(0x00018010, name.encode() + b"\0"),
            attribute(0x0006800F, data),
            attribute(0x00069005, more) if long_name else b"",
        ]
    )  # fmt: skip


def winmail(data: bytes, text: str = "") -> str:
    parts = [("text/plain", text)] if text else []
    coded = base64.encodebytes(data).decode()
    head = "application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64"
    return several("mixed", *parts, (head, coded))


def test_files_and_text_that_outlook_packed_are_read() -> None:
    data = packed(
        attribute(0x00069007, struct.pack("<II", 1252, 0)),
        attribute(0x0002800C, "Gr\xf6\xdfe 18 Nm\0".encode("cp1252")),
        file("MANUAL~1.PDF", b"%PDF-1", long_name="Manual of the pump.pdf"),
        file("b.txt", b"Bolt"),
    )
    alone, beside = parsed(winmail(data)), parsed(winmail(data, "Hello"))
    assert "Größe 18 Nm" in alone.text
    assert "Größe" not in beside.text
    for document in (alone, beside):
        names = [(one.name, one.data) for one in document.attachments]
        assert names == [("Manual of the pump.pdf", b"%PDF-1"), ("b.txt", b"Bolt")]


def test_a_message_that_outlook_packed_into_another_is_mail() -> None:
    inner = packed(
        attribute(0x00018004, b"Torque\0"), attribute(0x0002800C, b"18 Nm\0"), file("b.txt", b"Bolt")
    )
    value = struct.pack("<I", 1) + held(0x3701, 0x0D, bytes(16) + inner)
    data = packed(attribute(0x00069002, bytes(14)), attribute(0x00069005, value))
    document = parsed(winmail(data, "Hello"))
    assert [one.name for one in document.attachments] == ["Torque.eml"]
    assert b"18 Nm" in document.attachments[0].data
    assert "Hello" in document.text


def test_files_beyond_the_most_of_a_message_inside_are_told() -> None:
    many = packed(attribute(0x00018004, b"Many\0"), *(file(f"{n}.txt", b"Bolt") for n in range(103)))
    value = struct.pack("<I", 1) + held(0x3701, 0x0D, bytes(16) + many)
    document = parsed(
        winmail(packed(attribute(0x00069002, bytes(14)), attribute(0x00069005, value)), "Hello")
    )
    (inner,) = document.attachments
    assert b"[not read: 3 further files in this message]" in inner.data
    assert inner.data.count(b"octet-stream") == 100


def test_what_outlook_packed_and_cannot_be_read_stays_an_attachment() -> None:
    data = packed()
    assert [one.name for one in parsed(winmail(data, "Hello")).attachments] == ["winmail.dat"]
    whole = packed(file("b.txt", b"Bolt" * 9, long_name="Bolt.txt"))
    for end in range(len(whole)):
        unpacked(whole[:end])


def test_any_number_of_parts_takes_little_time() -> None:
    started = time.process_time()
    message = several("alternative", *[("text/plain", "a"), ("text/html", "b")] * 2000)
    parsed(message)
    parsed("Content-Type: text/plain; format=flowed\n\n" + "a \n" * 30_000)
    data = packed(*[attribute(0x00069002, bytes(14))] * 30_000)
    parsed(winmail(data))
    assert time.process_time() - started < 8
