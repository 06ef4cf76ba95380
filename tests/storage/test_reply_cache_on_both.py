from __future__ import annotations

import asyncio

from holdfast.calling.accounts import Account
from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Passage, Prompt, Reply
from holdfast.stages.generation.cache import CacheModel
from holdfast.storage import knowledge
from holdfast.storage.database import Database, open_database
from holdfast.storage.forgetting import forget_document
from holdfast.testing.fakes import FakeModel
from holdfast.testing.records import SOURCE
from holdfast.testing.replies import FakeLedger, publish

ANA = Principal(user="ana", groups=frozenset({"hr"}))
BOB = Principal(user="bob")
PROMPT = Prompt(
    question="How long?", messages=(Message(role="user", text="How long?"),), output_tokens=100,
    passages=(Passage(n=1, document="hr.md", text="Three months.", start=0, end=13),),
)  # fmt: skip


def cache_over(database: Database) -> CacheModel:
    return CacheModel(
        FakeModel("Three months [1]."), database=database, account=Account(ledger=FakeLedger()),
        settings_key="", keep_s=60,
    )  # fmt: skip


async def asked(model: CacheModel, principal: Principal) -> bool:
    call = Call(deadline=Deadline.after(20), principal=principal)
    *_, last = [piece async for piece in model.generate(PROMPT, call)]
    assert isinstance(last, Reply)
    return last.is_cached


def test_a_change_of_access_counts_from_the_next_call_on_in_every_process(url: str) -> None:
    async def scene(here: CacheModel, elsewhere: CacheModel) -> None:
        assert [await asked(here, ANA), await asked(here, ANA), await asked(elsewhere, ANA)] == [
            False, True, True,
        ]  # fmt: skip
        assert not await asked(elsewhere, BOB)
        with one.write() as connection:
            knowledge.refile_access(connection, {(SOURCE, "hr.md"): (frozenset({"user:bob"}), "r")})
        assert [await asked(elsewhere, ANA), await asked(here, ANA)] == [False, False]
        assert await asked(elsewhere, BOB)
        with one.write() as connection:
            forget_document(connection, SOURCE, "hr.md")
        assert [await asked(elsewhere, BOB), await asked(here, BOB)] == [False, False]

    one, other = open_database(url), open_database(url)
    publish(one, {"hr.md": ["hr"]})
    asyncio.run(scene(cache_over(one), cache_over(other)))
    one.close()
    other.close()


def test_a_document_is_not_forgotten_between_the_look_and_the_keeping(url: str) -> None:
    """Calls that keep replies while their document is forgotten leave none behind."""

    async def scene(here: CacheModel) -> None:
        async def forget() -> None:
            with other.write() as connection:
                await asyncio.to_thread(forget_document, connection, SOURCE, "hr.md")

        await asyncio.gather(*(asked(here, ANA) for _ in range(3)), forget())
        await asked(here, ANA)

    one, other = open_database(url), open_database(url)
    publish(one, {"hr.md": ["hr"]})
    asyncio.run(scene(cache_over(one)))
    with one.read() as connection:
        assert connection.exec_driver_sql("select count(*) from replies").scalar() == 0
    one.close()
    other.close()
