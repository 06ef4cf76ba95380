"""Each case of the security model, by its name: whatever is missing, wrong or half written opens nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import holdfast
from holdfast.access.trust import trust
from holdfast.cli.main import app
from holdfast.cli.target import local_user
from holdfast.domain.access import EVERYONE, NOBODY, AccessList, Principal
from holdfast.errors import DeclarationError, NotAllowed, StorageError
from holdfast.stages.indexing.dense_files import SLOT
from holdfast.stages.indexing.marks import read_mark, write_mark
from holdfast.storage.access_lists import lists_in_use
from holdfast.storage.audit import AuditEntry, entries
from holdfast.storage.database import open_database, sqlite_url
from holdfast.storage.schema import chunks, vectors

Make = Callable[..., Path]
ANA = Principal(user="ana")
SALES = Principal(user="ben", groups=frozenset({"sales"}))
KIM = Principal(user="kim")
QUERY = "HX-200 pump gland warranty costs rebate plan"
OPEN = {"gland.md", "warranty.md"}
HOOK = """\
from dataclasses import replace
from pathlib import Path
from holdfast.domain.chunks import Chunk

Path(__file__).with_name("ran").touch()


class Whole:
    version = "1"

    def chunk(self, document):
        return (Chunk(ordinal=0, text=document.text, start=0, end=len(document.text)),)
