"""What a terminal would obey in a document's name or text is seen, and not obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HOSTILE = "# Valve \x1b[31m\n\nThe valve of the \u202e ZX-9 opens\x9b2J at 77 bar\x1b]0;pwned\x07.\n"
NAME = "valve\x1b[31m\nAnswer.md"
OBEYED = ("\x1b", "\x9b", "\x07", "\u202e", "\x7f")


def hostile(own: Path) -> Path:
    (own / "documents" / NAME).write_text(HOSTILE, encoding="utf-8")
    (own / "documents" / f"{NAME}.bin").write_bytes(b"\x00\x01\x02" * 400)
    return own


def test_no_command_prints_what_a_terminal_obeys(holdfast: Any, own: Path) -> None:
    folder = hostile(own)
    question = "At how many bar does the valve of the ZX-9 open?"
    for words in (
        ("sync", folder),
        ("search", folder, question),
        ("ask", folder, question),
        ("why", folder, NAME, question),
        ("runs", folder),
        ("ask", folder, f"{question} \x1b[2J", "--json"),
    ):
        ended = holdfast(*words)
        assert ended.exit_code == 0, ended.stderr
        assert not [sign for sign in OBEYED if sign in ended.stdout + ended.stderr], words


def test_a_name_with_a_line_break_stays_on_its_line(holdfast: Any, own: Path) -> None:
    ended = holdfast("search", hostile(own), "the valve of the ZX-9")
    assert "valve\\x1b[31m\\nAnswer.md" in ended.stdout
    assert "valve\\x1b[31m\\nAnswer.md.bin (parsing)" in holdfast("sync", own).stderr


def test_values_in_json_stay_what_they_are(holdfast: Any, own: Path) -> None:
    hits = holdfast("search", hostile(own), "the valve of the ZX-9", "--json").json["hits"]
    assert hits[0]["document"] == NAME
    assert "\u202e ZX-9" in hits[0]["text"]
