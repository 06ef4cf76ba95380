"""A slip in the name of a group or a field is remarked on, for nothing else would show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PRICE = "What does the HX-200 pump cost?"


def test_a_misspelt_group_is_remarked_on(holdfast: Any, own: Path) -> None:
    for words in (("ask", own, PRICE), ("search", own, PRICE)):
        told = holdfast(*words, "--group", "slaes", "--json")
        assert told.exit_code == 0
        assert "note: no access list and no rule names the group 'slaes'; did you mean sales?" in told.stderr


def test_a_known_group_and_a_user_of_their_own_are_not(holdfast: Any, own: Path) -> None:
    assert "note: no access list" not in holdfast("ask", own, PRICE, "--group", "sales", "--as", "kim").stderr


def test_a_field_that_is_nearly_one_that_a_rule_reads_is_remarked_on(holdfast: Any, own: Path) -> None:
    told = holdfast("ask", own, PRICE, "--field", "claim_euro=20000")
    assert "note: no rule and no lookup reads the field 'claim_euro'; did you mean claim_eur?" in told.stderr
    fine = holdfast("ask", own, PRICE, "--field", "claim_eur=20", "--field", "country=Norway")
    assert "reads the field" not in fine.stderr


def test_groups_that_the_workspace_gives_a_person_and_the_command_does_not_are_told(
    holdfast: Any, own: Path
) -> None:
    (own / "holdfast.yaml").write_text("people: [{name: kim, groups: [sales, legal]}, {name: lena}]\n")
    note = "note: in holdfast.yaml kim is in legal, sales; a command takes groups from --group only"
    for words in (("ask", own, PRICE), ("search", own, PRICE), ("review", own)):
        assert note in holdfast(*words, "--as", "kim").stderr
    half = holdfast("ask", own, PRICE, "--as", "kim", "--group", "sales").stderr
    assert "note: in holdfast.yaml kim is in legal; " in half
    for words in (("--as", "kim", "--group", "sales", "--group", "legal"), ("--as", "lena"), ("--as", "ana")):
        assert "in holdfast.yaml" not in holdfast("ask", own, PRICE, *words).stderr