"""
DOCUMENTS = ("gland.md", "warranty.md", "pricing/list.md", "pricing/kim.md", "drafts/plan.md")


def found(flow: holdfast.SyncFlow, principal: Principal) -> set[str]:
    return {hit.document for hit in flow.search(QUERY, principal=principal, k=50).hits}


@contextmanager
def synced(folder: Path) -> Iterator[holdfast.SyncFlow]:
    with holdfast.open(folder) as flow:
        flow.sync()
        yield flow


def records_of(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "home").glob("*/records.db")
    return file


# --- who is let in ---


def test_no_principal_means_no_answer(make: Make) -> None:
    with synced(make()) as flow:
        with pytest.raises(TypeError, match="principal"):
            flow.ask("What does the pump cost?")
        with pytest.raises(TypeError, match="principal"):
            flow.search(QUERY)  # type: ignore[call-arg]


def test_no_access_list_means_nobody() -> None:
    for principal in (ANA, SALES, Principal(user=EVERYONE), Principal(user="", groups=frozenset({""}))):
        assert not NOBODY.allows(principal)
        assert not AccessList().allows(principal)


def test_a_declared_folder_without_rules_is_for_nobody_and_says_so(make: Make) -> None:
    with holdfast.open(make(rules=None)) as flow:
        assert any("NOBODY may see" in notice for notice in flow.sync().notices)
        assert found(flow, SALES) == found(flow, KIM) == set()


def test_what_no_pattern_matches_is_for_nobody(make: Make) -> None:
    with synced(make('"pricing/**": [sales]\n')) as flow:
        assert found(flow, ANA) == set()
        assert found(flow, SALES) == {"pricing/list.md", "pricing/kim.md"}


def test_the_last_matching_pattern_wins(make: Make) -> None:
    with synced(make('"pricing/**": [sales]\n"**": [everyone]\n')) as flow:
        assert found(flow, ANA) == OPEN | {"pricing/list.md", "pricing/kim.md", "drafts/plan.md"}
    with synced(make('"**": [everyone]\n"pricing/**": [sales]\n')) as flow:
        assert found(flow, ANA) == OPEN | {"drafts/plan.md"}


def test_an_empty_list_shuts_out_whom_an_earlier_pattern_let_in(make: Make) -> None:
    with synced(make()) as flow:
        everybody = Principal(user="root", groups=frozenset({"sales", "everyone", "admin", "drafts"}))
        assert "drafts/plan.md" not in found(flow, everybody)


def test_user_name_lets_in_that_user_and_nobody_who_is_like_them(make: Make) -> None:
    with synced(make()) as flow:
        assert found(flow, KIM) == OPEN | {"pricing/kim.md"}
        for other in ("Kim", "kim ", "kimberly", "user:kim", ""):
            assert "pricing/kim.md" not in found(flow, Principal(user=other)), other
        for group in ("kim", "user:kim"):
            assert "pricing/kim.md" not in found(flow, Principal(user="x", groups=frozenset({group}))), group


def test_everyone_is_a_group_that_all_are_in_and_no_user(make: Make) -> None:
    with synced(make()) as flow:
        for user in ("ana", "everyone", "", "nobody"):
            assert found(flow, Principal(user=user)) == OPEN


# --- where rules may stand ---


@pytest.mark.parametrize("name", ["pricing/permissions.yaml", "permission.yml", "pricing/.permissions.yml"])
def test_a_nested_or_near_miss_permission_file_stops_the_sync_and_opens_nothing(
    make: Make, name: str
) -> None:
    folder = make()
    with synced(folder) as flow:
        (folder / "documents" / name).write_text('"**": [everyone]\n')
        for follow in (flow.sync, lambda: flow._wait(flow._flow.refresh_access)):
            with pytest.raises(DeclarationError, match="looks like a permission file"):
                follow()
        assert found(flow, ANA) == OPEN
    with holdfast.open(folder) as flow:
        assert found(flow, ANA) == OPEN


@pytest.mark.parametrize("declared", ["declared", "bare"])
def test_a_source_that_lost_its_rules_keeps_the_last_ones_until_everyone_is_written(
    make: Make, declared: str
) -> None:
    folder = make() if declared == "declared" else make() / "documents"
    rules = (folder / "documents" if declared == "declared" else folder) / "permissions.yaml"
    with synced(folder) as flow:
        rules.unlink()
        for _ in range(2):
            with pytest.raises(DeclarationError, match=r'last rules stay in force.*"\*\*": \[everyone\]'):
                flow.sync()
            assert found(flow, ANA) == OPEN
            assert found(flow, SALES) == OPEN | {"pricing/list.md"}
        (folder / "new.md").write_text("# New\n\nA new paper on the pump.\n")
    with holdfast.open(folder) as flow:
        with pytest.raises(DeclarationError):
            flow.sync(rebuild=True)
        rules.write_text('"**": [everyone]\n')
        flow.sync()
        assert found(flow, ANA) >= {"pricing/list.md", "pricing/kim.md"}


def test_a_folder_that_lost_its_declaration_does_not_start_open(make: Make) -> None:
    closed = "name: d\nembedding: {model: lsa}\nsources: [{files: documents, access: [sales]}]\n"
    folder = make(None, declaration=closed)
    with synced(folder):
        (folder / "workflow.yaml").unlink()
    with holdfast.open(folder) as flow:
        with pytest.raises(DeclarationError, match="last rules stay in force"):
            flow.sync()
        with pytest.raises(DeclarationError):
            flow._wait(flow._flow.refresh_access)
        assert found(flow, ANA) == set()


@pytest.mark.parametrize(
    "halfway",
    ["", '"**": [every', '"**": [everyone]\n"pricing/**": [', '"**":\n', '"**": everyone\n', "\x00" * 40],
)
def test_a_permission_file_that_is_half_written_opens_nothing(make: Make, halfway: str) -> None:
    folder = make()
    rules = folder / "documents" / "permissions.yaml"
    with synced(folder) as flow:
        rules.write_text(halfway)
        with pytest.raises(DeclarationError, match=r"permissions\.yaml line"):
            flow.sync()
        with pytest.raises(DeclarationError):
            flow._wait(flow._flow.refresh_access)
        assert found(flow, ANA) == OPEN
        rules.write_text('"**": [sales]\n')
        flow.sync()
        assert found(flow, ANA) == set()


def test_a_bare_folder_starts_open_and_says_so(make: Make) -> None:
    folder = make(rules=None) / "documents"
    with holdfast.open(folder) as flow:
        assert any("EVERYONE may see" in notice for notice in flow.sync().notices)
        assert found(flow, ANA) == OPEN | {"pricing/list.md", "pricing/kim.md", "drafts/plan.md"}


# --- what is never a document ---


def test_own_and_hidden_files_are_never_sources(make: Make) -> None:
    declaration = (
        "name: desk\nembedding: {model: lsa}\nsources: [{files: .}]\nchunking: {use: 'hooks:Whole'}\n"
    )
    folder = make(declaration=declaration, rules=None)
    own = {
        "golden/cases.md": "The golden pump.", "prompts/system.md": "The prompt of the pump.",
        ".hidden.md": "A hidden pump.", ".git/x.md": "A pump in git.", "documents/.x/y.md": "A hidden pump.",
        ".holdfast/x.md": "A pump of the state.", "hooks.py": HOOK, "permissions.yaml": '"**": [everyone]\n',
    }  # fmt: skip
    for name, text in own.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    trust(folder)
    with synced(folder) as flow:
        assert found(flow, ANA) == {f"documents/{name}" for name in DOCUMENTS}


def test_links_out_of_the_folder_are_not_followed(make: Make, tmp_path: Path) -> None:
    folder = make('"**": [everyone]\n', documents={"gland.md": "The gland of the pump."})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("The secret pump.")
    (folder / "documents" / "folder").symlink_to(tmp_path / "outside")
    (folder / "documents" / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (folder / "documents" / "up").symlink_to("..")
    with synced(folder) as flow:
        assert found(flow, ANA) == {"gland.md"}


# --- today's lists, in every process, on everything that was kept ---

READER = """
import json, sys
import holdfast
with holdfast.open(sys.argv[1]) as flow:
    for line in sys.stdin:
        user, *groups = line.split()
        who = holdfast.Principal(user=user, groups=frozenset(groups))
        hits = flow.search("HX-200 pump gland warranty costs rebate plan", principal=who, k=50).hits
        print(json.dumps(sorted(hit.document for hit in hits)), flush=True)
