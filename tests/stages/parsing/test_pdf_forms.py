"""What people filled into a form, or wrote over a page, is read beside what the form asks."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.pdf.document import read
from holdfast.stages.parsing.units import ReadingLimits

FONT, DINGBATS = 4, 5
LOOK = "/DA(/F1 12 Tf 0 g)"


def pdf(*pages: tuple[str, list[str]], xfa: bool = False) -> bytes:
    """Return a PDF of pages, each of its content and of the notes on it."""
    objects: list[str] = ["", "", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    objects.append("<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>")
    objects.append(form("BT /Z 12 Tf 2 3 Td (4) Tj ET", f"/Z {DINGBATS} 0 R"))
    kids, fields = [], []
    for content, notes in pages:
        objects.append(f"<<{''}/Length {len(content)}>>stream\n{content}\nendstream")
        stream = len(objects)
        numbers = [len(objects) + 1 + place for place in range(len(notes))]
        objects += notes
        fields += [number for number, note in zip(numbers, notes, strict=True) if "/Widget" in note]
        annotations = " ".join(f"{number} 0 R" for number in numbers)
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {stream} 0 R/Annots[{annotations}]"
            f"/Resources<</Font<</F1 {FONT} 0 R>>>>>>"
        )
        kids.append(len(objects))
    listed = " ".join(f"{number} 0 R" for number in fields)
    more = "/XFA(x)" if xfa else ""
    acro = (
        f"/AcroForm<</Fields[{listed}]/DR<</Font<</F1 {FONT} 0 R>>>>{LOOK}{more}>>" if fields or xfa else ""
    )
    rendering = "/NeedsRendering true" if xfa else ""
    objects[0] = f"<</Type/Catalog/Pages 2 0 R{rendering}{acro}>>"
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>"
    objects[2] = "<<>>"
    made, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>"
    return made + f"{head}\nstartxref\n{len(made)}\n%%EOF".encode()


CHECKED = 6
"""The number of the drawing of a mark."""


def form(content: str, fonts: str) -> str:
    size = f"/Type/XObject/Subtype/Form/BBox[0 0 15 15]/Resources<</Font<<{fonts}>>>>/Length {len(content)}"
    return f"<<{size}>>stream\n{content}\nendstream"


def text(*placed: tuple[int, int, str]) -> str:
    return "".join(f"BT /F1 12 Tf {x} {y} Td ({said}) Tj ET\n" for x, y, said in placed)


def field(x: int, y: int, value: str, *, flags: int = 4) -> str:
    box = f"/Rect[{x} {y - 5} {x + 150} {y + 15}]"
    return f"<</Type/Annot/Subtype/Widget/FT/Tx/T(f{x}.{y})/V({value}){box}/F {flags}{LOOK}>>"


def tick(x: int, y: int) -> str:
    state = f"/V/Yes/AS/Yes/AP<</N<</Yes {CHECKED} 0 R>>>>"
    return f"<</Type/Annot/Subtype/Widget/FT/Btn/T(t{x}.{y}){state}/Rect[{x} {y - 3} {x + 15} {y + 12}]/F 4>>"


def lines(data: bytes) -> list[str]:
    document = judge(collect(read(data, ReadingLimits())), ended=None)
    return [line for line in document.text.splitlines() if line.strip()]


def test_a_value_stands_behind_its_label_whether_left_or_above() -> None:
    labels = text((50, 700, "Policy number"), (50, 660, "Date of loss"), (50, 600, "What happened"))
    notes = [field(200, 660, "3 May 2026"), field(50, 575, "The pump leaked"), field(200, 700, "HX-4711")]
    assert lines(pdf((labels, notes))) == [
        "Policy number HX-4711",
        "Date of loss 3 May 2026",
        "What happened The pump leaked",
    ]


def test_a_mark_belongs_to_the_nearest_words_on_either_side() -> None:
    labels = text((80, 700, "Somebody was hurt"), (50, 660, "Police was called"))
    assert lines(pdf((labels, [tick(60, 700), tick(200, 660)]))) == [
        "Somebody was hurt ✔",
        "Police was called ✔",
    ]


def test_a_field_without_a_label_keeps_its_place_among_the_lines() -> None:
    page = text((50, 700, "Above it all"), (50, 500, "Below it all"))
    assert lines(pdf((page, [field(300, 600, "alone")]))) == ["Above it all", "alone", "Below it all"]


def test_fields_of_every_page_are_read_and_hidden_ones_as_hidden() -> None:
    first = (text((50, 700, "Name")), [field(200, 700, "Ana"), field(200, 600, "unseen", flags=2)])
    second = (text((50, 650, "Town")), [field(200, 650, "Basel")])
    document = judge(collect(read(pdf(first, second), ReadingLimits())), ended=None)
    assert [(document.text[s.start : s.end].strip(), s.hidden) for s in document.sections] == [
        ("Name Ana", False),
        ("f200.600: unseen", True),
        ("Town Basel", False),
    ]


def test_what_is_written_over_a_page_is_read_and_a_comment_beside_it_is_hidden() -> None:
    drawn = f"/AP<</N {CHECKED} 0 R>>"
    notes = [
        f"<</Type/Annot/Subtype/Stamp/Rect[300 700 315 715]/F 4{drawn}>>",
        "<</Type/Annot/Subtype/Text/Contents(a sticky note)/Rect[400 500 420 520]/F 4>>",
    ]
    data = pdf((text((50, 700, "Invoice")), notes))
    document = judge(collect(read(data, ReadingLimits())), ended=None)
    assert [(document.text[s.start : s.end].split(), s.hidden) for s in document.sections] == [
        (["Invoice", "✔"], False),
        (["note:", "a", "sticky", "note"], True),
    ]


@pytest.mark.parametrize("count", [0, 1])
def test_a_page_without_notes_or_with_links_only_is_read_as_ever(count: int) -> None:
    link = "<</Type/Annot/Subtype/Link/Rect[50 700 100 715]>>"
    assert lines(pdf((text((50, 700, "Plain words")), [link] * count))) == ["Plain words"]


def test_a_form_that_other_programs_cannot_show_is_told() -> None:
    data = pdf((text((50, 700, "Please wait")), []), xfa=True)
    document = judge(collect(read(data, ReadingLimits())), ended=None)
    assert document.status is ParseStatus.PARTIAL
    assert "XFA" in document.reason
