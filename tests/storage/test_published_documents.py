"""Whole documents are read back as readers of the published version have them, with today's access."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from holdfast.domain.access import AccessList
from holdfast.domain.documents import Section, Status
from holdfast.domain.locators import Locator
from holdfast.storage.documents import (
    Kept,
    access_at,
    published_at,
    published_documents,
    published_paths,
)
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import SOURCE, document


def kept(rig: LocalRig) -> list[Kept]:
    with rig.database.read() as connection:
        return list(published_documents(connection))


def test_a_document_is_read_back_as_it_was_written(tmp_path: Path, empty_url: str) -> None:
    section = Section(start=0, end=12, locator=Locator(page=3, heading=("Oil",)))
    one = replace(document("a.md", "Use VG 68. ß", keys={"product": ("HX-200",)}), sections=(section,))
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(one)
        assert kept(rig) == [Kept(document=one, parent="")]


def test_only_what_is_published_is_read_with_today_s_access_and_standing(
    tmp_path: Path, empty_url: str
) -> None:
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(document("a.md", "first"), document("b.md", "other"), document("c.md", "third"))
        rig.publish(document("a.md", "second"), removed=["b.md"])
        rig.refile({"a.md": ["sales"]})
        writer = rig.writer()
        rig.write(writer, [document("d.md", "not yet")])
        writer.refile_standing({(SOURCE, "c.md"): "a.md"})
        writer.publish()
        rig.write(rig.writer(), [document("e.md", "never published")])
        found = {one.document.path: one.document for one in kept(rig)}
    assert sorted(found) == ["a.md", "c.md", "d.md"]
    assert found["a.md"].text == "second"
    assert found["a.md"].access == AccessList(entries=frozenset({"sales"}), rule=found["a.md"].access.rule)
    assert found["c.md"].metadata.status is Status.SUPERSEDED
    assert found["c.md"].metadata.superseded_by == "a.md"


def test_more_documents_than_one_batch_come_in_order_without_loss(tmp_path: Path, empty_url: str) -> None:
    names = [f"{number:03}.md" for number in range(230)]
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(*(document(name, f"text {name}") for name in names))
        assert [one.document.path for one in kept(rig)] == names


def test_documents_are_found_by_their_paths_with_who_may_see_them_today(
    tmp_path: Path, empty_url: str
) -> None:
    names = [f"{number:03}.md" for number in range(130)]
    with LocalRig(tmp_path, url=empty_url) as rig:
        rig.publish(*(document(name, f"text {name}") for name in names), document("gone.md", "gone"))
        rig.publish(document("000.md", "new"), removed=["gone.md"])
        rig.refile({"000.md": ["sales"]})
        rig.write(rig.writer(), [document("later.md", "never published")])
        with rig.database.read() as connection:
            found = {one.path: one for one in published_at(connection, [*names[:101], "gone.md", "later.md"])}
            access = access_at(connection, ["000.md", "001.md", "gone.md", "later.md"])
            paths = published_paths(connection)
    assert sorted(found) == names[:101]
    assert found["000.md"].text == "new"
    assert {path: [one.entries for one in lists] for path, lists in access.items()} == {
        "000.md": [frozenset({"sales"})], "001.md": [found["001.md"].access.entries],
    }  # fmt: skip
    assert paths == tuple(names)
