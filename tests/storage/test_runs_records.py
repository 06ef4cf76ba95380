from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.versions import version_of
from holdfast.storage import audit, knowledge, schema
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.runs import find_run, list_runs, remember_version, save_run
from holdfast.storage.schema import versions
from holdfast.testing.records import SOURCE, chunks_of, document, run_of

ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")


def with_document(connection: sa.Connection, path: str, *entries: str) -> None:
    one = document(path, "text", entries=entries)
    entry = Entry(
        document=one, parent="", skip_key="k", chunks=chunks_of(one), text_keys=("t",),
        vectors=np.ones((1, 1), dtype=np.float32), fingerprint="f",
    )  # fmt: skip
    knowledge.write(connection, [entry], version=1)


def test_a_run_comes_back_whole(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        remember_version(connection, version_of({"a": "b"}))
        remember_version(connection, version_of({"a": "b"}))
        save_run(connection, run_of("r1" * 16, quote="\x00 a \ud800 quote"), evidence=["a.md"])
        assert connection.execute(sa.select(sa.func.count()).select_from(versions)).scalar() == 1
    with database.read() as connection:
        found = find_run(connection, "r1r1", BEN)
        assert found is not None
        assert found.summary.question == "How much?"
        assert found.summary.started_at.tzinfo is not None
        assert found.outcome["citations"][0]["quote"] == "\ufffd a ? quote"
        assert [stage.stage for stage in found.stages] == ["retrieval", "generation"]
        assert found.stages[0].given[0]["principal"]["user"] == "ana"
        assert find_run(connection, "nothing", BEN) is None


def test_runs_follow_the_access_lists_of_today(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        save_run(connection, run_of("r1"), evidence=["a.md"])
        save_run(connection, run_of("r2"), evidence=[])
        save_run(connection, run_of("r3"), evidence=["gone.md"])
        save_run(connection, run_of("r4"), evidence=["lookup:orders"])
        seen, hidden = list_runs(connection, BEN, limit=10)
        assert ({run.id for run in seen}, hidden) == ({"r1", "r2"}, 2)
        assert {run.id for run in list_runs(connection, ANA, limit=10)[0]} == {"r1", "r2", "r4"}
        knowledge.refile_access(connection, {(SOURCE, "a.md"): (frozenset({"sales"}), "")})
        assert {run.id for run in list_runs(connection, BEN, limit=10)[0]} == {"r2"}
        assert find_run(connection, "r1", BEN) is None
        assert find_run(connection, "r1", ANA) is not None


def test_an_ambiguous_beginning_names_no_run(database: Database) -> None:
    with database.write() as connection:
        save_run(connection, run_of("abc1"), evidence=[])
        save_run(connection, run_of("abc2"), evidence=[])
        save_run(connection, run_of("a%_3"), evidence=[])
        assert find_run(connection, "abc", ANA) is None
        assert find_run(connection, "abc2", ANA) is not None
        assert find_run(connection, "a%", ANA) is not None


def test_the_newest_runs_come_first(database: Database) -> None:
    now = datetime.now(UTC)
    with database.write() as connection:
        for age in (3, 1, 2):
            run = run_of(f"r{age}", started_at=now - timedelta(hours=age))
            save_run(connection, run, evidence=[])
        assert [run.id for run in list_runs(connection, ANA, limit=2)[0]] == ["r1", "r2"]


def test_the_views_sum_up_runs_stages_and_documents(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "sales", "user:ana")
        knowledge.publish(connection, 1)
        save_run(connection, run_of("r1"), evidence=["a.md"])
        save_run(connection, run_of("r2"), evidence=["a.md"])
    with database.read() as connection:
        runs = connection.execute(sa.text("select * from v_runs order by run")).mappings().all()
        assert (runs[0]["run"], runs[0]["kind"], runs[0]["cost_usd"]) == ("r1", "answer", 0.01)
        assert (runs[0]["input_tokens"], runs[0]["took_ms"]) == (100, 12.5)
        times = connection.execute(sa.text("select * from v_stage_times order by stage")).mappings().all()
        assert [(row["stage"], row["times"], row["avg_ms"]) for row in times] == [
            ("generation", 2, 8.0),
            ("retrieval", 2, 2.0),
        ]
        documents = connection.execute(sa.text("select * from v_documents")).mappings().all()
        assert [(row["path"], row["access"], row["chunks"]) for row in documents] == [
            ("a.md", '["sales", "user:ana"]', 1)
        ]


def test_the_audit_record_is_read_backwards_and_page_by_page(database: Database) -> None:
    with database.write() as connection:
        for number in range(5):
            audit.append(connection, who="ana", action="document.forget", thing=f"{number}.md")
        audit.append(connection, who="ben", action="hook.trust", thing="hooks.py", detail="sha256 ...")
    with database.read() as connection:
        first = audit.entries(connection, limit=3)
        rest = audit.entries(connection, limit=9, before=first[-1].id)
        assert [entry.thing for entry in (*first, *rest)] == [
            "hooks.py", "4.md", "3.md", "2.md", "1.md", "0.md",
        ]  # fmt: skip
        assert first[0].at.tzinfo is not None
        assert [entry.who for entry in audit.entries(connection, who="ben")] == ["ben"]
        assert len(audit.entries(connection, action="document.forget")) == 5


def test_the_page_names_every_table_view_and_column(database: Database) -> None:
    page = (Path(__file__).parents[2] / "docs" / "records.md").read_text(encoding="utf-8")
    with database.read() as connection:
        inspector = sa.inspect(connection)
        for table in schema.metadata.tables:
            assert f"`{table}`" in page
        for view in inspector.get_view_names():
            line = next(line for line in page.splitlines() if line.startswith(f"| `{view}`"))
            for column in inspector.get_columns(view):
                assert f"`{column['name']}`" in line, f"{view}.{column['name']} is not described"
