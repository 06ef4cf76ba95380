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
