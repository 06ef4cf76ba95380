"""What was written about pictures for those who do not see them is read, once, behind what it stands with."""

from __future__ import annotations

import io
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import detect
from holdfast.stages.parsing.readers.descriptions import described
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, xlsx_file, zip_file
from holdfast.testing.odf_files import ods_file, odt_file

SAID = "A valve with its lever closed"
WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
VML = 'xmlns:v="urn:schemas-microsoft-com:vml"'


def told(data: bytes, name: str = "a") -> list[tuple[str, str | None, bool]]:
    found: ParsedDocument = judge(collect(read_here(detect(name, data), data, ReadingLimits())), ended=None)
    return [(found.text[one.start : one.end].strip(), one.locator.part, one.hidden) for one in found.sections]


def with_part(data: bytes, ending: str, before: str, after: str, more: dict[str, str] | None = None) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts: dict[str, str | bytes] = {name: package.read(name) for name in package.namelist()}
    name = next(name for name in parts if name.endswith(ending))
    held = parts[name]
    assert isinstance(held, bytes)
    assert before.encode() in held
    parts[name] = held.replace(before.encode(), after.encode())
    return zip_file(parts | (more or {}))


def picture(said: str = f'descr="{SAID}"', more: str = "") -> str:
    inner = f"<wp:docPr id='1' name='Picture 1' {said}/><pic><cNvPr {said}/></pic>{more}"
    return f"<w:r><w:drawing {WP}><wp:inline>{inner}</wp:inline></w:drawing></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


WORDS = "<w:r><w:t>Close it</w:t></w:r>"
FALLBACK = f"<mc:Fallback><w:pict><v:shape {VML} alt='{SAID}'/></w:pict></mc:Fallback>"


@pytest.mark.parametrize(
    "runs",
    [
        picture(),
        f"<w:hyperlink>{picture()}</w:hyperlink>",
        f"<w:r><mc:AlternateContent {MC}><mc:Choice>{picture()[5:-6]}</mc:Choice>{FALLBACK}</mc:AlternateContent></w:r>",
        f"<w:r><w:pict><v:shape {VML} alt='{SAID}'/></w:pict></w:r>",
    ],
)
def test_a_description_in_word_stands_behind_its_paragraph(runs: str) -> None:
    data = docx_file([paragraph(WORDS, runs), ("", "after it")])
    assert told(data) == [("Close it", None, False), (SAID, "description", False), ("after it", None, False)]


def test_a_description_of_a_deleted_picture_in_word_is_hidden() -> None:
    data = docx_file([paragraph(WORDS, f"<w:del>{picture()}</w:del>")])
    assert told(data)[1:] == [(SAID, "description", True)]


def test_a_description_in_a_box_or_a_table_of_word_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph(WORDS, picture())}</w:txbxContent>"
    boxed = docx_file([paragraph(picture("", box))])
    assert [text for text, _, _ in told(boxed)] == ["Close it", SAID]
    facts = '<w:tblPr><w:tblCaption w:val="Valves"/><w:tblDescription w:val="By size"/></w:tblPr>'
    rows = "<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    cells = rows.format(paragraph(WORDS, picture()), paragraph("<w:r><w:t>18</w:t></w:r>"))
    table = docx_file([f"<w:tbl>{facts}{cells}</w:tbl>"])
    assert [text for text, _, _ in told(table)] == ["Close it | 18", f"Valves\n\nBy size\n\n{SAID}"]


def test_descriptions_on_slides_are_read_of_pictures_and_groups() -> None:
    shape = '<p:pic><p:nvPicPr><p:cNvPr id="4" name="P" descr="{}"{}/></p:nvPicPr></p:pic>'
    off = ' hidden="1"'
    group = (
        f'<p:grpSp><p:nvGrpSpPr><p:cNvPr id="5" descr="Both valves"/></p:nvGrpSpPr>'
        f"{shape.format('Left valve', '')}</p:grpSp>{shape.format('Switched off', off)}"
    )
    deck = with_part(
        pptx_file([("Valves", ["words"], "")]), "slide1.xml", "</p:spTree>", f"{group}</p:spTree>"
    )
    assert told(deck)[1:] == [
        ("Both valves\n\nLeft valve", "description", False),
        ("Switched off", "description", True),
    ]


