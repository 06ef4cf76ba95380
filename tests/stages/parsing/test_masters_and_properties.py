"""What layouts and masters show on slides is read once; what people say of a file is among its properties."""

from __future__ import annotations

import io
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import detect
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, xlsx_file, zip_file
from holdfast.testing.odf_files import odp_file, odt_file

LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def parsed(data: bytes) -> ParsedDocument:
    return judge(collect(read_here(detect("a", data), data, ReadingLimits())), ended=None)


def told(data: bytes) -> list[tuple[str, int | None, str | None, bool]]:
    found = parsed(data)
    return [
        (found.text[one.start : one.end].strip(), one.locator.slide, one.locator.part, one.hidden)
        for one in found.sections
    ]


def with_parts(data: bytes, parts: dict[str, str], *, replace: tuple[str, str] = ("", "")) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        held = {name: package.read(name) for name in package.namelist()}
    changed = {name: part.replace(*(one.encode() for one in replace)) for name, part in held.items()}
    return zip_file({**changed, **parts})


def shape(text: str, more: str = "", holder: str = "") -> str:
    facts = f"<p:nvSpPr><p:cNvPr id='1' name='x'{more}/><p:nvPr>{holder}</p:nvPr></p:nvSpPr>"
    return f"<p:sp>{facts}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def tree(kind: str, shapes: str, more: str = "") -> str:
    return f"<p:{kind} {SPACES}{more}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{kind}>"


def related(kind: str, target: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}"><Relationship Id="r" Type="{LINK}/{kind}" Target="{target}"/></Relationships>'


def deck(*, layout: str = "", slide: str = "") -> bytes:
    waiting = shape("Click to edit", holder='<p:ph type="body"/>')
    parts = {
        "ppt/slideLayouts/l.xml": tree("sldLayout", shape("Internal use only") + waiting, layout),
        "ppt/slideLayouts/_rels/l.xml.rels": related("slideMaster", "../slideMasters/m.xml"),
        "ppt/slideMasters/m.xml": tree(
            "sldMaster", shape("Acme Pumps") + shape("off", ' hidden="1"') + waiting
        ),
        "ppt/slides/_rels/slide1.xml.rels": related("slideLayout", "../slideLayouts/l.xml"),
        "ppt/slides/_rels/slide2.xml.rels": related("slideLayout", "../slideLayouts/l.xml"),
    }
    slides = pptx_file([("One", ["words"], ""), ("Two", ["words"], "")])
    return with_parts(slides, parts, replace=("<p:sld ", f"<p:sld {slide} "))


def test_what_a_layout_and_a_master_show_on_slides_is_read_once() -> None:
    assert told(deck()) == [
        ("One\n\nwords", 1, None, False),
        ("Internal use only\n\nAcme Pumps", 1, "master", False),
        ("off", 1, "master", True),
        ("Two\n\nwords", 2, None, False),
    ]


def test_what_no_slide_shows_of_its_master_is_not_read() -> None:
    assert [text for text, *_ in told(deck(layout=' showMasterSp="0"'))][1] == "Internal use only"
    assert [text for text, *_ in told(deck(slide='showMasterSp="0"'))] == ["One\n\nwords", "Two\n\nwords"]


def test_shapes_in_a_group_that_is_switched_off_are_hidden() -> None:
    head = '<p:nvGrpSpPr><p:cNvPr id="7" name="g"{}/></p:nvGrpSpPr>'
    inner = f"<p:grpSp>{head.format('')}{shape('inner')}</p:grpSp>"
    off = " hidden='1'"
    group = f"<p:grpSp>{head.format(off)}{inner}</p:grpSp>{shape('shown')}"
    data = with_parts(pptx_file([("One", [], "")]), {}, replace=("</p:spTree>", f"{group}</p:spTree>"))
    assert [(text, hidden) for text, _, _, hidden in told(data)] == [
        ("One", False),
        ("inner", True),
        ("shown", False),
    ]


def frame(text: str, more: str = "") -> str:
    return f"<draw:frame {more}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"


def test_what_a_master_page_shows_on_slides_is_read_once() -> None:
    page = '<draw:page draw:master-page-name="M"{}>{}</draw:page>'
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("style", "style"), ("draw", "drawing"), ("text", "text"), ("office", "office"), ("presentation", "presentation"))
    )  # fmt: skip
    shapes = frame("Acme Pumps") + frame(
        "Click", 'presentation:class="title" presentation:placeholder="true"'
    )
    notes = f"<presentation:notes>{frame('of notes')}</presentation:notes>"
    masters = f'<style:master-page style:name="M">{shapes}{notes}</style:master-page>'
    styles = f"<o {spaces}><office:master-styles>{masters}</office:master-styles></o>"
    pages = page.format("", frame("one")) + page.format("", frame("two"))
    assert told(with_parts(odp_file(pages), {"styles.xml": styles})) == [
        ("one", 1, None, False),
        ("two", 2, None, False),
        ("Acme Pumps", 1, "master", False),
    ]
    off = '<style:style style:name="d" style:family="drawing-page"><style:drawing-page-properties presentation:background-objects-visible="false"/></style:style>'
    data = odp_file(page.format(' draw:style-name="d"', frame("one")), styles=off)
    assert told(with_parts(data, {"styles.xml": styles})) == [("one", 1, None, False)]


VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
ADDED = {
    "docProps/custom.xml": f'<Properties xmlns:vt="{VT}"><property name="Document number"><vt:lpwstr>HX-4711</vt:lpwstr></property>'
    '<property name="Title"><vt:lpwstr>other</vt:lpwstr></property><property name="_Guid"><vt:lpwstr>x</vt:lpwstr></property></Properties>',
    "docProps/app.xml": "<Properties><Company>Acme Pumps</Company><Application>Word</Application></Properties>",
}


@pytest.mark.parametrize(
    "data", [docx_file([("", "x")], title="Valves"), xlsx_file({"A": [["x"]]}), pptx_file([("x", [], "")])]
)
def test_properties_that_people_added_are_read(data: bytes) -> None:
    found = parsed(with_parts(data, ADDED)).properties
    expected = {"document number": "HX-4711", "company": "Acme Pumps"}
    assert dict(found) == expected | {"title": found["title"]}
    assert found["title"] == ("Valves" if b"word/" in data else "other")


def test_properties_that_people_added_to_open_documents_and_rtf_are_read() -> None:
    added = '<meta:user-defined meta:name="Document number">HX-4711</meta:user-defined></office:meta>'
    data = with_parts(odt_file("<text:p>x</text:p>"), {}, replace=("</office:meta>", added))
    assert parsed(data).properties == {"document number": "HX-4711"}
    info = r"{\info{\title Valves}{\*\company Acme}{\doccomm Checked by Ann}}"
    more = r"{\*\userprops{\propname Document number}\proptype30{\staticval HX-4711}{\propname Title}{\staticval no}}"
    assert parsed(rf"{{\rtf1{info}{more} x\par}}".encode()).properties == {
        "title": "Valves",
        "company": "Acme",
        "description": "Checked by Ann",
        "document number": "HX-4711",
    }
