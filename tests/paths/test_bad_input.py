"""Bad input ends in a clear error or a listed problem, and nothing already indexed is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import holdfast
from holdfast.domain.indexing import SyncReport
from holdfast.domain.outcomes import Answer, Outcome
from holdfast.errors import DeclarationError, HoldfastError, StorageError, UsageError
from holdfast.testing.files import docx_file, pdf_file

Make = Callable[..., Path]

ANA = holdfast.Principal(user="ana")
GLAND = "How tight are the gland bolts of the HX-200?"
OPEN = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
GOOD = {"gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n"}
TEXT = "The coupling of pump 7 is greased every 400 hours."


def synced_and_asked(folder: Path, question: str = GLAND) -> tuple[SyncReport, Outcome]:
    with holdfast.open(folder) as flow:
        return flow.sync(), flow.ask(question, principal=ANA).outcome


# --- folders ---


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "gland.md"])
def test_a_folder_that_is_none_is_a_usage_error(make: Make, name: str) -> None:
    folder = make(declaration=OPEN, documents=GOOD)
    with pytest.raises(UsageError, match="folder"), holdfast.open(folder / "documents" / name):
        pass


def test_an_empty_folder_is_synced_and_says_that_it_holds_nothing(make: Make) -> None:
    report, outcome = synced_and_asked(make(declaration=OPEN, documents={}))
    assert (report.added, report.chunks, report.problems) == (0, 0, ())
    assert any("no document" in notice for notice in report.notices)
    assert "could not find" in outcome.text


def test_a_source_that_is_away_stops_the_sync_and_keeps_what_was_indexed(make: Make) -> None:
    folder = make(declaration=OPEN, documents=GOOD)
    with holdfast.open(folder) as flow:
        flow.sync()
        (folder / "documents").rename(folder / "elsewhere")
        with pytest.raises(HoldfastError, match="documents"):
            flow.sync()
        assert "35 Nm" in flow.ask(GLAND, principal=ANA).outcome.text
        (folder / "elsewhere").rename(folder / "documents")
        assert flow.sync().unchanged == 1


def test_many_documents_that_vanish_at_once_are_kept_until_somebody_says_so(make: Make) -> None:
    async def work() -> None:
        folder = make(declaration=OPEN, documents={f"{n}.md": f"# Part {n}\n\n{TEXT}\n" for n in range(12)})
        async with holdfast.open(folder) as flow:
            await flow.sync()
            for file in (folder / "documents").iterdir():
                file.unlink()
            with pytest.raises(StorageError, match="vanished"):
                await flow.sync()
            assert (await flow.search("coupling", principal=ANA)).hits
            assert (await flow.sync(may_vanish=True)).removed == 12
            assert not (await flow.search("coupling", principal=ANA)).hits

    asyncio.run(work())


# --- files ---

ENCRYPTED = pdf_file([TEXT]).replace(
    b"trailer\n<<", b"trailer\n<< /Encrypt << /Filter /Standard /V 9 /R 9 >> "
)
BAD_FILES: dict[str, bytes] = {
    "empty.md": b"",
    "blank.txt": b" \n\n \n",
    "cut.docx": docx_file([("", TEXT)])[:-40],
    "cut.pdf": pdf_file([TEXT])[:60],
    "cut.xlsx": b"PK\x03\x04 and no more",
    "encrypted.pdf": ENCRYPTED,
    "not-a.pdf": b"\x00\x01\x02\x03" * 100,
    "office.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000,
    "noise.md": bytes(range(256)) * 20,
    "programme.txt": b"\x7fELF" + b"\0" * 500,
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_listed_and_the_others_are_answered_from(make: Make, name: str) -> None:
    report, outcome = synced_and_asked(make(declaration=OPEN, documents=GOOD | {name: BAD_FILES[name]}))
    assert report.added == 1
    (problem,) = report.problems
    assert problem.document == name
    assert problem.stage == "parsing"
    assert len(problem.reason) > 10
    assert "35 Nm" in outcome.text


def test_wrong_extensions_are_seen_through(make: Make) -> None:
    documents = {
        "really-a-docx.pdf": docx_file([("", TEXT)]),
        "really-a-pdf.md": pdf_file(["The filter of pump 9 is washed weekly."]),
        "no-extension": "The impeller of pump 8 is made of bronze.",
    }
    report, outcome = synced_and_asked(
        make(declaration=OPEN, documents=documents), "How often is the coupling of pump 7 greased?"
    )
    assert (report.added, report.failed) == (3, 0), report.problems
    assert isinstance(outcome, Answer)
    assert outcome.citations[0].document == "really-a-docx.pdf"


def test_names_of_every_kind_are_taken_in_and_cited(make: Make) -> None:
    names = [
        "with spaces and (brackets) [1].md", "💧 pump \u00e9 e\u0301.md", "x" * 252 + ".md", "-rf.md", "'\"; drop.md",
        "new\nline.md", "%s{}$HOME.md", "deep/er/and/deeper/down.md",
    ]  # fmt: skip
    documents = {name: f"# Part {n}\n\nPart {n}: shelf {n}.\n" for n, name in enumerate(names)}
    folder = make(declaration=OPEN, documents=documents)
    with holdfast.open(folder) as flow:
        report = flow.sync()
        assert (report.added, report.failed) == (len(names), 0), report.problems
        hits = flow.search("part shelf", principal=ANA, k=50).hits
        assert {hit.document for hit in hits} == set(names)
        assert flow.sync().unchanged == len(names)


def test_a_name_that_is_no_text_is_listed_or_taken_in(make: Make) -> None:
    folder = make(declaration=OPEN, documents=GOOD)
    try:
        Path(folder / "documents" / os.fsdecode(b"caf\xe9.md")).write_bytes(b"# Cafe\n\nCoffee is at ten.\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    report, outcome = synced_and_asked(folder)
    assert report.added + len(report.problems) == 2
    assert "35 Nm" in outcome.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: run as another user to check this")
def test_a_file_that_may_not_be_read_is_listed(make: Make) -> None:
    folder = make(declaration=OPEN, documents=GOOD | {"closed.md": "# Closed\n"})
    (folder / "documents" / "closed.md").chmod(0)
    report, outcome = synced_and_asked(folder)
    assert [problem.document for problem in report.problems] == ["closed.md"]
    assert "35 Nm" in outcome.text


def test_files_that_vanish_or_change_while_they_are_read_do_no_harm(make: Make) -> None:
    folder = make(
        declaration=OPEN, documents=GOOD | {f"{n}.md": f"# Part {n}\n\n{TEXT}\n" for n in range(20)}
    )
    documents = folder / "documents"

    def meddle(what: str, done: int, _total: int) -> None:
        if what == "listing":
            return
        for n in range(10):
            (documents / f"{n}.md").unlink(missing_ok=True)
        (documents / "15.md").write_text(f"# Changed {done}\n\nNow it is {done}.\n")

    with holdfast.open(folder) as flow:
        report = flow.sync(progress=meddle)
        assert report.index_version == 1
        after = flow.sync()
        assert after.failed == 0
        assert len(flow.search("part", principal=ANA, k=50).hits) == 11
        assert "35 Nm" in flow.ask(GLAND, principal=ANA).outcome.text


def test_a_file_that_is_damaged_later_keeps_the_revision_that_could_be_read(make: Make) -> None:
    whole = docx_file([("", TEXT)])
    folder = make(declaration=OPEN, documents={"coupling.docx": whole})
    question = "How often is the coupling of pump 7 greased?"
    with holdfast.open(folder) as flow:
        flow.sync()
        (folder / "documents" / "coupling.docx").write_bytes(whole[:-40])
        report = flow.sync()
        assert [problem.document for problem in report.problems] == ["coupling.docx"]
        assert "400 hours" in flow.ask(question, principal=ANA).outcome.text
        (folder / "documents" / "coupling.docx").write_bytes(whole)
        assert flow.sync().problems == ()


# --- questions ---


@pytest.mark.parametrize(
    "question",
    ["", "   ", "\0", "\x01\x02\x1b[31m", "\u202e\u200b\ufeff", "\udcff half", "?" * 5000, "x" * 1_000_000, "how tight " * 100_000],
    ids=["empty", "blank", "nul", "controls", "bidi", "surrogate", "marks", "1 MB word", "1 MB words"],
)  # fmt: skip
def test_a_question_that_is_none_ends_quickly_and_clearly(make: Make, question: str) -> None:
    with holdfast.open(make(declaration=OPEN, documents=GOOD)) as flow:
        flow.sync()
        run = flow.ask(question, principal=ANA)
        assert not isinstance(run.outcome, Answer)
        assert run.outcome.reason
        assert run.took_ms < 5_000
        flow.search(question, principal=ANA)
        assert "35 Nm" in flow.ask(GLAND, principal=ANA).outcome.text


@pytest.mark.parametrize(
    "query",
    ['"gland', "gland AND", "AND OR NOT", "gland*", "*", "gland:bolts", "text:gland", "(gland", "gland\\", "+gland -bolts",
     "gland^2", "[a TO z]", "gland~1", "/gl.*/", "'; DROP TABLE chunks; --", "{{ 7 * 7 }}", "%", "_"],
)  # fmt: skip
def test_the_signs_of_query_languages_mean_nothing(make: Make, query: str) -> None:
    with holdfast.open(make(declaration=OPEN, documents=GOOD)) as flow:
        flow.sync()
        hits = flow.search(query, principal=ANA).hits
        assert flow.ask(query, principal=ANA).outcome.text
    if "gland" in query:
        assert [hit.document for hit in hits] == ["gland.md"]


# --- declarations ---


@pytest.mark.parametrize(
    ("declaration", "told"),
    [
        ("name: x\nretreival: {k: 3}\n", r"line 2.*retrieval"),
        ("name: x\nsources: [{files: documents, acces: [a]}]\n", r"line 2.*access"),
        ("name: &a\n  b: *a\n", "line 1: holds itself"),
        ("name: [x\n", "line"),
        ("name: x\n\tsources: []\n", "tab|line 2"),
        ("", "no key"),
        ("name: x\nassembly: {system: nothing.md.jinja}\n", "nothing.md.jinja"),
        ("name: x\nchunking: {use: 'missing:Part'}\n", "missing"),
        ("name: x\nretrieval: {k: many}\n", "number"),
    ],
)
def test_a_mistake_in_the_declaration_is_named_with_its_line(make: Make, declaration: str, told: str) -> None:
    folder = make(declaration=declaration, documents=GOOD)
    with pytest.raises(DeclarationError, match=told), holdfast.open(folder):
        pass


@pytest.mark.parametrize(
    "permissions", ["", "'**': everyone\n", "'**': [everyone\n", "- a\n", "'[': [a]\n", "a: &a [*a]\n"]
)
def test_a_mistake_in_the_permissions_stops_the_sync_and_opens_nothing(make: Make, permissions: str) -> None:
    folder = make()
    with holdfast.open(folder) as flow:
        flow.sync()
        (folder / "documents" / "permissions.yaml").write_text(permissions)
        with pytest.raises(DeclarationError, match=r"permissions\.yaml"):
            flow.sync()
        assert "pricing/list.md" not in {hit.document for hit in flow.search("price", principal=ANA).hits}