def test_descriptions_over_a_sheet_are_read_at_their_cell() -> None:
    space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    anchor = "<x:from><x:col>1</x:col><x:row>2</x:row></x:from>"
    facts = f'<x:pic><x:nvPicPr><x:cNvPr id="2" name="Picture 1" descr="{SAID}"/></x:nvPicPr></x:pic>'
    drawing = f'<x:wsDr xmlns:x="{space}"><x:oneCellAnchor>{anchor}{facts}</x:oneCellAnchor></x:wsDr>'
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="d" Type="{link}" Target="../drawings/d.xml"/></Relationships>'
    )
    parts = {"xl/drawings/d.xml": drawing, "xl/worksheets/_rels/sheet1.xml.rels": relations}
    data = with_part(xlsx_file({"Plan": [["Pump"]]}), "sheet1.xml", "</sheetData>", "</sheetData>", parts)
    found = judge(collect(read_here(detect("a", data), data, ReadingLimits())), ended=None)
    assert found.text[found.sections[1].start :].strip() == SAID
    assert (found.sections[1].locator.cells, found.sections[1].locator.part) == ("B3", "description")


FRAME = f"<draw:frame><draw:image/><svg:title xmlns:svg='s'>Valve</svg:title><svg:desc xmlns:svg='s'>{SAID}</svg:desc></draw:frame>"


def test_descriptions_in_open_documents_are_read() -> None:
    both = (f"Valve: {SAID}", "description", False)
    assert told(odt_file(f"<text:p>Close it{FRAME}</text:p>")) == [("Close it", None, False), both]
    cells = f"<table:table-cell><text:p>A{FRAME}</text:p></table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell>"
    table = f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
    assert told(odt_file(table)) == [("A | B", None, False), both]
    sheet = f'<table:table table:name="Plan"><table:table-row>{cells.replace(FRAME, "", 1)}</table:table-row>'
    sheet = sheet.replace("</text:p></table:table-cell><", f"</text:p>{FRAME}</table:table-cell><", 1)
    assert told(ods_file(f"{sheet}</table:table>"))[1:] == [both]


def test_descriptions_in_rtf_are_read_once_though_pictures_are_kept_twice() -> None:
    facts = rf"{{\sp{{\sn wzDescription}}{{\sv {SAID}}}}}{{\sp{{\sn wzName}}{{\sv Picture 1}}}}"
    kept = rf"{{\*\shppict{{\pict{{\*\picprop{facts}}}\pngblip 89504e47}}}}{{\nonshppict{{\pict{{\*\picprop{facts}}}}}}}"
    sign = r"{\*\listpicture{\pict{\*\picprop{\sp{\sn wzDescription}{\sv a dot}}}}}"
    data = rf"{{\rtf1{sign} Close it{kept}\par after it\par}}".encode()
    assert told(data) == [("Close it", None, False), (SAID, "description", False), ("after it", None, False)]
    rows = rf"{{\rtf1 \trowd\intbl A{kept}\cell B\cell\row\pard {kept}\par}}".encode()
    assert [text for text, _, _ in told(rows)] == ["A | B", f"{SAID}\n\n{SAID}"]
    header = rf"{{\rtf1 {{\header {kept} Valves\par}}words\par}}".encode()
    assert told(header)[1:] == [(SAID, "description", False), ("Valves", "page header", False)]


def test_areas_of_a_picture_on_a_page_say_what_they_are() -> None:
    page = b'<html><body><p>See</p><map><area alt="North plant"><area alt="South plant"></map></body></html>'
    assert " ".join(text for text, _, _ in told(page, "a.html")).split() == [
        "See",
        "North",
        "plant",
        "South",
        "plant",
    ]


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("Valve", SAID, f"Valve: {SAID}"),
        (SAID, SAID, SAID),
        ("", "C:\\Users\\Ann Lee\\valve closed.JPG", ""),
        ("", "valve.png", ""),
        ("Picture 4", "Image", ""),
        ("", "See the manual, page 3, and valve.png", "See the manual, page 3, and valve.png"),
        ("", "two\n lines", "two lines"),
    ],
)
def test_what_programs_put_there_is_no_description(title: str, text: str, said: str) -> None:
    assert described(title, text) == said
