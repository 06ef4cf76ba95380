"""Documents as the workbench shows them: by revision, to whom may see them today, counted by rule and version."""

from __future__ import annotations

from pathlib import Path

from holdfast.domain.access import Principal
from holdfast.storage.library import chunks_of, find_document, list_documents, revisions_of
from holdfast.storage.source_overview import access_lines, source_lines, version_lines, view_of
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import SOURCE, document

ANA = Principal(user="ana")
SAM = Principal(user="sam", groups=frozenset({"sales"}))


def test_a_citation_finds_the_revision_that_it_was_made_of(tmp_path: Path, empty_url: str) -> None:
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(document("a.md", "first text"), document("b.md", "other"))
        rig.publish(document("a.md", "second text"), removed=["b.md"])
        with rig.database.read() as connection:
            now = find_document(connection, "a.md", ANA)
            then = find_document(connection, "a.md", ANA, version=1)
            gone = find_document(connection, "b.md", ANA)
            before = find_document(connection, "b.md", ANA, version=1)
            assert now is not None
            assert then is not None
            assert before is not None
            assert (now.text, now.is_current) == ("second text", True)
            assert (then.text, then.is_current) == ("first text", False)
            assert gone is None
            assert before.text == "other"
            assert [one.is_current for one in revisions_of(connection, then)] == [True, False]
            assert [(one.start, one.end) for one in chunks_of(connection, now)] == [(0, 11)]
            assert find_document(connection, "a.md", ANA, source="elsewhere") is None


def test_todays_access_decides_of_old_revisions_too(tmp_path: Path, empty_url: str) -> None:
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(document("a.md", "first"), document("b.md", "other"))
        rig.publish(document("a.md", "second"))
        rig.refile({"a.md": ["sales"]})
        with rig.database.read() as connection:
            for version in (None, 1, 2):
                assert find_document(connection, "a.md", ANA, version=version) is None
            assert find_document(connection, "a.md", SAM) is not None
            assert [one.path for one in list_documents(connection, ANA)] == ["b.md"]
            assert [one.path for one in list_documents(connection, SAM, like="A.M")] == ["a.md"]
            assert [one.path for one in list_documents(connection, SAM, after="a.md")] == ["b.md"]
            view = view_of(connection, ANA)
            assert (view.visible, view.all, view.closed) == (1, 2, ("a.md",))


def test_sources_are_counted_by_rule_and_version(tmp_path: Path, empty_url: str) -> None:
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(document("a.md", "first"), document("b.md", "other"), document("c.md", "x", entries=()))
        rig.publish(document("a.md", "second"), removed=["b.md"])
        with rig.database.read() as connection:
            assert source_lines(connection) == ()  # nothing was surveyed
            assert {(one.entries, one.documents) for one in access_lines(connection)} == {
                (("everyone",), 1),
                ((), 1),
            }
            newest, first = version_lines(connection)
            assert (newest.version, newest.came, newest.went) == (2, 1, 2)
            assert (first.version, first.came, first.went) == (1, 3, 0)
            assert newest.at is not None
            assert newest.at.tzinfo is not None


def test_the_source_of_a_document_is_named(tmp_path: Path, empty_url: str) -> None:
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(document("a.md", "first"))
        with rig.database.read() as connection:
            found = find_document(connection, "a.md", ANA, source=SOURCE)
    assert found is not None
    assert found.access.rule == "by the test"
