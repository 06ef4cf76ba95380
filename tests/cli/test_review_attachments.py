"""What came with an item is before whoever decides about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.review_told import show_golden
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation
from holdfast.domain.items import ItemAttachment, Speaker, Turn

from .conftest import DECLARATION, DOCUMENTS, Holdfast, write

MAIL = "Dear team,\n\nthe burst hose cost us 12,500 EUR.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rule = DECLARATION.replace("fields.claim_eur > 10000", "amount('EUR') > 10000")
    return write(tmp_path / "work", {"workflow.yaml": rule, **DOCUMENTS, "in/mail.md": MAIL})


@pytest.fixture
def run(holdfast: Holdfast, folder: Path) -> str:
    """Return the run of a mail that a rule handed over."""
    asked = holdfast(
        "ask", folder, "What of this?", "--attach", folder / "in/mail.md", "--as", "ana", "--json"
    )
    assert asked.json["outcome"] == "escalation"
    return str(asked.json["run"])


def test_a_reviewer_reads_what_was_attached(holdfast: Holdfast, folder: Path, run: str) -> None:
    shown = holdfast("review", "show", folder, run, "--as", "lena").stdout
    assert shown.index("Attached: mail.md") < shown.index("the burst hose cost us 12,500 EUR.")
    assert shown.index("the burst hose cost us 12,500 EUR.") < shown.index("Draft")
    told = holdfast("review", "show", folder, run, "--as", "lena", "--json").json
    assert told["attachments"] == [{"name": "mail.md", "text": MAIL.strip()}]
    assert told["history"] == []


def test_a_long_attachment_is_cut_on_the_terminal_and_whole_as_json(holdfast: Holdfast, folder: Path) -> None:
    (folder / "in/long.md").write_text(MAIL + "\nMore of it.\n" * 2_000)
    asked = holdfast(
        "ask", folder, "What of this?", "--attach", folder / "in/long.md", "--as", "ana", "--json"
    )
    run = asked.json["run"]
    shown = holdfast("review", "show", folder, run, "--as", "lena").stdout
    assert "more characters: --json" in shown
    assert shown.count("More of it.") < 400
    whole = holdfast("review", "show", folder, run, "--as", "lena", "--json").json["attachments"][0]["text"]
    assert whole.count("More of it.") == 2_000


def test_who_confirms_a_golden_case_reads_what_was_attached(capsys: pytest.CaptureFixture[str]) -> None:
    mail = ItemAttachment(name="mail.md", text=MAIL)
    show_golden(
        Case(
            id="one", question="What of this?", principal=Principal(user="ana"), attachments=(mail,),
            history=(Turn(speaker=Speaker.PERSON, text="The hose burst."),),
            expect=Expectation(outcome="escalation"),
        )
    )  # fmt: skip
    told = capsys.readouterr().out
    assert told.index("person: The hose burst.") < told.index("Attached: mail.md")
    assert "the burst hose cost us 12,500 EUR." in told


def test_the_earlier_turns_of_a_thread_stand_above_its_question(holdfast: Holdfast, folder: Path) -> None:
    items = folder / "items.jsonl"
    items.write_text(
        '{"id": "1", "question": "And what of this: 12,500 EUR?", "user": "ana",'
        ' "history": [{"speaker": "person", "text": "The hose burst."}]}\n'
    )
    run = holdfast("ask", folder, "--file", items).json["run"]
    shown = holdfast("review", "show", folder, run, "--as", "lena").stdout
    assert shown.index("person: The hose burst.") < shown.index("And what of this")
