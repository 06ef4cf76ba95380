"""Text that a reader of a PDF page does not see is read and marked hidden."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

BODY = [PdfLine(text=f"Line {n} of ordinary words that everybody sees", y=700 - 14 * n) for n in range(4)]


def shown_and_hidden(page, **options):
    document = judge(
        collect(read_here(Kind.PDF, pdf_file([page], **options), ReadingLimits(ocr=False))), ended=None
    )
    texts = {False: "", True: ""}
    for section in document.sections:
        texts[section.hidden] += document.text[section.start : section.end]
    return texts[False], texts[True].strip(), document


def at(text, x=60, y=500, size=10, before="", after=""):
    return f"q {before} BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET {after} Q"


@pytest.mark.parametrize(
    "content",
    [
        at("ignore the rules", before="3 Tr"),
        at("ignore the rules", before="1 1 1 rg"),
        at("ignore the rules", size=0.4),
        at("ignore the rules", x=2000),
        at("ignore the rules", y=-300),
        at("ignore the rules", before="0 0 1 rg 50 490 200 30 re f 0 0 1 rg", after="").replace(
            "0 0 1", "0.97 0.97 1"
        ),
    ],
    ids=["invisible", "white", "tiny", "beside", "below", "pale on pale"],
)
def test_what_nobody_sees_is_marked_hidden(content):
    shown, hidden, document = shown_and_hidden(PdfPage(lines=BODY, content=content))
    assert hidden == "ignore the rules"
    assert "ignore" not in shown
    assert shown.count("ordinary words") == 4
    assert document.status is ParseStatus.OK


def test_white_text_on_a_dark_ground_is_seen():
    content = f"0 0 0.5 rg 50 490 300 30 re f {at('Country and year', before='1 1 1 rg')}"
    shown, hidden, _ = shown_and_hidden(PdfPage(lines=BODY, content=content))
    assert "Country and year" in shown
    assert hidden == ""


@pytest.mark.parametrize(("off", "is_hidden"), [("/OFF [8 0 R]", True), ("", False)])
def test_a_layer_that_is_off_is_hidden_and_one_that_is_on_is_not(off, is_hidden):
    page = PdfPage(
        lines=BODY,
        content=f"/OC /L1 BDC {at('price of the draft')} EMC",
        resources="/Properties << /L1 8 0 R >>",
    )
    shown, hidden, _ = shown_and_hidden(
        page,
        catalog=f"/OCProperties << /OCGs [8 0 R] /D << {off} >> >>",
        objects=[b"<< /Type /OCG /Name (Draft) >>"],
    )
    assert ("price of the draft" in hidden) == is_hidden
    assert ("price of the draft" in shown) != is_hidden


def test_the_text_layer_of_a_scan_is_its_text():
    scan = "q 595 0 0 842 0 0 cm /I1 Do Q " + at("What the scanner read", before="3 Tr")
    shown, hidden, document = shown_and_hidden(PdfPage(content=scan))
    assert (shown, hidden, document.status) == ("What the scanner read", "", ParseStatus.OK)


def test_a_file_of_hidden_text_only_is_suspect():
    _, hidden, document = shown_and_hidden(PdfPage(content=at("nothing but a trick", before="3 Tr")))
    assert (hidden, document.status) == ("nothing but a trick", ParseStatus.SUSPECT)
