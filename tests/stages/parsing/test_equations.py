"""Equations of Word can be read and found: fractions, powers, roots, sums and brackets are kept."""

from __future__ import annotations

import io
import zipfile

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, zip_file

SPACE = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def r(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


def e(name, **parts):
    return f"<m:{name}>{''.join(f'<m:{part}>{inner}</m:{part}>' for part, inner in parts.items())}</m:{name}>"


FENCE = (
    '<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val=""/></m:dPr>'
    f"<m:e>{r('0')}</m:e><m:e>{r('1')}</m:e></m:d>"
)
SUM = (
    '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>'
    f"<m:sub>{r('n=1')}</m:sub><m:sup>{r('10')}</m:sup><m:e>{r('n')}</m:e></m:nary>"
)
SQUARE = e("sSup", e=r("b"), sup=r("2"))


@pytest.mark.parametrize(
    ("equation", "line"),
    [
        (
            r("x=") + e("f", num=r("-b±") + e("rad", deg="", e=SQUARE + r("-4ac")), den=r("2a")),
            "x=(-b±√(b^2-4ac))/(2a)",
        ),
        (r("f") + e("d", e=r("x")), "f(x)"),
        (FENCE, "[0|1"),
        (SUM, "∑_(n=1)^10 n"),
        (e("d", e='<m:f><m:fPr><m:type m:val="noBar"/></m:fPr><m:num>' + r("n") + "</m:num><m:den>" + r("k") + "</m:den></m:f>"), "(n¦k)"),
        (e("func", fName=e("limLow", e=r("lim"), lim=r("n→∞")), e=e("sSub", e=r("a"), sub=r("n"))), "lim_(n→∞) a_n"),
        (e("m", mr=e("e", x=r("1")).replace("m:x", "m:r") + e("e", x=r("2")).replace("m:x", "m:r")), "1, 2"),
        (e("acc", accPr="", e=r("v")) + e("rad", deg=r("3"), e=r("8")), "v3√(8)"),
    ],
)  # fmt: skip
def test_an_equation_is_one_line(equation, line):
    body = (
        f"<w:p><w:r><w:t>See </w:t></w:r><m:oMath {SPACE}>{equation}</m:oMath><w:r><w:t>.</w:t></w:r></w:p>"
    )
    document = judge(collect(read_here(Kind.ZIP, docx_file([body]), ReadingLimits())), ended=None)
    assert document.text == f"See {line}."


def test_what_was_deleted_from_an_equation_is_hidden():
    body = f"<w:p><m:oMath {SPACE}>{r('a=1')}<w:del>{r('00')}</w:del></m:oMath></w:p>"
    document = judge(collect(read_here(Kind.ZIP, docx_file([body]), ReadingLimits())), ended=None)
    shown = [
        (document.text[section.start : section.end].strip(), section.locator.part, section.hidden)
        for section in document.sections
    ]
    assert shown == [("a=1", None, False), ("00", "deleted", True)]


def test_equations_and_signs_of_a_slide_are_read_once():
    data = pptx_file([("Laws", ["PLACE and words enough for a slide"], "")])
    with zipfile.ZipFile(io.BytesIO(data)) as deck:
        parts = {name: deck.read(name) for name in deck.namelist()}
    formula = f'<a14:m xmlns:a14="x"><m:oMath {SPACE}>{r("E=m")}{SQUARE}</m:oMath></a14:m>'
    signs = '<a:r><a:rPr><a:sym typeface="Symbol"/></a:rPr><a:t>\uf0b1</a:t></a:r>'
    slide = parts["ppt/slides/slide1.xml"].decode()
    words = "<a:r><a:t>PLACE and words enough for a slide</a:t></a:r>"
    assert words in slide
    parts["ppt/slides/slide1.xml"] = slide.replace(words, formula + signs + words).encode()
    document = judge(collect(read_here(Kind.ZIP, zip_file(parts), ReadingLimits())), ended=None)
    assert document.text.count("E=mb^2±PLACE and words") == 1
    assert not any(section.hidden for section in document.sections)
