"""Numbered paragraphs of slides have the numbers that PowerPoint shows."""

from __future__ import annotations

import io
import zipfile

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import pptx_file, zip_file

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


def lines(paragraphs, styles=""):
    with zipfile.ZipFile(io.BytesIO(pptx_file([("T", [], "")]))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    shape = f"<p:sp><p:txBody><a:lstStyle>{styles}</a:lstStyle>{paragraphs}</p:txBody></p:sp>"
    parts["ppt/slides/slide1.xml"] = f"<p:sld {SPACES}><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>"
    document = judge(collect(read_here(Kind.ZIP, zip_file(parts), ReadingLimits())), ended=None)
    return document.text.split("\n")


def item(text, mark="", level=0):
    return f'<a:p><a:pPr lvl="{level}">{mark}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'


def auto(kind, start=""):
    return f'<a:buAutoNum type="{kind}"{start}/>'


def test_paragraphs_count_on_within_their_list():
    numbers, letters = auto("arabicPeriod"), auto("alphaLcParenR")
    body = (
        item("one", numbers)
        + item("part", letters, 1)
        + item("more", letters, 1)
        + item("two", numbers)
        + item("", numbers)
        + item("anew", letters, 1)
        + item("point", '<a:buChar char="-"/>')
        + item("first", numbers)
        + item("roman", auto("romanUcParenBoth", ' startAt="4"'))
        + item("roman", auto("romanUcParenBoth", ' startAt="4"'))
        + item("of another script", auto("circleNumDbPlain"))
    )
    assert lines(body) == [
        "1. one", "  a) part", "  b) more", "2. two", "  a) anew", "point", "1. first", "(IV) roman", "(V) roman",
        "1 of another script",
    ]  # fmt: skip


def test_a_shape_may_number_its_paragraphs():
    styles = f"<a:lvl1pPr>{auto('arabicPlain')}</a:lvl1pPr>"
    assert lines(item("one") + item("none", "<a:buNone/>") + item("one") + item("in", level=1), styles) == [
        "1 one", "none", "1 one", "  in",
    ]  # fmt: skip


def deck(body, *, layout="", master="", text_styles=""):
    """Return the lines of a slide whose one placeholder follows a layout and a master."""
    with zipfile.ZipFile(io.BytesIO(pptx_file([("T", [], "")]))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def related(kind, target):
        return (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{relations}/{kind}" Target="{target}"/></Relationships>'
        )

    def shape(styles, paragraphs=""):
        facts = '<p:nvSpPr><p:nvPr><p:ph type="body" idx="1"/></p:nvPr></p:nvSpPr>'
        return f"<p:sp>{facts}<p:txBody><a:lstStyle>{styles}</a:lstStyle>{paragraphs}</p:txBody></p:sp>"

    def part(root, content, more=""):
        return f"<p:{root} {SPACES}><p:cSld><p:spTree>{content}</p:spTree></p:cSld>{more}</p:{root}>"

    styles = f"<p:txStyles><p:bodyStyle>{text_styles}</p:bodyStyle></p:txStyles>"
    parts |= {
        "ppt/slides/slide1.xml": part("sld", shape("", body)),
        "ppt/slides/_rels/slide1.xml.rels": related("slideLayout", "../slideLayouts/l.xml"),
        "ppt/slideLayouts/l.xml": part("sldLayout", shape(layout)),
        "ppt/slideLayouts/_rels/l.xml.rels": related("slideMaster", "../slideMasters/m.xml"),
        "ppt/slideMasters/m.xml": part("sldMaster", shape(master), styles),
    }
    document = judge(collect(read_here(Kind.ZIP, zip_file(parts), ReadingLimits())), ended=None)
    return document.text.split("\n")


def level(mark, number=1):
    return f"<a:lvl{number}pPr>{mark}</a:lvl{number}pPr>"


def test_numbers_may_come_from_the_layout_or_the_master():
    body = item("one") + item("part", level=1) + item("two") + item("point", '<a:buChar char="-"/>')
    numbers, letters = auto("arabicPeriod"), level(auto("alphaLcParenR"), 2)
    told = ["1. one", "  a) part", "2. two", "point"]
    assert deck(body, layout=level(numbers) + letters) == told
    assert deck(body, master=level(numbers), text_styles=letters) == told
    assert deck(body, text_styles=level(numbers) + letters) == told


def test_the_nearest_style_that_says_anything_counts():
    body = item("one") + item("two")
    numbers = level(auto("arabicPeriod"))
    assert deck(body, layout=level('<a:buChar char="-"/>'), master=numbers) == ["one", "two"]
    assert deck(body, layout=level("<a:buNone/>"), text_styles=numbers) == ["one", "two"]
