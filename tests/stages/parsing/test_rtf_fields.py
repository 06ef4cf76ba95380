"""Boxes, choices, signs, formulas, notes and nested tables of RTF are read as a reader sees them."""

from __future__ import annotations

import time

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.word import rtf
from holdfast.stages.parsing.readers.word.field_words import drawn_by
from holdfast.stages.parsing.units import ReadingLimits


def parsed(body: str) -> ParsedDocument:
    data = rf"{{\rtf1\ansi\ansicpg1252 {body}\par}}".encode("latin-1")
    return judge(collect(rtf.read(data, ReadingLimits())), ended=None)


def read(body: str) -> str:
    return parsed(body).text.strip()


def form(held: str, result: str = "") -> str:
    return rf"{{\field{{\*\fldinst FORM {{\*\formfield{{{held}}}}}}}{{\fldrslt {result}}}}}"


CHOICES = r"{\*\ffl Fire}{\*\ffl Water}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (form(r"\fftype1\ffres1{\*\ffname A}\ffdefres0"), "☒"),
        (form(r"\fftype1\ffres0\ffdefres1"), "☐"),
        (form(r"\fftype1\ffres25\ffdefres1"), "☒"),
        (form(r"\fftype1"), "☐"),
        (form(rf"\fftype2\ffres1\ffdefres0{CHOICES}"), "Water"),
        (form(rf"\fftype2\ffres25\ffdefres0{CHOICES}"), "Fire"),
        (form(rf"\fftype2\ffres9{CHOICES}"), ""),
        (form(rf"\fftype2\ffres1{CHOICES}", "Water"), "Water"),
        (form(r"\fftype0{\*\ffdeftext No}", "Typed"), "Typed"),
        (r'{\field{\*\fldinst HYPERLINK "x"}{\fldrslt 18 Nm}}', "18 Nm"),
        (r'{\field{\*\fldinst SYMBOL 177 \\f "Symbol" \\s 12}{\fldrslt }}5', "±5"),
        (r'{\field{\*\fldinst SYMBOL 177 \\f "Symbol"}{\fldrslt +/-}}', "+/-"),
        (r"{\field{\*\fldinst EQ \\f(F,2)}}", "F/2"),
        (r"{\upr{?}{\*\ud{\u937?}}}", "Ω"),
        (r"{\object\objemb{\*\objdata 00}{\result Sheet}}", "Sheet"),
        (r"{\mmath{\*\moMathPara{\*\moMath{\mf{\mnum{\mr F}}{\mden{\mr 2A}}}}}}", "F/(2A)"),
        (r"{\*\moMath{\msSup{\me{\mr x}}{\msup{\mr 2}}}{\mr\mscr0 =4}}", "x^2=4"),
        (r"{\*\moMath{\md{\mdPr{\mbegChr [}{\mendChr ]}}{\me{\mr a}}}}", "[a]"),
    ],
)
def test_what_is_drawn_is_read(body: str, text: str) -> None:
    assert read(f"Is {body}") == f"Is {text}".strip()


def test_a_table_in_a_cell_is_text_of_that_cell() -> None:
    inner = r"\pard\intbl\itap2 b\nestcell c\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}"
    row = rf"\trowd\pard\intbl a\par {inner}\pard\intbl d\cell e\cell\row"
    assert read(rf"\trowd\pard\intbl A\cell B\cell\row {row}\pard ") == "A | B\na b c d | e"


def test_notes_have_the_mark_that_their_place_has_and_comments_their_author() -> None:
    note = r"{\super\chftn}{\footnote \pard{\super\chftn} %s}"
    comment = r"{\*\atnid A}{\*\atnauthor Ann}\chatn{\*\annotation{\*\atndate 1}Why?}"
    document = parsed(f"One{note % 'first'} two{note % 'second'}{comment}")
    assert document.text.split("\n\n") == ["One[1] two[2]", "[1] first", "[2] second", "Ann: Why?"]


@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        (r"EQ \f(1;2)", "1/2"),
        (r"EQ \r(3,x+1)", "3√(x+1)"),
        (r"EQ \r(x)", "√(x)"),
        (r"EQ x\s\up8(2) y\s\do4(i)", "x^2 y_i"),
        (r"EQ \b\bc\[(a)", "(a)"),
        (r"EQ \i\su(0,1,x dx)", "∫_0^1 x dx"),
        (r"EQ \f(\r(2),\f(a,b))", "(√(2))/(a/b)"),
        (r"EQ \a\al\co2(1,2)", "1, 2"),
        (r"EQ f(x)=2", "f(x)=2"),
        (r"EQ \f(1", "1/"),
        ("SYMBOL 0xB1 \\f Symbol", "±"),
        ("SYMBOL 010", ""),
        ("SYMBOL 8364 \\u", "€"),
        ("SYMBOL 55555 \\u", ""),
        ("SYMBOL 65", "A"),
        ("PAGE", ""),
    ],
)
def test_what_a_field_without_a_result_draws(instruction: str, text: str) -> None:
    assert drawn_by(instruction).strip() == text


def test_a_formula_of_any_depth_is_read() -> None:
    assert "/" in drawn_by("EQ " + r"\f(" * 5000)
    assert "2" in drawn_by("EQ " + "(" * 5000 + "2")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"Is {\field{\*\fldinst{\*\formfield{\fftype1\ffres1", "Is ☒"),
        (r"Is {\*\moMath{\mr 18", "Is 18"),
        (r"Is{\footnote 18 Nm", "Is\n\n18 Nm"),
    ],
)
def test_what_is_cut_off_is_read_up_to_there(body: str, text: str) -> None:
    data = rf"{{\rtf1\ansi {body}".encode()
    assert judge(collect(rtf.read(data, ReadingLimits())), ended=None).text == text


@pytest.mark.parametrize(
    "piece",
    [
        r"{\field{\*\fldinst{\*\formfield{\fftype1\ffres1}}}}",
        r"{\field",
        r"{\*\moMath{\mr a}}",
        r"{\*\moMath{\mf",
        r"{\mf",
        r"{\*\ffl a}",
        r"{\upr{a}{\*\ud b}}",
        r"\chftn",
        r"\nestcell",
        r"{\*\atnauthor a}",
    ],
)
def test_any_number_of_them_takes_little_time(piece: str) -> None:
    started = time.process_time()
    read(piece * 5_000)
    read(r"{\*\moMath" + piece * 5_000)
    assert time.process_time() - started < 4
