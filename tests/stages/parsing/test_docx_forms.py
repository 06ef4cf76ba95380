"""Boxes, choices and signs of symbol fonts in a Word text are read as a reader sees them."""

from __future__ import annotations

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers import symbols
from holdfast.stages.parsing.readers.word import docx
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read(run: str) -> str:
    body = f"<w:p><w:r><w:t xml:space='preserve'>Is </w:t></w:r><w:r>{run}</w:r></w:p>"
    data = zip_file(
        {
            "[Content_Types].xml": "<Types>wordprocessingml</Types>",
            "word/document.xml": f"<w:document {SPACE}><w:body>{body}</w:body></w:document>",
        }
    )
    return judge(collect(docx.read(data, ReadingLimits())), ended=None).text.strip()


def field(data: str) -> str:
    return f'<w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar><w:instrText>FORM</w:instrText>'


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (field("<w:checkBox><w:checked/></w:checkBox>"), "Is ☒"),
        (field('<w:checkBox><w:default w:val="1"/></w:checkBox>'), "Is ☒"),
        (field('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>'), "Is ☐"),
        (field("<w:checkBox/>"), "Is ☐"),
        (
            field(
                '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Fire"/><w:listEntry w:val="Water"/></w:ddList>'
            ),
            "Is Water",
        ),
        (field('<w:ddList><w:listEntry w:val="Fire"/></w:ddList>'), "Is Fire"),
        (field('<w:ddList><w:result w:val="9"/></w:ddList>'), "Is"),
        ('<w:fldChar w:fldCharType="begin"/>', "Is"),
        ('<w:sym w:font="Wingdings" w:char="F0FE"/>', "Is ☑"),
        ('<w:sym w:font="Symbol" w:char="F0B1"/><w:t>5</w:t>', "Is ±5"),
        ('<w:sym w:font="Symbol" w:char="6D"/><w:t>m</w:t>', "Is μm"),
        ('<w:sym w:font="Symbol" w:char="nothing"/>', "Is"),
        ('<w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr><w:t>\uf0a3 5 \uf057</w:t>', "Is ≤ 5 Ω"),
        ('<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>\uf0fc done</w:t>', "Is ✓ done"),
        ("<w:t>\uf0b7 item</w:t>", "Is • item"),
        ('<w:sym w:font="Wingdings 2" w:char="F052"/>', "Is ☑"),
        ('<w:sym w:font="Webdings" w:char="F061"/><w:t>on</w:t>', "Is on"),
        ('<w:rPr><w:rFonts w:ascii="Webdings"/></w:rPr><w:t>\uf061 on</w:t>', "Is  on"),
        ('<w:pict><v:shape xmlns:v="v"><v:textpath string="DRAFT"/></v:shape></w:pict>', "Is DRAFT"),
    ],
)
def test_what_is_drawn_is_read(run: str, text: str) -> None:
    assert read(run) == text


def test_the_letters_of_the_symbol_font_are_those_of_its_table() -> None:
    assert "".join(symbols.sign(code, "Symbol") for code in b"abgdpqwm") == "αβγδπθωμ"
    assert "".join(symbols.sign(code, "Symbol") for code in b"DSW015") == "ΔΣΩ015"
    assert symbols.with_signs("plain", "Symbol") == "plain"