"""


@contextmanager
def reader(folder: Path) -> Iterator[Callable[[str], set[str]]]:
    """Another process that keeps the workflow open, and answers who sees what."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def sees(who: str) -> set[str]:
        process.stdin.write(who + "\n")
        process.stdin.flush()
        return set(json.loads(process.stdout.readline()))

    with process:
        yield sees
        process.stdin.close()


def test_a_change_of_access_alone_counts_with_the_next_query_of_another_process(
    make: Make, tmp_path: Path
) -> None:
    folder = make()
    rules = folder / "documents" / "permissions.yaml"
    with synced(folder) as flow, reader(folder) as sees:
        assert sees("ana") == OPEN
        assert sees("ben sales") == OPEN | {"pricing/list.md"}
        before = counted(tmp_path)
        rules.write_text('"**": [everyone]\n"pricing/**": [legal]\n"gland.md": [legal]\n"drafts/**": []\n')
        flow._wait(flow._flow.refresh_access)
        assert sees("ben sales") == {"warranty.md"}
        assert sees("lea legal") == {"warranty.md", "gland.md", "pricing/list.md", "pricing/kim.md"}
        rules.write_text('"**": []\n')
        report = flow.sync()
        assert sees("lea legal") == set()
        assert (report.access_changed, report.updated, report.index_version) == (4, 0, 1)
        assert counted(tmp_path) == before


def test_a_permission_file_that_changed_counts_in_an_open_process_that_nobody_tells(make: Make) -> None:
    folder = make()
    rules = folder / "documents" / "permissions.yaml"
    with synced(folder) as flow, reader(folder) as sees:
        run = flow.ask("What does the HX-200 pump cost?", principal=SALES)
        assert sees("ben sales") == OPEN | {"pricing/list.md"}
        rules.write_text('"**": [everyone]\n"pricing/**": [legal]\n"drafts/**": []\n')
        assert sees("ben sales") == OPEN
        assert sees("lea legal") == OPEN | {"pricing/list.md", "pricing/kim.md"}
        rules.write_text('"**": [everyone]\n"pricing/**": [sal')  # halfway through an edit
        assert sees("ben sales") == OPEN
        rules.write_text('"**": [everyone]\n"pricing/**": []\n')
        assert "1,940" not in flow.ask("What does the HX-200 pump cost?", principal=SALES).outcome.text
        assert found(flow, SALES) >= {"gland.md", "warranty.md"}
        assert "pricing/list.md" not in found(flow, SALES)
        with pytest.raises(StorageError, match="no run"):
            flow._flow.run(run.id, principal=SALES)
        assert run.id not in {one.id for one in flow._flow.runs(principal=SALES)[0]}


def number_of_list(tmp_path: Path, wanted: set[str]) -> int:
    database = open_database(sqlite_url(records_of(tmp_path)))
    with database.read() as connection:
        number = next(number for number, names in lists_in_use(connection).items() if names == wanted)
    database.close()
    return number


def counted(tmp_path: Path) -> tuple[object, ...]:
    """Return what a change of access must leave as it is: chunks, vectors, the file of vectors."""
    database = open_database(sqlite_url(records_of(tmp_path)))
    with database.read() as connection:
        rows = [
            connection.execute(sa.select(sa.func.count(), sa.func.max(column))).one()
            for column in (chunks.c.id, vectors.c.text_key)
        ]
    database.close()
    (file,) = (tmp_path / "home").glob("*/index/dense/vectors.*")
    return *map(tuple, rows), file.name, file.read_bytes()


def test_a_revocation_reaches_old_runs(make: Make) -> None:
    folder = make()
    with synced(folder) as flow:
        run = flow.ask("What does the HX-200 pump cost?", principal=SALES)
        assert "1,940" in run.outcome.text
        assert flow._flow.run(run.id, principal=SALES).summary.id == run.id
        (folder / "documents" / "permissions.yaml").write_text('"**": [everyone]\n"pricing/**": []\n')
        flow._wait(flow._flow.refresh_access)
        assert flow._flow.runs(principal=SALES) == ((), 1)
        with pytest.raises(StorageError, match="no run"):
            flow._flow.run(run.id, principal=SALES)


