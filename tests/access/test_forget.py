"""What is forgotten is gone from every record and file, and the command proves it or says where it is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import holdfast
from holdfast.cli.main import app
from holdfast.cli.target import local_user
from holdfast.domain.access import Principal
from holdfast.erasing import Erased
from holdfast.errors import NotAllowed, UsageError
from holdfast.storage.audit import AuditEntry, append, entries
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.schema import access_entries, jobs

Make = Callable[..., Path]
DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
SECRET = "The severance of Zanzibarquokka Mbeki-Straus is nine hundred and eleven guilders a month"
LETTER = f"# Letter\n\n{SECRET}.\n\nIt is paid until the autumn of the year after the next.\n"
RULES = '"**": [everyone]\n"hr/**": [hr, "user:kim"]\n'
PAPERS = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "warranty.md": "# Warranty\n\nThe warranty of the HX-200 pump lasts 24 months from delivery.\n",
    "hr/letter.md": LETTER,
}
HR = Principal(user="ana", groups=frozenset({"hr"}))
ASKED = "What is the severance of Zanzibarquokka Mbeki-Straus?"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def command(*words: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="holdfast", input=stdin)


def state_of(tmp_path: Path) -> Path:
    return tmp_path / "work" / ".holdfast"


def records(tmp_path: Path) -> Database:
    return open_database(sqlite_url(state_of(tmp_path) / "records.db"))


def audited(tmp_path: Path) -> list[AuditEntry]:
    database = records(tmp_path)
    with database.read() as connection:
        written = entries(connection)
    database.close()
    return list(reversed(written))


def files_with(folder: Path, *needles: str) -> list[str]:
    """Return files in which a needle stands, plain or in any zlib stream that begins in them."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            plain = [data]
            at = data.find(b"\x78\x01")
            while at >= 0:
                with contextlib.suppress(zlib.error):
                    plain.append(zlib.decompressobj().decompress(data[at:]))
                at = data.find(b"\x78\x01", at + 1)
            if any(needle.encode() in text for needle in needles for text in plain):
                found.append(path.name)
    return found


