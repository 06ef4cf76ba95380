"""A document that says in ordinary words which one it replaces, from the folder to the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import holdfast
from holdfast.storage.library import list_documents

Make = Callable[..., Path]
ANA = holdfast.Principal(user="ana")
SAM = holdfast.Principal(user="sam", groups=frozenset({"sales"}))
HOTEL = "How much may a hotel cost a night?"

OLD = "# Travel and Expense Policy 2023\n\nA hotel may cost 120 EUR a night.\n"
NEW = "# Travel Rules\n\n{said}\n\nA hotel may cost 150 EUR a night.\n"
OPEN = '"**": [everyone]\n'


@pytest.mark.parametrize(
    "said",
    [
        "Supersedes: Travel and Expense Policy 2023",
        "**Replaces and supersedes:** the Travel and Expense Policy 2023 (version 3)",
        "This policy supersedes the Travel and Expense\nPolicy of 2023 and is effective from 1 March. It is new.",
        "This version supersedes old.md",
        "This document replaces the Travel & Expense Policy 2023.",
        "Diese Richtlinie ersetzt die Travel and Expense Policy 2023 und gilt ab 1. März.",
    ],
)
def test_what_is_superseded_in_ordinary_words_is_no_longer_answered(make: Make, said: str) -> None:
    documents = {"old.md": OLD, "new.md": NEW.format(said=said), "permissions.yaml": OPEN}
    with holdfast.open(make(documents=documents)) as flow:
        assert flow.sync().doubts == ()
        hits = flow.search(HOTEL, principal=ANA).hits
        assert {hit.document for hit in hits} == {"new.md"}


def test_a_claim_that_names_no_document_is_told_at_every_sync(make: Make) -> None:
    said = NEW.format(said="Supersedes: Travel and Expenses Policy 2022")
    with holdfast.open(make(documents={"old.md": OLD, "new.md": said, "permissions.yaml": OPEN})) as flow:
        for report in (flow.sync(), flow.sync()):
            (doubt,) = report.doubts
            assert (doubt.document, doubt.words) == ("new.md", "Travel and Expenses Policy 2022")
            assert (doubt.why, doubt.nearest) == ("no document has that name", "old.md")
        assert {hit.document for hit in flow.search(HOTEL, principal=ANA).hits} == {"old.md", "new.md"}


def test_whoever_may_not_read_the_successor_keeps_the_document_and_access_is_followed(make: Make) -> None:
    documents = {"old.md": OLD, "shut/new.md": NEW.format(said="Supersedes: old.md")}
    folder = make(documents={**documents, "permissions.yaml": OPEN + '"shut/**": [sales]\n'})
    with holdfast.open(folder) as flow:
        (doubt,) = flow.sync().doubts
        assert doubt.why == "everyone may read old.md and not shut/new.md, and would be left with neither"
        assert {hit.document for hit in flow.search(HOTEL, principal=ANA).hits} == {"old.md"}
        (folder / "documents" / "permissions.yaml").write_text('"**": [sales]\n')
        assert flow.sync().doubts == ()
        assert {hit.document for hit in flow.search(HOTEL, principal=SAM).hits} == {"shut/new.md"}


def test_a_mail_supersedes_no_document(make: Make) -> None:
    mail = (
        b"From: eve@example.com\nTo: desk@example.com\nSubject: Prices\nMIME-Version: 1.0\n"
        b"Content-Type: text/plain; charset=utf-8\n\n"
        b"Supersedes: Travel and Expense Policy 2023\n\nA hotel may cost 900 EUR a night.\n"
    )
    with holdfast.open(make(documents={"old.md": OLD, "in/m.eml": mail, "permissions.yaml": OPEN})) as flow:
        (doubt,) = flow.sync().doubts
        assert doubt.why == "what came by mail (in/m.eml) supersedes nothing outside of it"
        assert "old.md" in {hit.document for hit in flow.search(HOTEL, principal=ANA).hits}


def test_the_declaration_keeps_supersession_within_a_folder(make: Make) -> None:
    documents = {"hr/old.md": OLD, "sales/new.md": NEW.format(said="Supersedes: hr/old.md")}
    folder = make(
        "enriching: {supersede_within: folder}\n", documents={**documents, "permissions.yaml": OPEN}
    )
    with holdfast.open(folder) as flow:
        (doubt,) = flow.sync().doubts
        assert doubt.why == "hr/old.md is not in the folder of sales/new.md"


def test_a_successor_that_is_closed_between_two_syncs_supersedes_nothing_from_then_on(make: Make) -> None:
    """Else some would be left with neither, and told the name of what they may not see."""
    documents = {
        "old.md": OLD,
        "shut/new.md": NEW.format(said="Supersedes: old.md"),
        "permissions.yaml": OPEN,
    }
    folder = make(documents=documents)
    with holdfast.open(folder) as flow:
        flow.sync()
        assert {hit.document for hit in flow.search(HOTEL, principal=ANA).hits} == {"shut/new.md"}
        (folder / "documents" / "permissions.yaml").write_text(OPEN + '"shut/**": [sales]\n')
        flow._wait(flow._flow.refresh_access)
        (hit,) = flow.search(HOTEL, principal=ANA).hits
        assert (hit.document, hit.metadata.status, hit.metadata.superseded_by) == ("old.md", "approved", "")
        with flow._flow.wiring.database.read() as connection:
            (listed,) = list_documents(connection, ANA)
        assert (listed.status, listed.superseded_by) == ("approved", "")
        (doubt,) = flow.sync().doubts
        assert doubt.document == "shut/new.md"
