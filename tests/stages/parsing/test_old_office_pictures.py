"""What old Office files say about pictures, and what their masters show on slides, is read once."""

from __future__ import annotations

import struct

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.ole.drawn_facts import description_in
from holdfast.stages.parsing.readers.sheets import xls
from holdfast.stages.parsing.readers.slides import ppt
from holdfast.stages.parsing.units import Reading, ReadingLimits
from holdfast.testing.old_office_files import biff, ole_file, xls_file

SAID = "Valve with its lever closed"


def told(reading: Reading) -> list[tuple[str, int | None, str | None, bool]]:
    found = judge(collect(reading), ended=None)
    return [
        (found.text[one.start : one.end].strip(), one.locator.slide, one.locator.part, one.hidden)
        for one in found.sections
    ]


def atom(kind: int, data: bytes, *, instance: int = 0, version: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def box(kind: int, *held: bytes, instance: int = 0) -> bytes:
    return atom(kind, b"".join(held), instance=instance, version=0xF)


def described(text: str) -> bytes:
    """Return the properties of a shape: where its picture comes from, then what was written about it."""
    pairs = (("valve.png", 0xC105), (text, 0xC381))
    values = [(number, (value + "\0").encode("utf-16-le")) for value, number in pairs]
    table = struct.pack("<HI", 0x4104, 1) + b"".join(struct.pack("<HI", n, len(value)) for n, value in values)
    return atom(0xF00B, table + b"".join(value for _, value in values), instance=3, version=3)


def shape(text: str, *more: bytes) -> bytes:
    words = atom(0x0F9F, struct.pack("<I", 4)) + atom(0x0FA0, text.encode("utf-16-le"))
    return box(0xF004, box(0xF00D, words), *more)


def page(kind: int, *shapes: bytes, head: bytes = b"") -> bytes:
    return box(kind, head, box(0x040C, box(0xF002, box(0xF003, *shapes))))


def deck(*slides: bytes, master: bytes) -> bytes:
    stream, places = b"", {}
    for number, part in enumerate((master, *slides), 2):
        places[number] = len(stream)
        stream += part

    def listed(number: int) -> bytes:
        return atom(0x03F3, struct.pack("<IIIII", number, 0, 0, 100 + number, 0))

    places[1] = len(stream)
    slide_list = b"".join(map(listed, list(places)[1:-1]))
    stream += box(0x03E8, box(0x0FF0, listed(2), instance=1), box(0x0FF0, slide_list))
    directory = len(stream)
    stream += atom(
        0x1772,
        struct.pack("<I", 1 | len(places) << 20)
        + b"".join(struct.pack("<I", places[n]) for n in sorted(places)),
    )
    edit = len(stream)
    stream += atom(0x0FF5, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, 0, 0))
    user = atom(0x0FF6, struct.pack("<III", 20, 0xE391C05F, edit) + bytes(8))
    return ole_file({"PowerPoint Document": stream, "Current User": user})


def of_master(*, shows: bool = True) -> bytes:
    return atom(0x03EF, bytes(12) + struct.pack("<IIHH", 102, 0, 1 if shows else 0, 0))


def test_what_a_master_shows_on_slides_is_read_once_and_what_waits_to_be_filled_is_not() -> None:
    waiting = box(0xF011, atom(0x0BC3, struct.pack("<IBBH", 0, 1, 0, 0)))
    master = page(0x03F8, shape("Acme Pumps"), shape("Click to edit", waiting))
    slides = [
        page(0x03EE, shape(text), head=of_master(shows=text != "one")) for text in ("one", "two", "three")
    ]
    assert told(ppt.read(deck(*slides, master=master), ReadingLimits())) == [
        ("one", 1, None, False),
        ("two", 2, None, False),
        ("Acme Pumps", 2, "master", False),
        ("three", 3, None, False),
    ]


def test_what_was_written_about_a_picture_on_an_old_slide_is_read() -> None:
    picture = box(0xF004, described(SAID))
    slide = page(0x03EE, shape("Close it"), picture, shape("after it"))
    assert told(ppt.read(deck(slide, master=page(0x03F8)), ReadingLimits())) == [
        ("Close it", 1, None, False),
        (SAID, 1, "description", False),
        ("after it", 1, None, False),
    ]


def test_what_was_written_about_a_picture_over_an_old_sheet_is_read_at_its_cell() -> None:
    anchor = atom(0xF010, struct.pack("<HHHHHHHHH", 0, 1, 0, 4, 0, 2, 0, 5, 0))
    drawn = box(0xF004, atom(0xF00A, bytes(8)), described(SAID), anchor)
    found = judge(
        collect(xls.read(xls_file([["Pump"]], more=biff(0x00EC, drawn)), ReadingLimits())), ended=None
    )
    last = found.sections[-1]
    assert found.text[last.start : last.end].strip() == SAID
    assert (last.locator.cells, last.locator.part) == ("B5", "description")


def test_properties_that_cannot_be_followed_say_nothing() -> None:
    table = struct.pack("<HI", 0xC381, 8) + "ab\ud800c".encode("utf-16-le", "surrogatepass")
    assert description_in(table, 1) == ""
    assert description_in(table[:4], 9) == ""
    assert description_in(struct.pack("<HI", 0xC381, 6) + "abc".encode("utf-16-le"), 1) == "abc"
