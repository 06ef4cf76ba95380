"""A new version of Holdfast finds other things in documents: only those that differ become revisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import holdfast
from holdfast.domain.indexing import SyncReport
from holdfast.stages.enriching import enricher

Make = Callable[..., Path]
DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
DOCUMENTS = {
    "pump.md": "# Pump 7\n\nThe coupling of pump 7 is greased every 400 hours.\n",
    "fan.md": "# Fan 3\n\nThe bearing of fan 3 is replaced after 9,000 hours.\n",
    "old.md": "# Fan 2\n\nSuperseded by: fan.md\n\nThe bearing of fan 2 is never replaced.\n",
}


@pytest.fixture
def folder(make: Make) -> Path:
    folder = make(declaration=DECLARATION, documents=DOCUMENTS)
    with holdfast.open(folder) as flow:
        assert flow.sync().added == 3
    return folder


def synced(folder: Path) -> tuple[SyncReport, set[str]]:
    """Return the report of a sync in a process of its own, as it were, and what a search finds then."""
    with holdfast.open(folder) as flow:
        report = flow.sync()
        hits = flow.search("bearing of the fan", principal=holdfast.Principal(user="ana")).hits
        return report, {hit.document for hit in hits}


def test_rules_that_find_the_same_publish_nothing_and_are_passed_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, found = synced(folder)
    monkeypatch.setattr(enricher, "RULES", 1_000)
    again, found_again = synced(folder)
    assert (again.unchanged, again.failed, again.index_version) == (3, 0, before.index_version)
    assert found_again == found
    after, _ = synced(folder)
    assert (after.updated, after.unchanged) == (0, 3)


def test_rules_that_find_something_else_in_one_document_publish_that_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, found = synced(folder)
    real = enricher.number_of
    monkeypatch.setattr(enricher, "RULES", 1_000)
    monkeypatch.setattr(
        enricher, "number_of", lambda text, properties: "P-7" if "Pump 7" in text else real(text, properties)
    )
    again, found_again = synced(folder)
    assert again.index_version == before.index_version + 1
    assert again.chunks == before.chunks
    assert found_again == found