def test_a_run_on_a_closed_paper_stays_closed_when_an_open_source_has_one_of_its_name(make: Make) -> None:
    two = "sources:\n  - {files: documents, access: [everyone]}\n  - {files: closed, access: [sales]}\n"
    folder = make(None, declaration=f"name: desk\nembedding: {{model: lsa}}\n{two}",
                  documents={"x.md": "# Open\n\nThe pump is open to all readers here.\n"})  # fmt: skip
    (folder / "closed").mkdir()
    (folder / "closed" / "x.md").write_text("# Rebate\n\nThe rebate of Ostrand is 12 percent.\n")
    with synced(folder) as flow:
        run = flow.ask("What is the rebate of Ostrand?", principal=SALES)
        assert "12 percent" in run.outcome.text
        assert flow._flow.run(run.id, principal=SALES).summary.id == run.id
        assert flow._flow.runs(principal=ANA) == ((), 1)
        with pytest.raises(StorageError, match="no run"):
            flow._flow.run(run.id, principal=ANA)


# --- who asks as whom, and whose code runs ---


def command(*words: str | Path) -> int:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="holdfast").exit_code


def audited(tmp_path: Path) -> list[AuditEntry]:
    database = open_database(sqlite_url(records_of(tmp_path)))
    with database.read() as connection:
        written = entries(connection)
    database.close()
    return list(reversed(written))


def test_who_asks_as_somebody_else_or_in_a_group_is_audited(make: Make, tmp_path: Path) -> None:
    folder = make()
    me = local_user()
    items = tmp_path / "items.jsonl"
    items.write_text(
        '{"id": 1, "question": "pump?", "user": "eve", "groups": ["sales"]}\n'
        '{"id": 2, "question": "gland?", "user": "eve", "groups": ["sales"]}\n'
        '{"id": 3, "question": "pump?"}\n'
    )
    assert command("sync", folder) == 0
    assert command("search", folder, "pump", "--json") == 0
    assert command("search", folder, "pump", "--as", me) == 0
    assert audited(tmp_path) == []
    assert command("search", folder, "pump", "--as", "kim") == 0
    assert command("ask", folder, "pump?", "--group", "sales", "--group", "legal") == 0
    assert command("ask", folder, "--file", items) == 0
    assert command("search", folder, "--file", items, "--as", "kim") == 0
    assert command("runs", folder, "--as", "kim") == 0
    assert {entry.action for entry in audited(tmp_path)} == {"principal.assume"}
    assert {entry.who for entry in audited(tmp_path)} == {me}
    assert [(entry.thing, entry.detail) for entry in audited(tmp_path)] == [
        ("kim", "search, in no group"),
        (me, "ask, in legal, sales"),
        ("eve", "ask --file, in sales"),
        ("eve", "search --file, in sales"),
        ("kim", "search --file, in no group"),
        ("kim", "runs, in no group"),
    ]


def test_hooks_run_only_from_a_trusted_folder_as_it_was_trusted(make: Make) -> None:
    folder = make(declaration="name: d\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
                  "chunking: {use: 'hooks:Whole'}\n")  # fmt: skip
    (folder / "hooks.py").write_text(HOOK)
    with holdfast.open(folder) as flow, pytest.raises(NotAllowed, match="holdfast trust"):
        flow.sync()
    assert not (folder / "ran").exists()
    trust(folder)
    with holdfast.open(folder) as flow:
        assert flow.sync().chunks == 5
    (folder / "ran").unlink()
    (folder / "hooks.py").write_text(HOOK + "# changed\n")
    with holdfast.open(folder) as flow, pytest.raises(NotAllowed, match="holdfast trust"):
        flow.sync()
    assert not (folder / "ran").exists()


# --- the standing leak test, from the outside ---


def test_a_leak_fails_the_sync_with_5_is_told_with_every_question_and_healed_by_the_next(
    make: Make, tmp_path: Path
) -> None:
    folder = make()
    assert command("sync", folder) == 0
    (file,) = (tmp_path / "home").glob("*/index/dense/slots.*")
    slots = np.memmap(file, dtype=SLOT, mode="r+")
    slots["access"] = number_of_list(tmp_path, {EVERYONE})  # whichever document came first
    slots.flush()
    write_mark(file.parent, replace(read_mark(file.parent), sums={}))  # as if it had been written so
    (folder / "documents" / "new.md").write_text("# New\n\nA new paper on the pump.\n")
    failed = CliRunner().invoke(app, ["sync", str(folder)], prog_name="holdfast")
    assert failed.exit_code == 5
    assert "version 2 is in quarantine" in failed.stderr
    assert "readers stay on version 1. Run `holdfast sync` again" in failed.stderr
    asked = CliRunner().invoke(app, ["search", str(folder), QUERY, "--json"], prog_name="holdfast")
    assert asked.exit_code == 0
    assert "quarantine" in asked.stderr
    assert {hit["document"] for hit in json.loads(asked.stdout.splitlines()[-1])["hits"]} <= OPEN
    assert command("sync", folder) == 0
    healed = CliRunner().invoke(app, ["search", str(folder), QUERY, "--json"], prog_name="holdfast")
    assert "quarantine" not in healed.stderr
    assert "new.md" in healed.stdout
