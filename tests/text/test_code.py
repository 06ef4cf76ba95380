"""Program code told from prose, and said in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.code import in_words, is_code, names_code

RUST = """impl<S> StdMapObserver<S> {
    pub fn new(name: &'static str, map: &mut [u8]) -> Self { Self { name, map } }
}"""
PROSE = (
    "Tighten the gland bolts (M10) evenly to 18 Nm; see chapter 5. The old value, 25 Nm, no longer holds.\n"
    "Bolt | Torque | Note\nM8 | 18 Nm | first setting only\nhttps://example.com/a/b?c=1"
)


def test_code_is_told_from_prose_and_tables() -> None:
    assert is_code(RUST)
    assert not is_code(PROSE)
    assert not is_code("")


def test_a_question_names_code_by_camel_case_snake_case_or_backticks() -> None:
    assert names_code("What is the StdMapObserver for?")
    assert names_code("what does max_size do")
    assert names_code("What does `cull` return?")
    assert not names_code("How tight do the gland bolts of an HX-200 go?")


def test_names_come_apart_and_marks_go() -> None:
    assert in_words("fn maxSize(&self) -> HTTPServer_Config {") == "fn max Size self - HTTP Server Config"
    assert in_words("{};") == ""


@given(st.text())
def test_nothing_but_white_space_is_added(text: str) -> None:
    assert set(in_words(text)) - {" "} <= set(text)