@pytest.fixture(autouse=True)
def _state_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state in the folder itself, so that a folder that was synced can be copied."""
    monkeypatch.delenv("HOLDFAST_HOME", raising=False)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a declared folder with two revisions of a letter, and runs that quote it."""
    made = write(tmp_path_factory.mktemp("forget"), {"workflow.yaml": DECLARATION})
    write(made / "documents", {**PAPERS, "permissions.yaml": RULES})
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HOLDFAST_HOME", raising=False)
        with holdfast.open(made) as flow:
            flow.sync()
            flow.ask(ASKED, principal=HR)
            (made / "documents" / "hr" / "letter.md").write_text(LETTER.replace("autumn", "winter"))
            flow.sync()
            flow.ask("How tight are the gland bolts of the HX-200?", principal=Principal(user="bob"))
    return made


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy of it for one test."""
    return shutil.copytree(prepared, tmp_path / "work")


async def forgotten(folder: Path, document: str) -> Erased:
    async with holdfast.open(folder) as flow:
        return await flow.forget(document, who="operator")


def test_a_document_is_forgotten_everywhere_and_does_not_come_back(folder: Path, tmp_path: Path) -> None:
    assert files_with(state_of(tmp_path), SECRET[:40])
    (folder / "documents" / "hr" / "letter.md").unlink()
    ended = command("forget", folder, "hr/letter.md", "--yes", "--json")
    told = json.loads(ended.stdout.splitlines()[-1])
    assert ended.exit_code == 0, ended.stderr
    assert set(told) == {"v", "planned", "forgotten", "searched", "left", "notes"}
    counts = {key: told["planned"][key] for key in told["forgotten"] if key != "audit_entries"}
    assert counts | {"audit_entries": 0} == told["forgotten"]
    assert (told["planned"]["reviews"], told["planned"]["blocked"]) == ([], None)
    assert told["forgotten"] | {"vectors": 0} == {
        "documents": 1, "revisions": 2, "chunks": 2, "vectors": 0, "runs": 1, "audit_entries": 0,
    }  # fmt: skip
    assert told["left"] == []
    assert all(told["searched"][what] > 0 for what in ("pieces", "records", "files", "bytes"))
    traces = (SECRET[:40], "Zanzibarquokka", "zanzibarquokk", "hr/letter.md")
    assert files_with(state_of(tmp_path), *traces) == []
    with holdfast.open(folder) as flow:
        assert flow.sync().unchanged == 2
        hits = flow.search(ASKED, principal=HR).hits
        assert {hit.document for hit in hits} <= {"gland.md", "warranty.md"}
        seen, _ = flow._flow.runs(principal=HR)
        assert {run.kind for run in seen} >= {"forgotten"}
    (entry,) = audited(tmp_path)
    assert (entry.who, entry.action, entry.thing) == (local_user(), "document.forget", "a forgotten document")
    assert "2 revisions" in entry.detail


def test_a_document_that_was_synced_away_is_forgotten_with_its_old_versions(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "documents" / "hr" / "letter.md").unlink()
    assert command("sync", folder).exit_code == 0
    assert files_with(state_of(tmp_path), SECRET[:40])
    ended = command("forget", folder, "hr/letter.md", "--yes")
    assert ended.exit_code == 0, ended.stderr
    assert "nothing is left" in ended.stdout
    assert files_with(state_of(tmp_path), SECRET[:40]) == []


def test_a_file_that_is_still_there_is_refused_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    refused = command("forget", folder, "hr/letter.md", "--yes")
    assert refused.exit_code == 6
    assert "the next sync would take it in again" in refused.stderr
    assert "exclude" in refused.stderr
    assert files_with(state_of(tmp_path), SECRET[:40])
    text = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(
        text.replace("{files: documents}", "{files: documents, exclude: ['/hr/']}")
    )
    assert command("forget", folder, "hr/letter.md", "--yes").exit_code == 0
    assert command("sync", folder).exit_code == 0
    assert files_with(state_of(tmp_path), SECRET[:40]) == []


def test_a_dry_run_says_what_would_go_while_the_file_is_still_there(folder: Path, tmp_path: Path) -> None:
    dry = command("forget", folder, "hr/letter.md", "--dry-run", "--json")
    assert dry.exit_code == 0
    planned = json.loads(dry.stdout)["planned"]
    assert (planned["documents"], planned["revisions"], planned["runs"]) == (1, 2, 1)
    assert planned["blocked"].startswith("hr/letter.md is still in its source")
    assert "not yet: hr/letter.md is still in its source" in dry.stderr
    assert "Delete it or move it out" in dry.stderr
    assert files_with(state_of(tmp_path), SECRET[:40])
    assert command("forget", folder, "hr/letter.md", "--yes").exit_code == 6


def test_open_cases_that_rest_on_it_are_named_closed_and_their_holders_told(folder: Path) -> None:
    lena = Principal(user="lena", groups=frozenset({"hr"}))
    with holdfast.open(folder) as flow:
        run = flow.ask(ASKED, principal=HR).id
        other = flow.ask(ASKED, principal=HR).id
        review = flow._flow.review
        for one in (run, other):
            review.hand_over(one, HR, to="mark")
        review.claim(run, lena)
        (folder / "documents" / "hr" / "letter.md").unlink()
        dry = command("forget", folder, "hr/letter.md", "--dry-run")
        said = " ".join(dry.stderr.split())
        assert "2 cases of the review queue lose question, draft and evidence and are closed" in said
        assert f"{run[:8]} (held by lena, asked by ana)" in said
        gone = command("forget", folder, "hr/letter.md", "--yes", "--json")
        planned = json.loads(gone.stdout.splitlines()[-1])["planned"]
        assert {(one["run"], one["holder"], one["asked_by"]) for one in planned["reviews"]} == {
            (run, "lena", "ana"), (other, None, "ana"),
        }  # fmt: skip
        assert review.queue(lena).items == ()
        assert {(one.run, one.state, one.verdict) for one in review.finished(lena).items} == {
            (run, "done", "forgotten"), (other, "done", "forgotten"),
        }  # fmt: skip
        assert [(one.run, one.event.value) for one in review.notices(lena)] == [(run, "closed")]
        assert review.counted() == ()
        with pytest.raises(NotAllowed, match="was closed, as a document that it rests on was forgotten"):
            review.claim(run, lena)
    listed = command("review", "-w", folder, "--done", "--as", "lena", "--group", "hr")
    assert "(what it rests on was forgotten)" in listed.stdout
    shown = command("review", "show", "-w", folder, run, "--as", "lena", "--group", "hr")
    assert "the case is closed" in shown.stdout


def test_nothing_is_forgotten_without_a_yes(folder: Path, tmp_path: Path) -> None:
    (folder / "documents" / "hr" / "letter.md").unlink()
    refused = command("forget", folder, "hr/letter.md")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert files_with(state_of(tmp_path), SECRET[:40])


def test_what_would_go_is_said_before_it_goes(folder: Path, tmp_path: Path) -> None:
    with holdfast.open(folder) as flow:
        flow.ask("How long does the warranty of the HX-200 last?", principal=HR)  # retrieves the letter too
    (folder / "documents" / "hr" / "letter.md").unlink()
    case = (
        f"cases: [{{id: pay, question: What is it?, principal: {{user: ana}}, expect: {{outcome: answer, "
        f"evidence: [{{document: hr/letter.md, quote: {SECRET}}}]}}}}]\n"
    )
    write(folder, {"golden/first.yaml": case})
    dry = command("forget", folder, "hr/letter.md", "--dry-run", "--json")
    assert dry.exit_code == 0
    told = json.loads(dry.stdout)
    assert told["forgotten"] is None
    assert (told["planned"]["runs"], told["planned"]["revisions"], told["planned"]["cases"]) == (
        2, 2, ["golden/first.yaml line 1 (pay)"],
    )  # fmt: skip
    assert files_with(state_of(tmp_path), SECRET[:40])
    refused = command("forget", folder, "hr/letter.md")
    assert refused.exit_code == 2
    assert "2 runs will be emptied" in refused.stderr
    assert "golden/first.yaml line 1 (pay)" in refused.stderr
    gone = json.loads(command("forget", folder, "hr/letter.md", "--yes", "--json").stdout)
    assert gone["planned"] == told["planned"]
    assert gone["forgotten"] == {
        **{k: v for k, v in told["planned"].items() if k not in ("cases", "reviews", "blocked")}, "audit_entries": 0
    }  # fmt: skip
    of_ana = json.loads(command("forget", folder, "--user", "ana", "--dry-run", "--json").stdout)
    assert of_ana["planned"]["runs"] == 2


@pytest.mark.parametrize("words", [["hr/leter.md"], ["letter.md"], ["nothing-like-it.xyz"], []])
def test_a_name_that_is_not_on_record_is_refused_with_the_nearest(folder: Path, words: list[str]) -> None:
    refused = command("forget", folder, *words, "--yes")
    assert refused.exit_code == 2
    assert "hr/letter.md" in refused.stderr or "nothing-like" in refused.stderr or not words


def test_an_attachment_is_forgotten_with_its_mail_only(make: Make, tmp_path: Path) -> None:
    mail = (
        "From: a@example.com\nTo: b@example.com\nSubject: Offer\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="xx"\n\n--xx\nContent-Type: text/plain\n\nSee the offer.\n'
        f'--xx\nContent-Type: text/plain; name="offer.txt"\nContent-Disposition: attachment; filename="offer.txt"\n\n{SECRET}\n--xx--\n'
    )
    folder = make('"**": [everyone]\n', documents={**PAPERS, "hr/letter.md": "A letter.", "m.eml": mail})
    assert command("sync", folder).exit_code == 0
    (folder / "documents" / "m.eml").unlink()
    refused = command("forget", folder, "m.eml/offer.txt", "--yes")
    assert (refused.exit_code, "holdfast forget m.eml" in refused.stderr) == (2, True)
    ended = command("forget", folder, "m.eml", "--yes", "--json")
    assert json.loads(ended.stdout)["forgotten"]["documents"] == 2
    assert files_with(state_of(tmp_path), "Zanzibarquokka") == []


def test_what_is_left_is_named_and_ends_with_5(folder: Path, tmp_path: Path) -> None:
    (folder / "documents" / "hr" / "letter.md").unlink()
    state = state_of(tmp_path)
    (state / "notes.txt").write_text(f"copied: {SECRET}")
    (state / "packed.bin").write_bytes(b"....." + zlib.compress(SECRET.encode(), 9))
    (state / "wide.txt").write_bytes(SECRET.encode("utf-16-le"))
    database = records(tmp_path)
    with database.write() as connection:
        connection.execute(
            sa.insert(jobs).values(
                key="k", handler="m:f", arguments=json.dumps({"text": SECRET}), status="waiting", due=9e9,
                created_at=sa.func.now(),
            )
        )  # fmt: skip
    database.close()
    ended = command("forget", folder, "hr/letter.md", "--yes", "--json")
    assert ended.exit_code == 5
    left = json.loads(ended.stdout)["left"]
    assert {"jobs.arguments", "notes.txt", "packed.bin", "wide.txt", "records.db"} == set(left)
    assert "LEFT in notes.txt" not in command("forget", folder, "gland.md", "--yes").stdout


def test_a_copy_under_another_name_stays_and_is_told(folder: Path) -> None:
    letter = folder / "documents" / "hr" / "letter.md"
    (folder / "documents" / "hr" / "copy.md").write_text(letter.read_text())
    assert command("sync", folder).exit_code == 0
    letter.unlink()
    ended = command("forget", folder, "hr/letter.md", "--yes", "--json")
    assert ended.exit_code == 0, ended.stdout
    assert any("hr/copy.md" in note for note in json.loads(ended.stdout)["notes"])
    with holdfast.open(folder) as flow:
        assert "hr/copy.md" in {hit.document for hit in flow.search(ASKED, principal=HR).hits}


def test_an_open_reader_sees_nothing_of_it_with_its_next_query(folder: Path) -> None:
    with holdfast.open(folder) as reader:
        assert "hr/letter.md" in {hit.document for hit in reader.search(ASKED, principal=HR).hits}
        (folder / "documents" / "hr" / "letter.md").unlink()
        assert command("forget", folder, "hr/letter.md", "--yes").exit_code == 0
        assert "hr/letter.md" not in {hit.document for hit in reader.search(ASKED, principal=HR).hits}


def test_a_person_is_forgotten_with_their_runs_and_their_name(folder: Path, tmp_path: Path) -> None:
    database = records(tmp_path)
    with database.write() as connection:
        append(connection, who="ana", action="hook.trust", thing="x", detail="by ana, not by anatol")
        append(connection, who="bob", action="principal.assume", thing="ana", detail="search, in hr")
    database.close()
    ended = command("forget", folder, "--user", "ana", "--yes", "--json")
    told = json.loads(ended.stdout)
    assert ended.exit_code == 0, ended.stdout
    assert (told["forgotten"]["runs"], told["forgotten"]["audit_entries"]) == (1, 2)
    assert told["left"] == []
    assert files_with(state_of(tmp_path), ASKED, '"user":"ana"') == []
    first, second, third = audited(tmp_path)
    assert first.who == second.thing == third.thing
    assert first.who.startswith("forgotten-")
    assert (first.action, first.detail) == ("hook.trust", f"by {first.who}, not by anatol")
    assert (second.who, third.who, third.action) == ("bob", local_user(), "person.forget")
    with holdfast.open(folder) as flow:
        seen, hidden = flow._flow.runs(principal=Principal(user="bob"))
        assert [run.user for run in seen] == ["bob"]
        assert hidden == 0


def test_a_document_s_name_that_a_person_asked_with_is_no_trace_of_them(folder: Path) -> None:
    with holdfast.open(folder) as flow:
        flow.ask("manuals/gland-bolts-torque.md", principal=Principal(user="dora"))
    write(folder / "documents", {"manuals/gland-bolts-torque.md": "# Torque\n\n24 Nm.\n"})
    with holdfast.open(folder) as flow:
        flow.sync()
    ended = command("forget", folder, "--user", "dora", "--yes", "--json")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["left"]) == (0, [])


def test_a_person_of_whom_nothing_is_on_record_is_not_said_to_be_forgotten(
    folder: Path, tmp_path: Path
) -> None:
    for more in (["--yes"], ["--dry-run", "--json"]):
        ended = command("forget", folder, "--user", "anna", *more)
        assert ended.exit_code == 2
        assert "nothing is on record of a person 'anna'. Did you mean ana?" in ended.stderr
    assert audited(tmp_path) == []


@pytest.mark.parametrize("place", ["who", "thing", "detail"])
def test_a_person_who_only_stands_in_the_audit_record_is_on_record(
    folder: Path, tmp_path: Path, place: str
) -> None:
    database = records(tmp_path)
    with database.write() as connection:
        append(connection, **({"who": "x", "action": "a", "thing": "y", "detail": "z"} | {place: "noor"}))
    database.close()
    assert command("forget", folder, "--user", "noor", "--yes").exit_code == 0


@pytest.mark.parametrize("closed", ["}]", ""], ids=["a case file", "a damaged one"])
def test_own_files_that_hold_its_text_are_told_of(folder: Path, closed: str) -> None:
    wrapped = SECRET.replace(" is ", "\n      is ")
    text = f'cases:\n  - {{id: pay, question: "{wrapped}", principal: {{user: ana}}, expect: {{outcome: refusal}}'
    write(folder, {"golden/pay.yaml": text + closed, "golden/other.yaml": "cases: []\n"})
    command("sync", folder)
    (folder / "documents" / "hr" / "letter.md").unlink()
    told = json.loads(command("forget", folder, "hr/letter.md", "--yes", "--json").stdout.splitlines()[-1])
    assert "text of it stands in files that are yours to change: golden/pay.yaml" in told["notes"]


def test_golden_cases_that_name_a_forgotten_person_are_told_of(folder: Path) -> None:
    (folder / "golden").mkdir(exist_ok=True)
    (folder / "golden" / "asked.yaml").write_text(
        "cases:\n  - {id: gland, question: Why?, principal: {user: ana}, expect: {outcome: refusal}}\n"
        "  - {id: other, question: Who?, principal: {user: kim}, expect: {outcome: refusal}}\n"
    )
    told = json.loads(command("forget", folder, "--user", "ana", "--yes", "--json").stdout)
    assert "golden cases name them and are yours to change: golden/asked.yaml line 2 (gland)" in told["notes"]


def test_a_person_whom_permissions_name_keeps_what_permissions_say(folder: Path, tmp_path: Path) -> None:
    ended = command("forget", folder, "--user", "kim", "--yes", "--json")
    assert any("permissions.yaml" in note for note in json.loads(ended.stdout)["notes"])
    (folder / "documents" / "permissions.yaml").write_text('"**": [everyone]\n"hr/**": [hr]\n')
    assert command("sync", folder).exit_code == 0
    assert command("forget", folder, "--user", "kim", "--yes").exit_code == 0
    database = records(tmp_path)
    with database.read() as connection:
        assert "user:kim" not in connection.execute(sa.select(access_entries.c.entry)).scalars().all()
    database.close()


def test_forgetting_works_from_python_and_says_who_did_it(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(forgotten(folder, "hr/letter.md"))
    with pytest.raises(UsageError):
        asyncio.run(forgotten(folder, "never.md"))
    (folder / "documents" / "hr" / "letter.md").unlink()
    erased: Any = asyncio.run(forgotten(folder, "hr/letter.md"))
    assert erased.searched.left == ()
    assert audited(tmp_path)[-1].who == "operator"
