"""Comments on cells say who wrote them, once."""

from __future__ import annotations

import io
import struct
import zipfile

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import xlsx_file, zip_file
from holdfast.testing.odf_files import ods_file
from holdfast.testing.old_office_files import biff, xls_file

LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def comments(kind, data):
    document = judge(collect(read_here(kind, data, ReadingLimits())), ended=None)
    return [
        (str(section.locator), line)
        for section in document.sections
        if section.hidden and section.locator.part == "comment"
        for line in document.text[section.start : section.end].strip().split("\n\n")
    ]


def related(*links):
    entries = "".join(
        f'<Relationship Id="r{place}" Type="{LINK}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(links, 100)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>'


def comment(cell, author, text):
    return f'<comment ref="{cell}" authorId="{author}"><text><r><t>{text}</t></r></text></comment>'


def test_comments_of_workbooks_have_the_names_of_notes_and_threads():
    with zipfile.ZipFile(io.BytesIO(xlsx_file({"S": [["Pump", "Nm"]]}))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    book = parts["xl/_rels/workbook.xml.rels"].decode()
    person = f'<Relationship Id="p" Type="{LINK}/person" Target="persons/person.xml"/></Relationships>'
    listed = (
        comment("A1", 0, "why?")
        + comment("B1", 0, "Ana: said already")
        + comment("C1", 0, "Bo:\nso too")
        + comment("D1", 9, "nobody")
        + comment("E1", 1, "[Kommentarthread] copy")
    )
    parts |= {
        "xl/_rels/workbook.xml.rels": book.replace("</Relationships>", person),
        "xl/persons/person.xml": '<personList><person displayName="Cy" id="{7}"/></personList>',
        "xl/worksheets/_rels/sheet1.xml.rels": related(
            ("comments", "../comments1.xml"), ("threadedComment", "../threads.xml")
        ),
        "xl/comments1.xml": f"<comments><authors><author>Ana</author><author>tc={{7}}</author></authors><commentList>{listed}</commentList></comments>",
        "xl/threads.xml": '<ThreadedComments><threadedComment ref="E1" personId="{7}"><text>the thread</text></threadedComment></ThreadedComments>',
    }
    assert comments(Kind.ZIP, zip_file(parts)) == [
        ("sheet S, A1, comment", "Ana: why?"),
        ("sheet S, B1, comment", "Ana: said already"),
        ("sheet S, C1, comment", "Bo:\nso too"),
        ("sheet S, D1, comment", "nobody"),
        ("sheet S, E1, comment", "Cy: the thread"),
    ]


def test_comments_of_excel_before_2007_and_of_opendocument_have_names():
    more = biff(0x005D, struct.pack("<HHHHH", 0x15, 18, 0x19, 7, 0) + bytes(12))
    more += biff(0x01B6, bytes(10) + struct.pack("<HH", 4, 16) + bytes(4)) + biff(0x003C, b"\0why?")
    more += biff(0x001C, struct.pack("<HHHH", 0, 0, 0, 7) + struct.pack("<HB", 3, 0) + b"Ana\0")
    assert comments(Kind.OLE, xls_file([["Pump", 18.0]], more=more)) == [
        ("sheet Sheet1, A1, comment", "Ana: why?")
    ]
    note = '<office:annotation xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Ana</dc:creator><text:p>why?</text:p></office:annotation>'
    cell = (
        f"<table:table-row><table:table-cell><text:p>Pump</text:p>{note}</table:table-cell></table:table-row>"
    )
    assert comments(Kind.ODS, ods_file(f'<table:table table:name="S">{cell}</table:table>')) == [
        ("sheet S, A1, comment", "Ana: why?")
    ]
