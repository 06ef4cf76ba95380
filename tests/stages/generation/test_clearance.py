"""What may be sent to a provider: documents of its groups, by today's access lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Passage, Prompt, Reply
from holdfast.errors import NotCleared, StorageError
from holdfast.stages.generation.clearance import ClearedModel
from holdfast.storage import knowledge
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.testing.fakes import FakeModel
from holdfast.testing.records import SOURCE
from holdfast.testing.replies import publish

LOOKUPS = {"orders": ("sales",), "stock": ("everyone",), "salaries": ("user:ana",), "nobody": ()}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path / "records.sqlite"))
    publish(
        opened,
        {
            "open.md": ["everyone"],
            "sales.md": ["sales"],
            "hr.md": ["hr"],
            "ana.md": ["user:ana"],
            "none.md": [],
        },
    )
    yield opened
    opened.close()


def a_prompt(*documents: str) -> Prompt:
    passages = tuple(
        Passage(n=n, document=name, text="text", start=0, end=4) for n, name in enumerate(documents, 1)
    )
    return Prompt(
        question="?", messages=(Message(role="user", text="Secret of the asker"),), passages=passages
    )


def sent(database: Database, may_see: Sequence[str], *documents: str) -> int:
    """Return how many prompts reached the model; raise what was raised."""
    model = FakeModel("yes")
    cleared = ClearedModel(model, database=database, may_see=may_see, lookups=LOOKUPS)
    call = Call(
        deadline=Deadline.after(20), principal=Principal(user="ana", groups=frozenset({"hr", "sales"}))
    )

    async def pieces() -> list[object]:
        return [piece async for piece in cleared.generate(a_prompt(*documents), call)]

    try:
        assert isinstance(asyncio.run(pieces())[-1], Reply)
    except NotCleared:
        assert model.prompts == []
        raise
    return len(model.prompts)


@pytest.mark.parametrize(
    ("may_see", "documents"),
    [
        ([], []),
        ([], ["open.md", "lookup:stock"]),
        (["sales"], ["open.md", "sales.md", "lookup:orders"]),
        (["sales", "hr"], ["hr.md", "sales.md"]),
    ],
)
def test_what_its_groups_may_see_is_sent(
    database: Database, may_see: list[str], documents: list[str]
) -> None:
    assert sent(database, may_see, *documents) == 1


@pytest.mark.parametrize(
    ("may_see", "documents", "count"),
    [
        ([], ["sales.md"], 1),
        (["sales"], ["open.md", "hr.md", "hr.md", "sales.md"], 2),
        (["hr"], ["lookup:orders", "lookup:stock"], 1),
        (["sales", "hr"], ["ana.md", "none.md", "never.md"], 3),
        (["user:ana"], ["ana.md", "lookup:salaries"], 2),
        (["sales"], ["lookup:undeclared", "lookup:nobody"], 2),
    ],
)
def test_anything_else_is_not_and_is_counted(
    database: Database, may_see: list[str], documents: list[str], count: int
) -> None:
    with pytest.raises(NotCleared) as caught:
        sent(database, may_see, *documents)
    assert str(caught.value) == (
        f"generation: fake:model may not be sent {count} of the {len(documents)} passages (`may_see`). "
        "Add a rung that may see them, or name their groups in the rung's may_see"
    )


def test_a_change_of_access_counts_from_the_next_call_on(database: Database) -> None:
    assert sent(database, ["sales"], "sales.md") == 1
    with database.write() as connection:
        knowledge.refile_access(connection, {(SOURCE, "sales.md"): (frozenset({"hr"}), "r")})
    with pytest.raises(NotCleared):
        sent(database, ["sales"], "sales.md")
    assert sent(database, ["hr"], "sales.md") == 1


def test_a_document_that_was_taken_away_is_not_sent(database: Database) -> None:
    with database.write() as connection:
        knowledge.remove(connection, [(SOURCE, "open.md")], version=2)
        knowledge.publish(connection, 2)
    with pytest.raises(NotCleared):
        sent(database, ["sales"], "open.md")


def test_when_it_cannot_be_told_nothing_is_sent(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("alter table access_entries rename to gone")
    with pytest.raises(StorageError):
        sent(database, ["sales"], "open.md")


def test_what_came_with_the_item_is_sent_where_the_item_is_sent(database: Database) -> None:
    model = ClearedModel(FakeModel(), database=database, may_see=(), lookups=LOOKUPS)
    call = Call(
        deadline=Deadline.after(20), principal=Principal(user="ana", groups=frozenset({"hr", "sales"}))
    )

    async def sent() -> list[object]:
        prompt = a_prompt("open.md", "attachment://claim.eml")
        return [piece async for piece in model.generate(prompt, call)]

    assert isinstance(asyncio.run(sent())[-1], Reply)
