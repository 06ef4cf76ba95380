"""Several workflows of one workspace at one database URL: their records apart, their cost centres together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import holdfast
from holdfast.domain.attempts import OK, Attempt
from holdfast.domain.outcomes import Answer
from holdfast.errors import BudgetExhausted, StorageError
from holdfast.session import Flow
from holdfast.storage import ledger
from holdfast.storage.database import engine_of, open_database, sqlite_url
from holdfast.storage.placing import LONGEST, claim, schema_of
from holdfast.storage.runs import find_run_of_its_own
from holdfast.testing.databases import PostgresServer
from holdfast.testing.records import an_attempt
from holdfast.wire import wire

ANA = holdfast.Principal(user="ana")
DECLARATION = """\
name: {name}
embedding: {{model: lsa}}
sources: [{{files: documents}}]
generation: {{cost_centre: service}}
"""
PAPERS = {
    "claims": "# Claims\n\nA claim is settled within 21 days of its report.\n",
    "support": "# Support\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
}
QUESTIONS = {
    "claims": "Within how many days is a claim settled?",
    "support": "How tight are the gland bolts of the HX-200?",
}


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHARED_RECORDS_FILE", str(tmp_path / "company" / "url"))


@pytest.fixture
def workspace(empty_url: str, tmp_path: Path) -> Path:
    """A workspace with two workflows at one URL, SQLite's or PostgreSQL's."""
    return write_workspace(tmp_path / "company", empty_url)


def write_workspace(root: Path, url: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "url").write_text(url)
    database = "database: {url_env: SHARED_RECORDS}\n" if url else ""
    (root / "holdfast.yaml").write_text(database + "cost_centres: {service: {per_day_usd: 1.0}}\n")
    for name, text in PAPERS.items():
        documents = root / "workflows" / name / "documents"
        documents.mkdir(parents=True, exist_ok=True)
        (documents.parent / "workflow.yaml").write_text(DECLARATION.format(name=name))
        (documents / "paper.md").write_text(text)
        (documents / "permissions.yaml").write_text('"**": [everyone]\n')
    return root


async def asked(root: Path, name: str) -> tuple[str, str]:
    async with holdfast.open(root / "workflows" / name) as flow:
        await flow.sync()
        run = await flow.ask(QUESTIONS[name], principal=ANA)
    assert isinstance(run.outcome, Answer)
    return run.id, run.outcome.text


async def found(flow: Flow, query: str) -> list[str]:
    return [hit.text for hit in (await flow.search(query, principal=ANA)).hits]


def test_two_workflows_at_one_url_answer_from_their_own_documents_only(workspace: Path) -> None:
    async def story() -> None:
        # Both papers have one path, and both runs may be asked for by id.
        claims, settled = await asked(workspace, "claims")
        support, tight = await asked(workspace, "support")
        assert "21 days" in settled
        assert "35 Nm" in tight
        async with holdfast.open(workspace / "workflows" / "claims") as flow:
            assert [run.id for run in flow.runs(principal=ANA)[0]] == [claims]
            assert all("gland" not in text for text in await found(flow, "gland bolts HX-200"))
            with pytest.raises(StorageError, match="there is no run"):
                flow.run(support, principal=ANA)

    asyncio.run(story())


def test_what_one_workflow_forgets_the_other_keeps(workspace: Path) -> None:
    async def story() -> None:
        await asked(workspace, "claims")
        kept, _ = await asked(workspace, "support")
        (workspace / "workflows" / "claims" / "documents" / "paper.md").unlink()
        async with holdfast.open(workspace / "workflows" / "claims") as flow:
            erased = await flow.forget("paper.md", who="ana")
            assert erased.searched.left == ()
            assert (await flow.forget_person("ana", who="kim")).searched.left == ()
        async with holdfast.open(workspace / "workflows" / "support") as flow:
            assert "35 Nm" in " ".join(await found(flow, "gland bolts HX-200"))
            assert flow.run(kept, principal=ANA).item["question"] == QUESTIONS["support"]

    asyncio.run(story())


def test_a_cost_centre_has_one_budget_for_all_workflows_of_a_workspace(workspace: Path) -> None:
    async def story() -> None:
        one, other = (wire(workspace / "workflows" / name) for name in PAPERS)
        first = an_attempt(workflow="claims", cost_centre="service", reserved_usd=0.7)
        second = an_attempt(workflow="support", cost_centre="service", reserved_usd=0.7)
        try:
            await one.ledger.begin(first)
            with pytest.raises(BudgetExhausted, match=r"cost centre service has 0\.3000 of 1\.00 USD left"):
                await other.ledger.begin(second)
            await one.ledger.end(_ended(first, 0.1))
            await other.ledger.begin(second)
            await other.ledger.end(_ended(second, 0.2))
            day = ledger.day_of(first)
            for wiring, own in ((one, 0.1), (other, 0.2)):
                with wiring.database.accounts.read() as connection:
                    centre = ledger.spent_on(connection, day, ledger.centre_scope("service"))
                    workflow = ledger.spent_on(connection, day, ledger.workflow_scope(wiring.loaded.name))
                assert (centre.spent_usd, centre.reserved_usd) == (pytest.approx(0.3), 0)
                assert workflow.spent_usd == pytest.approx(own)
        finally:
            one.close()
            other.close()

    asyncio.run(story())


def _ended(attempt: Attempt, usd: float) -> Attempt:
    return replace(attempt, status=OK, cost_usd=usd)


def test_without_a_url_the_cost_centres_of_a_workspace_are_together_too(tmp_path: Path) -> None:
    root = write_workspace(tmp_path / "company", "")

    async def story() -> None:
        one, other = (wire(root / "workflows" / name) for name in PAPERS)
        try:
            await one.ledger.begin(an_attempt(workflow="claims", cost_centre="service", reserved_usd=0.7))
            with pytest.raises(BudgetExhausted):
                await other.ledger.begin(
                    an_attempt(workflow="support", cost_centre="service", reserved_usd=0.7)
                )
        finally:
            one.close()
            other.close()

    asyncio.run(story())


def test_an_attempt_whose_process_ended_is_settled_with_its_cost_centre_too(workspace: Path) -> None:
    lost = an_attempt(workflow="claims", cost_centre="service", reserved_usd=0.7)
    with wire(workspace / "workflows" / "claims").database.accounts.write() as connection:
        ledger.begin(connection, [lost], {})
    reader = wire(workspace / "workflows" / "support")
    with wire(workspace / "workflows" / "claims").database.accounts.write() as connection:
        assert ledger.settle_lost(connection, lost.at + timedelta(minutes=1)) == 1
    with reader.database.accounts.read() as connection:
        centre = ledger.spent_on(connection, ledger.day_of(lost), ledger.centre_scope("service"))
    assert (centre.spent_usd, centre.reserved_usd) == (pytest.approx(0.7), 0)


def test_records_that_a_workflow_had_at_the_url_already_stay_its_own(workspace: Path, empty_url: str) -> None:
    # Written before the workflows of a workspace had places of their own: claimed by the declared name.
    earlier = open_database(empty_url)
    claim(earlier, "claims")
    earlier.close()

    async def story() -> None:
        run, _ = await asked(workspace, "claims")
        await asked(workspace, "support")
        with open_database(empty_url).read() as connection:
            assert find_run_of_its_own(connection, run) is not None
        (workspace / "workflows" / "claims" / "workflow.yaml").write_text(
            DECLARATION.format(name="a new name")
        )
        async with holdfast.open(workspace / "workflows" / "claims") as flow:
            assert flow.is_synced
            assert flow.run(run, principal=ANA).summary.id == run

    asyncio.run(story())


def test_two_workflows_of_one_name_do_not_share_records(workspace: Path) -> None:
    for name in PAPERS:
        (workspace / "workflows" / name / "workflow.yaml").write_text(DECLARATION.format(name="same"))

    async def story() -> None:
        await asked(workspace, "claims")
        async with holdfast.open(workspace / "workflows" / "support") as flow:
            assert not flow.is_synced

    asyncio.run(story())


def test_many_first_openings_at_once_make_each_schema_once(workspace: Path) -> None:
    def opened(name: str) -> int:
        wiring = wire(workspace / "workflows" / name)
        try:
            return wiring.index_version
        finally:
            wiring.close()

    async def story() -> list[int]:
        return await asyncio.gather(*(asyncio.to_thread(opened, name) for name in list(PAPERS) * 3))

    assert asyncio.run(story()) == [0] * 6


def test_a_url_that_names_a_schema_is_for_one_workflow(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        run_in(url, "CREATE SCHEMA ours")
        named = sa.make_url(url).update_query_dict({"options": "-csearch_path=ours"})
        root = write_workspace(tmp_path / "company", named.render_as_string(hide_password=False))
        one = wire(root / "workflows" / "claims")
        assert one.database.schema == "ours"
        one.close()
        with pytest.raises(StorageError, match="belongs to the workflow 'workflows/claims'") as caught:
            wire(root / "workflows" / "support")
        assert "below `workflows/` of one workspace" in caught.value.move


def test_a_role_that_may_make_no_schema_is_told_what_to_have_run(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with postgres.database() as url, _a_role(url) as theirs:
        root = write_workspace(tmp_path / "company", theirs)
        with pytest.raises(StorageError, match="schema holdfast_claims cannot be made") as caught:
            wire(root / "workflows" / "claims")
        assert "CREATE SCHEMA holdfast_claims AUTHORIZATION small" in caught.value.move
        run_in(url, "CREATE SCHEMA holdfast_claims AUTHORIZATION small")
        opened = wire(root / "workflows" / "claims")
        assert opened.database.schema == "holdfast_claims"
        opened.close()


@contextmanager
def _a_role(url: str) -> Iterator[str]:
    """Yield the URL for a role that may make tables in `public` only; what it made goes afterwards."""
    run_in(url, "CREATE ROLE small LOGIN", "GRANT ALL ON SCHEMA public TO small")
    try:
        yield sa.make_url(url).set(username="small").render_as_string(hide_password=False)
    finally:
        run_in(url, "DROP OWNED BY small", "DROP ROLE small")


def run_in(url: str, *statements: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_schema_names_are_plain_and_no_two_workflows_have_one() -> None:
    names = ["claims", "Claims", "claims ", "c-laims", "c_laims", "äöü", "x" * 80, "x" * 81, "holdfast"]
    schemas = [schema_of(name) for name in names]
    assert schemas[0] == "holdfast_claims"
    assert len(set(schemas)) == len(names)
    assert all(len(schema) <= LONGEST + 20 and schema.isascii() for schema in schemas)


def test_a_lone_workflow_has_the_url_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "holdfast.yaml").write_text("database: {url: 'sqlite:///own.db'}\n")
    (folder / "workflow.yaml").write_text("name: alone\n")
    wire(folder).close()
    assert (folder / "own.db").exists()
    with pytest.raises(StorageError, match="belongs to the workflow 'alone', not to 'other'"):
        claim(open_database(sqlite_url(folder / "own.db")), "other")


def test_a_url_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    root = write_workspace(tmp_path / "company", "not a url at all")
    with pytest.raises(StorageError, match="URL cannot be read"):
        wire(root / "workflows" / "claims")
