"""Text recognition: scans and pictures are read where tesseract is, and say so where it is not."""

from __future__ import annotations

import shutil
import struct
import sys

import pypdfium2
import pytest

from holdfast.domain.documents import ParseStatus, RawDocument
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.parser import FileParser, parser_version
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.settings import ParsingSettings
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import PdfLine, PdfPage, pdf_file

SCAN = PdfPage(picture=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
FAKE = """#!{python}
import sys, time
if sys.argv[1:] == ["--list-langs"]:
    print("List of available languages:\\n" + {languages!r})
    sys.exit(0)
sys.stdin.buffer.read()
arguments = sys.argv[1:]
languages = arguments[arguments.index("-l") + 1]
number = next((int(a.split("=")[1]) for a in arguments if a.startswith("tessedit_page_number=")), 0)
{body}
"""


def row(*values):
    return "\t".join(map(str, values))


def page(*words, confidence=93, size=(1654, 2339)):
    """Return what tesseract writes of a page; a word is its text, line, left and top."""
    rows = [row(1, 1, 0, 0, 0, 0, 0, 0, *size, -1, "")]
    for number, (text, line, left, top) in enumerate(words, 1):
        rows.append(row(5, 1, 1, 1, line, number, left, top, 20 * len(text), 30, confidence, text))
    return "\n".join([HEADER, *rows])


TWO_LINES = page(("Gland", 1, 100, 100), ("bolts", 1, 220, 100), ("18", 2, 100, 145), ("Nm", 2, 160, 145))


@pytest.fixture
def tesseract(tmp_path, monkeypatch):
    """Return a function that puts a program with tesseract's interface on PATH, which does `body`."""

    def put(body, languages="eng\nosd\n"):
        program = tmp_path / "tesseract"
        program.write_text(FAKE.format(python=sys.executable, body=body, languages=languages))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    monkeypatch.setenv("PATH", str(tmp_path))
    return put


def parsed(data, kind=Kind.PDF, **limits):
    return judge(collect(read_here(kind, data, ReadingLimits(**limits))), ended=None)


def test_without_tesseract_a_scan_names_the_next_move(tesseract):
    document = parsed(pdf_file([SCAN]))
    assert document.status is ParseStatus.NEEDS_OCR
    assert "Install tesseract and sync again" in document.reason
    picture = parsed(PNG, Kind.IMAGE)
    assert (picture.status, "Install tesseract" in picture.reason) == (ParseStatus.NEEDS_OCR, True)


def test_a_scan_is_recognised_and_marked(tesseract):
    tesseract(f"print({TWO_LINES!r})")
    document = parsed(pdf_file(["words " * 20, SCAN]))
    assert (document.status, document.reason) == (ParseStatus.OK, "")
    assert document.text.endswith("Gland bolts\n18 Nm")
    assert document.sections[-1].locator == Locator(page=2)
    assert document.properties["ocr"] == "page 2 by tesseract (eng), mean confidence 93 of 100"


def test_little_confidence_makes_the_text_suspect(tesseract):
    tesseract(f"print({page(('Glnad', 1, 100, 100), ('b0lts', 1, 220, 100), confidence=41)!r})")
    document = parsed(pdf_file([SCAN]))
    assert document.status is ParseStatus.SUSPECT
    assert document.reason.startswith("text recognition was unsure on page 1 (mean confidence 41 of 100)")
    assert document.text == "Glnad b0lts"


def test_recognition_can_be_off(tesseract):
    tesseract("sys.exit('must not be called')")
    document = parsed(pdf_file([SCAN]), ocr=False)
    assert document.status is ParseStatus.NEEDS_OCR
    assert "parsing.ocr" in document.reason


def test_pages_above_the_limit_are_named(tesseract):
    tesseract(f"print({TWO_LINES!r})")
    document = parsed(pdf_file([SCAN] * 4), ocr_max_pages=3)
    assert document.status is ParseStatus.SUSPECT
    assert document.reason.startswith("page 4: pictures without text, the rest was read.")
    assert "parsing.ocr_max_pages" in document.reason


def test_a_page_that_takes_too_long_is_given_up(tesseract):
    tesseract("time.sleep(60)")
    document = parsed(pdf_file([SCAN]), ocr_page_s=0.3)
    assert document.status is ParseStatus.NEEDS_OCR
    assert "parsing.ocr_page_s" in document.reason


@pytest.mark.parametrize(
    ("said", "move"),
    [
        ("Failed loading language 'xyz'", "Install it, or name others"),
        ("std::bad_alloc", "fewer pixels"),
        ("Error during processing.", "save it again"),
    ],
)
def test_what_tesseract_complains_of_is_said_with_the_next_move(tesseract, said, move):
    tesseract(f"sys.exit({said!r})")
    assert move in parsed(pdf_file([SCAN])).reason
    picture = parsed(PNG, Kind.IMAGE)
    assert (picture.status, move in picture.reason) == (ParseStatus.MALFORMED, True)


def test_languages_are_those_named_or_those_installed(tesseract):
    tesseract(f"print({page(('LANG', 1, 100, 100))!r}.replace('LANG', languages))", "deu\neng\nosd\n")
    assert parsed(pdf_file([SCAN])).text == "deu+eng"
    assert parsed(pdf_file([SCAN]), ocr_languages="fra").text == "fra"


def test_with_many_languages_installed_english_is_read(tesseract):
    tesseract(
        f"print({page(('LANG', 1, 100, 100))!r}.replace('LANG', languages))", "\n".join("abcdef") + "\neng\n"
    )
    assert parsed(pdf_file([SCAN])).text == "eng"


def test_pages_with_text_are_not_recognised(tesseract):
    tesseract("sys.exit('must not be called')")
    covered = "q 595 0 0 842 0 0 cm /I1 Do Q"
    body = [
        PdfLine(text="A slide over a picture has words of its own, as many as this one", y=y)
        for y in range(400, 500, 12)
    ]
    assert parsed(pdf_file([PdfPage(lines=body, content=covered)])).status is ParseStatus.OK


def test_a_stamp_on_a_scan_does_not_pass_for_its_text(tesseract):
    words = [
        ("The", 1, 100, 100),
        ("whole", 1, 200, 100),
        ("letter", 1, 350, 100),
        ("stamped", 2, 100, 145),
        ("copy", 2, 300, 145),
    ]
    tesseract(f"print({page(*words)!r})")
    stamped = PdfPage(content="q 595 0 0 842 0 0 cm /I1 Do Q", lines=[PdfLine(text="Received 2 March 2024")])
    assert parsed(pdf_file([stamped])).text == "The whole letter\nstamped copy"


def test_a_picture_that_lies_on_its_side_is_read_along_its_lines(tesseract):
    rows = [row(1, 1, 0, 0, 0, 0, 0, 0, 2339, 1654, -1, "")]
    for line, words in enumerate((("one", "two", "three"), ("four", "five", "six")), 1):
        for number, text in enumerate(words):
            rows.append(
                row(5, 1, 1, 1, line, number, 2000 - 40 * line, 100 + 150 * number, 30, 100, 90, text)
            )
    tesseract(f"print({chr(10).join([HEADER, *rows])!r})")
    assert parsed(pdf_file([SCAN])).text == "one two three\nfour five six"


def test_figures_of_a_scan_are_rows(tesseract):
    words = [
        (text, line, 100 + 400 * column, 100 + 50 * line)
        for line, texts in enumerate(
            [("Part", "Mass", "Price"), *[(f"P{n}", f"{n}.5", f"{n}0") for n in range(4)]]
        )
        for column, text in enumerate(texts)
    ]
    tesseract(f"print({page(*words)!r})")
    assert parsed(pdf_file([SCAN])).text.startswith("Part | Mass | Price\nP0 | 0.5 | 00\n")


def test_a_picture_without_text_is_empty(tesseract):
    tesseract(f"print({page()!r})")
    document = parsed(PNG, Kind.IMAGE)
    assert (document.status, document.media_type) == (ParseStatus.EMPTY, "image/png")
    assert parsed(pdf_file([SCAN])).status is ParseStatus.EMPTY


def test_every_page_of_a_tiff_is_read(tesseract):
    tesseract(
        f"print({page(('PAGE', 1, 100, 100))!r}.replace('PAGE', f'page{{number}}') if number < 3 else {HEADER!r})"
    )
    document = parsed(b"II*\0" + bytes(20), Kind.IMAGE)
    assert document.text == "page0\n\npage1\n\npage2"
    assert [section.locator.page for section in document.sections] == [1, 2, 3]


def test_workers_find_tesseract_and_its_coming_changes_the_version(tesseract):
    before = parser_version(ParsingSettings())
    tesseract(f"print({TWO_LINES!r})")
    with FileParser(ParsingSettings(workers=1)) as parser:
        document = parser.parse(RawDocument(source="s", path="a.pdf", data=pdf_file([SCAN]), digest=""))
        assert document.text == "Gland bolts\n18 Nm"
        assert parser.version != before
    assert "tesseract-off" in parser_version(ParsingSettings(ocr="off"))


@pytest.mark.parametrize(
    "data", [PNG, b"\xff\xd8\xff\xe0", b"GIF89a", b"MM\0*", b"RIFF\0\0\0\0WEBPVP8 ", b"BM\x8a\0\0\0\0\0"]
)
def test_pictures_are_told_by_their_first_bytes(data):
    assert detect("a.txt", data) is Kind.IMAGE


# --- the program itself


def tiff(pages):
    """Return a TIFF of grey pages, uncompressed."""
    made, pointer = bytearray(b"II*\0\0\0\0\0"), 4
    for drawn in pages:
        height, width = drawn.shape[:2]
        start = len(made)
        made += drawn.tobytes() + bytes(width * height % 2)
        made[pointer : pointer + 4] = struct.pack("<I", len(made))
        tags = {
            256: width,
            257: height,
            258: 8,
            259: 1,
            262: 1,
            273: start,
            277: 1,
            278: height,
            279: width * height,
        }
        made += struct.pack("<H", len(tags))
        made += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        pointer = len(made)
        made += bytes(4)
    return bytes(made)


def drawn(text, rotation=0):
    lines = [PdfLine(text=line, y=780 - 22 * number, size=14) for number, line in enumerate(text)]
    page = pypdfium2.PdfDocument(pdf_file([PdfPage(lines=lines)]))[0]
    picture = page.render(scale=200 / 72, grayscale=True, rotation=rotation).to_numpy()
    return picture[:, :, 0] if picture.ndim > 2 else picture


LETTER = [
    "The gland bolts are tightened crosswise in three steps.",
    "Close the valve in the suction line before you begin,",
    "and wait until the pressure gauge shows nothing at all.",
    "Order the packing under number 4711 from the workshop.",
]


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed: no picture was really read"
)
def test_tesseract_reads_pages_whatever_side_they_lie_on():
    document = parsed(tiff([drawn(LETTER), drawn(LETTER, rotation=90)]), Kind.IMAGE)
    assert document.status is ParseStatus.OK
    assert document.text.count("tightened crosswise in three steps.") == 2
    assert document.text.index("gland bolts") < document.text.index("number 4711")
