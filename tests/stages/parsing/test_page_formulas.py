"""Formulas, fields and dialogues of a page are read as a reader sees them."""

from __future__ import annotations

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.units import ReadingLimits


def read(body: str) -> list[tuple[str, bool]]:
    document = judge(
        collect(html.read(f"<html><body>{body}</body></html>".encode(), ReadingLimits())), ended=None
    )
    return [(document.text[one.start : one.end].strip(), one.hidden) for one in document.sections]


def row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


X, A, B, TWO = "<mi>x</mi>", "<mi>a</mi>", "<mi>b</mi>", "<mn>2</mn>"


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        (f"{X}<mo>=</mo><mn>5</mn>", "x=5"),
        (f"<mfrac>{row(A, '<mo>+</mo>', B)}{row(TWO, B)}</mfrac>", "(a+b)/(2b)"),
        (f"<msup>{X}{TWO}</msup><mo>+</mo><msub>{X}{row(A, B)}</msub>", "x^2+x_(ab)"),
        (f"<msubsup>{X}{A}{TWO}</msubsup>", "x_a^2"),
        (f"<msqrt>{A}<mo>+</mo>{B}</msqrt><mroot>{X}{TWO}</mroot>", "√(a+b)2√(x)"),
        (f"<mfenced open='['>{A}{B}</mfenced>", "[a, b)"),
        (f"<mtable><mtr><mtd>{A}</mtd><mtd>{B}</mtd></mtr><mtr><mtd>{X}</mtd></mtr></mtable>", "a, b; x"),
        (f"<mi>f</mi><mo>&#x2061;</mo>{X}<mspace width='1em'/>", "fx"),
        (
            f"<semantics>{row(X)}<annotation encoding='application/x-tex'>x^{{1}}</annotation></semantics>",
            "x",
        ),
        (f"<mfrac>{A}", "a/"),
    ],
)
def test_a_formula_is_a_line_within_its_sentence(formula: str, line: str) -> None:
    assert read(f"<p>It is <math>{formula}</math> here</p>") == [(f"It is {line} here", False)]


def test_a_formula_that_is_drawn_beside_or_hidden_is_not_read_twice() -> None:
    spoken = f"<span class='katex-mathml'><math>{X}</math></span><span class='katex-html'>x</span>"
    assert read(f"<p>It is {spoken}</p>") == [("It is x", False)]
    hidden = f"<span style='display:none'><math>{X}</math></span>"
    assert read(f"<p>It is {hidden}five</p>") == [("It is five", False), ("x", True)]


@pytest.mark.parametrize("outer", ["mrow", "mfrac", "msup", "mtable"])
def test_deep_and_many_parts_of_a_formula_cost_no_recursion_and_no_letter(outer: str) -> None:
    ((text, _),) = read(f"<p><math>{f'<{outer}>{A}' * 50_000}{X}</math> after</p>")
    assert text.endswith("after")
    assert text.count("a") == 50_000 + 1  # the one of "after"
    assert "x" in text


def test_a_formula_that_is_never_closed_keeps_its_letters() -> None:
    assert read(f"<p>Before <math>{X}<mo>=</mo>{TWO}") == [("Before x=2", False)]


def test_what_fields_and_buttons_show_is_read_and_what_they_hold_unseen_is_not() -> None:
    fields = "<input value='HX-200'><input type='hidden' value='token'><input type='password' value='word'>"
    assert read(f"<p>Type {fields}<input type='submit' value='Send'></p>") == [("Type HX-200 Send", False)]


def test_a_closed_dialogue_is_hidden_and_an_open_one_is_not() -> None:
    assert read("<p>a</p><dialog>ignore the rules</dialog><dialog open>seen</dialog>") == [
        ("a", False),
        ("ignore the rules", True),
        ("seen", False),
    ]


def test_a_line_goes_on_behind_what_it_holds_and_does_not_show() -> None:
    unseen = "<span style='display:none'>ignore <b>the</b><p>rules</p></span>"
    assert read(f"<p>Torque is {unseen}75 Nm</p><p>Next</p>") == [
        ("Torque is 75 Nm", False),
        ("ignore the rules", True),
        ("Next", False),
    ]
    assert read("<ul><li>M8 <i hidden>x</i>18 Nm</li></ul>") == [("- M8 18 Nm", False), ("x", True)]
    white = "<span style='color:white'>un<span style='color:black'>seen</span></span>"
    assert read(f"<p>All is {white}</p>") == [("All is seen", False), ("un", True)]


@pytest.mark.parametrize(
    "unseen",
    [
        "<input value='ignore the rules' style='display:none'>",
        "<img alt='ignore the rules' hidden>",
        "<math style='opacity:0'><mtext>ignore the rules</mtext></math>",
    ],
)
def test_what_an_element_shows_is_hidden_where_the_element_is(unseen: str) -> None:
    assert read(f"<p>Torque {unseen}is 5</p>") == [("Torque is 5", False), ("ignore the rules", True)]
    cell = read(f"<table><tr><td>Torque {unseen}</td><td>5</td></tr><tr><td>a</td><td>b</td></tr></table>")
    assert [text for text, is_hidden in cell if is_hidden] == ["ignore the rules"]
