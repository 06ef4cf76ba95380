"""Archives, clocks and shares: what a sync of real folders meets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import holdfast
from holdfast.errors import StorageError
from holdfast.flows import ingest
from holdfast.testing.files import docx_file, zip_file
from holdfast.testing.old_office_files import xls_file

Make = Callable[..., Path]

ANA, BO = holdfast.Principal(user="ana"), holdfast.Principal(user="bo")
OPEN = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
CLOSED = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
GREASE = "The coupling of pump 7 is greased every 400 hours."


def paths(flow: holdfast.Session, question: str, principal: holdfast.Principal) -> set[str]:
    return {hit.document for hit in flow.search(question, principal=principal).hits}


def test_files_of_an_archive_are_found_as_documents_with_the_archives_access(make: Make) -> None:
    inner = zip_file({"deep.docx": docx_file([("Heading1", "Coupling"), ("", GREASE)])})
    archive = zip_file(
        {"a/torques.xls": xls_file([["Bolt", "Torque"], ["coupling bolt", 18.0]]), "in.zip": inner}
    )
    folder = make(
        declaration=CLOSED, documents={"box.zip": archive, "permissions.yaml": "'*': ['user:ana']\n"}
    )
    with holdfast.open(folder) as flow:
        report = flow.sync()
        assert (report.added, report.failed) == (4, 0)
        assert paths(flow, "coupling", ANA) >= {"box.zip/a/torques.xls", "box.zip/in.zip/deep.docx"}
        assert not paths(flow, "coupling", BO)
        (folder / "documents" / "permissions.yaml").write_text("'*': ['user:bo']\n")
        flow.sync()
        assert not paths(flow, "coupling", ANA)
        assert paths(flow, "coupling", BO)
        (folder / "documents" / "box.zip").unlink()
        assert flow.sync().removed == 4


def test_archives_in_archives_multiply_no_further_than_they_may(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.Room, "__init__", lambda self, left=5: setattr(self, "left", left))
    inner = zip_file({f"{number}.txt": GREASE for number in range(4)})
    folder = make(declaration=OPEN, documents={"box.zip": zip_file({f"{n}.zip": inner for n in range(4)})})
    with holdfast.open(folder) as flow:
        report = flow.sync()
    assert report.added == 6
    assert any("documents" in problem.reason and "unpack" in problem.reason for problem in report.problems)


def test_a_share_that_vanishes_during_a_sync_stops_it_and_nothing_is_lost(make: Make) -> None:
    folder = make(declaration=OPEN, documents={f"{n}.md": f"# Part {n}\n\n{GREASE}\n" for n in range(6)})
    documents, away = folder / "documents", folder / "away"

    def unmount(what: str, done: int, total: int) -> None:
        if what == "reading" and documents.is_dir():
            documents.rename(away)

    with holdfast.open(folder) as flow:
        flow.sync()
        for number in range(6):
            (documents / f"{number}.md").write_text(f"# Part {number}\n\nChanged. {GREASE}\n")
        with pytest.raises(StorageError, match="index stays as it is"):
            flow.sync(progress=unmount)
        assert len(paths(flow, "coupling", ANA)) == 6
        away.rename(documents)
        assert flow.sync().updated == 6


@pytest.mark.parametrize("seconds", [-1_000_000_000, 4_000_000_000])
def test_a_clock_that_is_wrong_hides_no_change(make: Make, seconds: int) -> None:
    folder = make(declaration=OPEN, documents={"a.md": f"# A\n\n{GREASE}\n"})
    file = folder / "documents" / "a.md"
    with holdfast.open(folder) as flow:
        flow.sync()
        before = file.stat().st_mtime
        file.write_text("# A\n\nThe coupling is greased every 300 hours.\n")
        os.utime(file, (before + seconds, before + seconds))
        assert flow.sync().updated == 1
        assert "300" in flow.search("coupling", principal=ANA).hits[0].text
        assert flow.sync().unchanged == 1


def test_what_other_settings_read_as_before_is_told_as_unchanged(make: Make) -> None:
    texts = {"a.md": f"# A\n\n{GREASE}\n", "b.md": f"# B\n\n{'The valve closes slowly. ' * 60}\n"}
    folder = make(declaration=OPEN, documents=texts)
    with holdfast.open(folder) as flow:
        assert flow.sync().added == 2
    make(declaration=OPEN + "chunking: {size: 400, overlap: 0}\n", documents=texts)
    with holdfast.open(folder) as flow:
        report = flow.sync()
    assert (report.updated, report.unchanged) == (1, 1)
