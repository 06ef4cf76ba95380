"""Files embedded in Office files are documents of their own; XML is read as what it says."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument, ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.embedded import packed
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, xlsx_file, zip_file
from holdfast.testing.odf_files import odt_file
from holdfast.testing.old_office_files import DocParagraph, doc_file, ole_file


def parsed(data: bytes, name: str = "a", **limits: int) -> ParsedDocument:
    return judge(collect(read_here(detect(name, data), data, ReadingLimits(**limits))), ended=None)


def with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return zip_file({name: package.read(name) for name in package.namelist()} | parts)


INNER = docx_file([("", "The inner words.")])
OLD = doc_file([DocParagraph(text="old words")])


@pytest.mark.parametrize(
    ("outer", "folder"),
    [
        (docx_file([("", "Outer words of some length.")]), "word"),
        (xlsx_file({"A": [["outer"]]}), "xl"),
        (pptx_file([("Outer", ["words"], "")]), "ppt"),
    ],
)
def test_embedded_files_are_documents_of_their_own(outer: bytes, folder: str) -> None:
    parts = {f"{folder}/embeddings/offer.docx": INNER, f"{folder}/embeddings/oleObject1.bin": OLD}
    document = parsed(with_parts(outer, parts))
    assert document.status is ParseStatus.OK
    assert [(one.name, one.data) for one in document.attachments] == [
        ("offer.docx", INNER), ("oleObject1.doc", OLD),
    ]  # fmt: skip


def test_a_file_that_a_text_shows_in_its_midst_is_a_document_of_its_own() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
    links = f'<Relationship Id="a" Type="{kind}" Target="afchunk.html"/><Relationship Id="b" Type="{kind}" Target="gone.html"/>'
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{space}">{links}</Relationships>'.encode(),
        "word/afchunk.html": b"<html><body><p>imported words</p></body></html>",
    }
    document = parsed(with_parts(docx_file([("", "Outer words of some length.")]), parts))
    assert [(one.name, b"imported" in one.data) for one in document.attachments] == [("afchunk.html", True)]


def test_a_packed_file_keeps_its_name() -> None:
    place = b"C:\\tmp\\offer.txt\0"
    stream = (
        struct.pack("<IH", 0, 2) + b"Offer\0" + b"C:\\docs\\offer.txt\0" + struct.pack("<HHI", 0, 3, len(place))
        + place + struct.pack("<I", 5) + b"words" + b"more"
    )  # fmt: skip
    found = packed(stream, fallback="x")
    assert (found.name, found.data) == ("offer.txt", b"words")


def test_embedded_files_that_are_damaged_or_too_much_are_named() -> None:
    outer = docx_file([("", "Outer words.")])
    parts = {"word/embeddings/big.docx": bytes(9000), "word/embeddings/cut.bin": OLD[:700]}
    document = parsed(with_parts(outer, parts), max_archive_bytes=5000)
    assert document.status is ParseStatus.PARTIAL
    assert "2 of 2" in document.reason
    assert "big.docx, cut.bin" in document.reason
    assert document.text == "Outer words."


def test_the_workbook_behind_a_chart_of_a_deck_is_no_document() -> None:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    rels = f'<Relationships xmlns="{space}"><Relationship Id="r" Type="x/package" Target="../embeddings/Sheet1.xlsx"/></Relationships>'
    parts = {
        "ppt/charts/chart1.xml": b"<c/>",
        "ppt/charts/_rels/chart1.xml.rels": rels.encode(),
        "ppt/embeddings/Sheet1.xlsx": b"PK",
    }
    assert parsed(with_parts(pptx_file([("Outer", ["words"], "")]), parts)).attachments == ()


MANUAL = b"""<?xml version="1.0"?>
<manual xmlns="urn:x" lang="en"><title>HX-200</title>
 <section><title>Bolts</title><para>Tighten the <b>gland</b> bolts.</para>
  <bolt size="M8"><torque unit="Nm">18</torque><note/></bolt></section></manual>"""


def test_xml_is_read_as_what_it_says_under_the_path_of_its_elements() -> None:
    document = parsed(MANUAL, "a.xml")
    assert (document.status, document.media_type) == (ParseStatus.OK, Kind.XML)
    told = [(str(one.locator), document.text[one.start : one.end].strip()) for one in document.sections]
    assert told == [
        ("HX-200", "lang: en\ntitle: HX-200"),
        ("HX-200 > Bolts", "title: Bolts\npara: Tighten the gland bolts."),
        ("HX-200 > Bolts > bolt", "size: M8\ntorque (unit: Nm): 18"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>words &x;</r>',
        b"<r>words <cut",
    ],
)
def test_xml_with_a_document_type_or_cut_off_is_kept_as_it_is_written(data: bytes) -> None:
    document = parsed(data, "a.xml")
    assert document.status is ParseStatus.SUSPECT
    assert document.text == data.decode()


def test_what_says_that_it_is_xml_needs_no_such_name() -> None:
    assert detect("feed.rss", MANUAL) is Kind.XML
    assert detect("page.xml", b"<!doctype html><html><body>x</body></html>") is Kind.HTML
    assert detect("notes.md", MANUAL) is Kind.MARKDOWN


def test_files_that_other_programs_put_into_an_open_document_are_taken() -> None:
    frame = '<text:p><draw:frame><draw:object-ole xlink:href="./Object {}" xmlns:xlink="x"/><draw:image/></draw:frame></text:p>'
    data = odt_file("".join(frame.format(number) for number in (1, 1, 2, 3)))
    held = {"Object 1": ole_file({"Package": INNER}), "Object 2": OLD[:700]}
    document = parsed(with_parts(data, held))
    assert [(one.name, one.data) for one in document.attachments] == [("Object 1", INNER)]
    assert "1 of 2 files embedded in it are damaged" in document.reason
