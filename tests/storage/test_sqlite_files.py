"""A statement is compiled once in a process, whichever SQLite file it goes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from holdfast.storage.database import engine_of, sqlite_url


def test_what_was_compiled_for_one_file_serves_another_and_finds_its_own_rows(tmp_path: Path) -> None:
    moments = sa.Table(
        "of_this_test", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("at", sa.DateTime)
    )
    known: list[bool] = []

    def note(connection: Any, cursor: Any, text: str, given: Any, context: Any, many: Any) -> None:
        if "of_this_test.id" in text:
            known.append(context.cache_hit == context.dialect.CACHE_HIT)

    for number in range(3):
        engine = engine_of(sqlite_url(tmp_path / f"{number}.sqlite"))
        sa.event.listen(engine, "after_cursor_execute", note)
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("CREATE TABLE of_this_test (id INTEGER, at TEXT)")
            connection.exec_driver_sql(f"INSERT INTO of_this_test VALUES ({number}, NULL)")
            query = sa.select(moments.c.id, moments.c.at).where(moments.c.id == number)
            assert connection.execute(query).all() == [(number, None)]
        engine.dispose()
    assert known == [False, True, True]
