"""Equations of Word can be read and found: fractions, powers, roots, sums and brackets are kept."""

from __future__ import annotations

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file

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
