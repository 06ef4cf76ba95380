from __future__ import annotations

import pytest

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Standing
from holdfast.stages.enriching.supersession import Resolution, resolve_standings

EVERYONE = frozenset({"everyone"})


def standing(
    path: str, title: str = "", *supersedes: str, entries: frozenset[str] = EVERYONE, **known: object
) -> Standing:
    metadata = Metadata(title=title, supersedes=supersedes, **known)  # type: ignore[arg-type]
    return Standing(source="docs", path=path, title=title, metadata=metadata, entries=entries)


def resolved(*standings: Standing, within: str = "source") -> Resolution:
    return resolve_standings(standings, within=within)


@pytest.mark.parametrize(
    "reference",
    [
        "Travel and Expense Policy 2023",
        "Travel & Expense Policy 2023",
        "the Travel and Expense Policy 2023",
        "The Travel and Expense Policy of 2023 and is effective from 1 March",
        "Travel and Expense Policy 2023 (version 3)",
        "the 2023 edition of the Travel and Expense Policy",
        "the Travel and Expense Policy dated 4 May 2023, which is withdrawn",
        "our previous 'Travel and Expense Policy 2023'",
        "old.md",
        "the document old.md in full",
        "hr/old.md",
        "travel and expense policy 2023.",
    ],
)
def test_a_title_is_found_in_ordinary_wording(reference: str) -> None:
    found = resolved(
        standing("hr/old.md", "Travel and Expense Policy 2023"),
        standing("hr/new.md", "Travel and Expense Policy 2024", reference),
        standing("hr/expense.md", "Expense Policy 2023"),
        standing("hr/travel.md", "Travel"),
    )
    assert (dict(found.superseded), found.doubts) == ({("docs", "hr/old.md"): "hr/new.md"}, ())


def test_two_titles_that_a_list_names_are_both_found() -> None:
    found = resolved(
        standing("a.md", "Travel and Expense Policy"),
        standing("b.md", "Hotel Policy"),
        standing("c.md", "Expense Policy"),
        standing("new.md", "Trips", "Travel and Expense Policy, Hotel Policy"),
    )
    assert dict(found.superseded) == {("docs", "a.md"): "new.md", ("docs", "b.md"): "new.md"}
    assert found.doubts == ()


@pytest.mark.parametrize(
    "reference",
    ["Travel Policy for Contractors", "the Travel Policy of 2021", "Travel Policies", "Travel Policy 2021"],
)
def test_another_title_that_begins_alike_is_not_the_one_and_the_nearest_is_told(reference: str) -> None:
    found = resolved(
        standing("old-2022.md", "Travel Policy"), standing("new.md", "Journeys", "Hotel list", reference)
    )
    assert not found.superseded
    doubts = {doubt.words: doubt for doubt in found.doubts}
    assert (doubts[reference].document, doubts[reference].nearest) == ("new.md", "old-2022.md")
    assert "'Travel Policy', old-2022.md" in str(doubts[reference])
    assert doubts["Hotel list"].nearest == ""


def test_a_number_tells_two_of_one_title_apart() -> None:
    found = resolved(
        standing("travel-v2.md", "Travel Policy"),
        standing("travel-v3.md", "Travel Policy"),
        standing("new.md", "Travel Policy", "Travel Policy (version 3)"),
    )
    assert dict(found.superseded) == {("docs", "travel-v3.md"): "new.md"}


def test_two_documents_that_both_match_are_told_and_none_is_superseded() -> None:
    found = resolved(
        standing("eu/a.md", "Travel Policy"),
        standing("us/b.md", "Travel Policy"),
        standing("new.md", "Journeys", "the Travel Policy"),
    )
    assert not found.superseded
    (doubt,) = found.doubts
    assert doubt.why == "it may be any of eu/a.md, us/b.md"


def test_a_file_name_is_that_of_the_file_beside_it() -> None:
    found = resolved(
        standing("eu/travel.md", "A"), standing("us/travel.md", "B"), standing("us/new.md", "C", "travel.md")
    )
    assert dict(found.superseded) == {("docs", "us/travel.md"): "us/new.md"}


def test_a_circle_is_told_and_supersedes_nothing() -> None:
    found = resolved(
        standing("a.md", "A", "b.md"), standing("b.md", "B", "c.md"), standing("c.md", "C", "a.md"),
        standing("d.md", "D", "a.md"), standing("e.md", "E"), standing("f.md", "F", "e.md"),
    )  # fmt: skip
    assert dict(found.superseded) == {("docs", "a.md"): "d.md", ("docs", "e.md"): "f.md"}
    assert [(one.document, one.why) for one in found.doubts] == [
        (path, "the claims run in a circle") for path in ("a.md", "b.md", "c.md")
    ]


def test_readers_of_a_document_are_not_left_with_neither() -> None:
    shut, wide = frozenset({"leads"}), frozenset({"leads", "sales"})
    old = standing("old.md", "Travel Policy", entries=wide)
    closed = resolved(old, standing("new.md", "Trips", "Travel Policy", entries=shut))
    assert not closed.superseded
    assert closed.doubts[0].why == "sales may read old.md and not new.md, and would be left with neither"
    for entries in (wide, EVERYONE):
        assert resolved(old, standing("new.md", "Trips", "Travel Policy", entries=entries)).superseded


def test_what_came_by_mail_supersedes_nothing_but_what_came_with_it() -> None:
    old = standing("policies/old.md", "Travel Policy")
    for path in ("in/mail.eml", "in/mail.eml/new.md", "in/mail.msg/a.eml/new.md"):
        found = resolved(old, standing(path, "Trips", "Travel Policy"))
        assert not found.superseded
        assert "came by mail" in found.doubts[0].why
    with_it = resolved(
        standing("in/mail.eml/old.md", "Travel Policy"),
        standing("in/mail.eml/new.md", "Trips", "Travel Policy"),
    )
    assert with_it.superseded


def test_a_document_may_say_that_another_supersedes_it_only_where_its_readers_may_read_that() -> None:
    leads = frozenset({"leads"})
    found = resolved(
        standing("old.md", "A", superseded_by="B"), standing("new.md", "B", entries=leads), within="folder"
    )
    assert not found.superseded


def test_within_its_folder_a_document_supersedes_no_other_teams() -> None:
    old, new = standing("hr/old.md", "Travel Policy"), standing("sales/new.md", "Trips", "Travel Policy")
    assert resolved(old, new).superseded
    shut = resolved(old, new, within="folder")
    assert not shut.superseded
    assert shut.doubts[0].why == "hr/old.md is not in the folder of sales/new.md"
    above = standing("new.md", "Trips", "Travel Policy")
    assert resolved(old, above, within="folder").superseded


def test_a_draft_is_not_asked_what_it_would_supersede() -> None:
    found = resolved(standing("new.md", "Trips", "Travel Policy", status=Status.DRAFT))
    assert found == Resolution()
