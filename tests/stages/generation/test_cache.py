"""The same is asked once: kept replies, and calls that are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from holdfast.calling.accounts import Account
from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline, Purpose
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message, Partial, Passage, Piece, Prompt, Reply, Restart
from holdfast.domain.usage import Usage
from holdfast.errors import BudgetExhausted, DeadlineOver, ProviderError, RateLimited, ReplyMalformed
from holdfast.stages.generation.cache import CacheModel, settings_key
from holdfast.stages.generation.settings import RungSettings
from holdfast.storage import knowledge
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.forgetting import forget_document
from holdfast.testing.records import SOURCE
from holdfast.testing.replies import FakeLedger, publish

ANA = Principal(user="ana", groups=frozenset({"hr"}))
BOB = Principal(user="bob")
TEXT = "The notice period is three months [1]."


@dataclass
class Writer:
    """Writes when its gate is open, and fails or stops as it was told to."""

    name: str = "openai:gpt-5-mini"
    error: Exception | None = None
    output: Any = None
    finish: Any = "stop"
    is_whole: bool = True
    calls: list[Call] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        self.calls.append(call)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.finish == "stop":
            yield "The not"
            yield Restart(reason="cut")
            yield TEXT
        if self.is_whole:
            yield Reply(
                text=TEXT if self.finish == "stop" else "NO_ANSWER", model=self.name, cost_usd=0.004,
                usage=Usage(input_tokens=900, output_tokens=12), returned_model="gpt-5-mini-2026",
                output=self.output, finish=self.finish,
            )  # fmt: skip


@dataclass
class Rig:
    """A cache over a writer, a database with `open.md` and `hr.md`, and a ledger."""

    database: Database
    writer: Writer = field(default_factory=Writer)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    now: float = 1_000.0

    def model(self, *, keep_s: float = 60.0, settings: str = "s") -> CacheModel:
        return CacheModel(
            self.writer, database=self.database, account=Account(ledger=self.ledger),
            settings_key=settings, keep_s=keep_s, clock=lambda: self.now,
        )  # fmt: skip


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    database = open_database(sqlite_url(tmp_path / "records.sqlite"))
    publish(database, {"open.md": ["everyone"], "hr.md": ["hr"]})
    yield Rig(database)
    database.close()


def a_prompt(*documents: str, question: str = "How long is the notice period?") -> Prompt:
    passages = tuple(
        Passage(n=n, document=name, text=f"says {name}", start=0, end=9)
        for n, name in enumerate(documents, 1)
    )
    messages = (Message(role="system", text="Cite."), Message(role="user", text=question))
    return Prompt(question=question, messages=messages, passages=passages, output_tokens=200)


def a_call(principal: Principal | None = ANA, **changes: Any) -> Call:
    return Call(
        deadline=Deadline.after(changes.pop("seconds", 20.0)), principal=principal, run="r1", **changes
    )


async def pieces(model: CacheModel, prompt: Prompt, call: Call | None = None) -> list[Piece]:
    return [piece async for piece in model.generate(prompt, call or a_call())]


async def reply(model: CacheModel, prompt: Prompt, call: Call | None = None) -> Reply:
    last = (await pieces(model, prompt, call))[-1]
    assert isinstance(last, Reply)
    return last


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


# --- kept replies ---


def test_the_same_is_asked_once_and_put_on_the_ledger_as_saved(rig: Rig) -> None:
    async def scene() -> None:
        model, prompt, call = rig.model(), a_prompt("hr.md"), a_call()
        assert await pieces(model, prompt) == ["The not", Restart(reason="cut"), TEXT, new]
        assert await pieces(model, prompt, call) == [TEXT, replace(new, is_cached=True, cost_usd=0.0)]
        assert len(rig.writer.calls) == 1
        (begun,), (ended,) = rig.ledger.begun, rig.ledger.ended
        assert (begun.status, begun.reserved_usd, begun.id) == ("open", 0.0, ended.id)
        assert (ended.status, ended.cost_usd, ended.saved_usd) == ("cached", 0.0, 0.004)
        assert (ended.run, ended.model, ended.returned_model) == (
            "r1",
            "openai:gpt-5-mini",
            "gpt-5-mini-2026",
        )
        assert call.journal == [ended]

    new = Reply(
        text=TEXT, model="openai:gpt-5-mini", usage=Usage(input_tokens=900, output_tokens=12), cost_usd=0.004,
        returned_model="gpt-5-mini-2026",
    )  # fmt: skip
    run(scene())


def test_another_process_finds_it_too(rig: Rig) -> None:
    async def scene() -> None:
        await reply(rig.model(), a_prompt("hr.md"))
        assert (await reply(rig.model(), a_prompt("hr.md"))).is_cached

    run(scene())


@pytest.mark.parametrize("keep_s", [0.0, 60.0])
def test_its_time_is_kept_and_none_keeps_nothing(rig: Rig, keep_s: float) -> None:
    async def scene() -> None:
        await reply(rig.model(keep_s=keep_s), a_prompt("open.md"))
        rig.now += 59
        assert (await reply(rig.model(keep_s=keep_s), a_prompt("open.md"))).is_cached is bool(keep_s)
        rig.now += 2
        assert not (await reply(rig.model(keep_s=keep_s), a_prompt("open.md"))).is_cached

    run(scene())


CHANGES: dict[str, Callable[[Prompt], Prompt]] = {
    "message": lambda one: replace(one, messages=(*one.messages, Message(role="user", text=""))),
    "role": lambda one: replace(one, messages=(one.messages[0], replace(one.messages[1], role="system"))),
    "question": lambda one: replace(one, question="?"),
    "output_tokens": lambda one: replace(one, output_tokens=201),
    "output": lambda one: replace(one, output=OutputSpec(name="o", schema={"type": "object"})),
    "passage": lambda one: replace(one, passages=()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_reply_is_another_question(rig: Rig, change: str) -> None:
    async def scene() -> None:
        await reply(rig.model(), a_prompt("open.md"))
        await reply(rig.model(), CHANGES[change](a_prompt("open.md")))
        await reply(rig.model(settings="other"), a_prompt("open.md"))
        rig.writer.name = "openai:other"
        await reply(rig.model(), a_prompt("open.md"))
        assert len(rig.writer.calls) == 4

    run(scene())


def test_settings_count_by_what_they_change() -> None:
    rung = {"provider": "openai", "model": "m"}

    def key(**more: object) -> str:
        return settings_key(RungSettings.model_validate({**rung, **more}))

    assert key() != key(base_url="http://127.0.0.1:1/v1") != key(temperature=1.0) != key(output_tokens=99)
    assert key() == key(stream=False, accept=0.5, may_see=["a"], key_env="K", when="")
    assert settings_key(RungSettings.model_validate(rung), "hooks") != key()


def test_structured_output_comes_back_whole(rig: Rig) -> None:
    async def scene() -> None:
        rig.writer.output = {"months": 3, "of": ["notice"]}
        prompt = replace(a_prompt("open.md"), output=OutputSpec(name="period", schema={"type": "object"}))
        await reply(rig.model(), prompt)
        partial, last = await pieces(rig.model(), prompt)
        assert partial == Partial(output=rig.writer.output)
        assert isinstance(last, Reply)
        assert (last.output, last.is_cached) == (rig.writer.output, True)
        rig.writer.output = None
        await reply(rig.model(), replace(prompt, question="other"))
        assert not (await reply(rig.model(), replace(prompt, question="other"))).is_cached

    run(scene())


def test_that_there_is_no_answer_is_kept_and_its_word_shown_to_nobody(rig: Rig) -> None:
    async def scene() -> None:
        rig.writer.finish = "nothing"
        await reply(rig.model(), a_prompt("open.md"))
        (last,) = await pieces(rig.model(), a_prompt("open.md"))
        assert isinstance(last, Reply)
        assert (last.finish, last.is_cached) == ("nothing", True)

    run(scene())


@pytest.mark.parametrize("finish", ["length", "content_filter", ""])
def test_what_is_not_whole_is_not_kept(rig: Rig, finish: str) -> None:
    async def scene() -> None:
        rig.writer.finish = finish
        await reply(rig.model(), a_prompt("open.md"))
        assert not (await reply(rig.model(), a_prompt("open.md"))).is_cached
        rig.writer.is_whole = False
        with pytest.raises(ReplyMalformed, match="ended without a reply"):
            await reply(rig.model(), a_prompt("open.md"))

    run(scene())


@pytest.mark.parametrize("purpose", [Purpose.JUDGE, Purpose.DIAGNOSIS])
def test_a_judge_hears_what_is_said_this_time(rig: Rig, purpose: Purpose) -> None:
    async def scene() -> None:
        await reply(rig.model(), a_prompt("open.md"))
        assert not (await reply(rig.model(), a_prompt("open.md"), a_call(purpose=purpose))).is_cached
        assert not (await reply(rig.model(), a_prompt("open.md"), a_call(principal=None))).is_cached
        assert (await reply(rig.model(), a_prompt("open.md"), a_call(purpose=Purpose.REWRITE))).is_cached

    run(scene())


# --- access ---


def test_only_who_may_see_every_document_today_shares(rig: Rig) -> None:
    async def scene() -> None:
        prompt = a_prompt("open.md", "hr.md")
        await reply(rig.model(), prompt)
        assert not (await reply(rig.model(), prompt, a_call(BOB))).is_cached
        assert (await reply(rig.model(), prompt)).is_cached
        knowledge_of(rig, "hr.md", "everyone")
        assert (await reply(rig.model(), prompt, a_call(BOB))).is_cached
        knowledge_of(rig, "hr.md")
        assert not (await reply(rig.model(), prompt)).is_cached
        assert not (await reply(rig.model(), prompt)).is_cached, "and is not kept again"
        assert (await reply(rig.model(), a_prompt("open.md"))).is_cached is False

    run(scene())


def test_nobody_ever_shares_what_they_may_not_see(rig: Rig) -> None:
    """Every pair of access lists for two documents, and everybody who might ask."""

    async def scene() -> None:
        lists = [(), ("hr",), ("it",), ("hr", "it"), ("user:bob",)]
        who = [Principal(user="x", groups=frozenset({group})) for group in ("hr", "it")]
        for of_open, of_hr in product(lists, lists):
            everything = f"{of_open} {of_hr}"
            knowledge_of(rig, "open.md", "everyone")
            knowledge_of(rig, "hr.md", "everyone")
            await reply(rig.model(), a_prompt("open.md", "hr.md", question=everything))
            knowledge_of(rig, "open.md", *of_open)
            knowledge_of(rig, "hr.md", *of_hr)
            for one in [*who, BOB]:
                shared = await reply(
                    rig.model(), a_prompt("open.md", "hr.md", question=everything), a_call(one)
                )
                may_see = all(not one.entries.isdisjoint(entries) for entries in (of_open, of_hr))
                assert shared.is_cached is may_see, (of_open, of_hr, one)

    run(scene())


def test_rows_of_a_lookup_are_shared_with_their_user_alone(rig: Rig) -> None:
    async def scene() -> None:
        prompt = a_prompt("open.md", "lookup:orders")
        await reply(rig.model(), prompt)
        assert not (await reply(rig.model(), prompt, a_call(BOB))).is_cached
        assert (await reply(rig.model(), prompt)).is_cached

    run(scene())


def test_what_was_forgotten_is_gone_and_not_kept_by_a_call_that_was_under_way(rig: Rig) -> None:
    async def scene() -> None:
        await reply(rig.model(), a_prompt("hr.md"))
        rig.writer.gate = asyncio.Event()
        late = asyncio.create_task(reply(rig.model(), a_prompt("hr.md", question="And then?")))
        await until(lambda: len(rig.writer.calls) == 2)
        with rig.database.write() as connection:
            forget_document(connection, SOURCE, "hr.md")
        rig.writer.gate.set()
        await late
        with rig.database.read() as connection:
            assert connection.exec_driver_sql("select count(*) from replies").scalar() == 0

    run(scene())


# --- calls under way ---


@pytest.mark.parametrize("keep_s", [0.0, 60.0])
def test_a_thousand_identical_calls_make_one(rig: Rig, keep_s: float) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(keep_s=keep_s), asyncio.Event()
        tasks = [asyncio.create_task(pieces(model, a_prompt("hr.md"))) for _ in range(1000)]
        await until(lambda: bool(rig.writer.calls))
        rig.writer.gate.set()
        leader, *followers = await asyncio.gather(*tasks)
        assert len(rig.writer.calls) == 1
        assert isinstance(leader[-1], Reply)
        assert all(one == [TEXT, replace(leader[-1], is_cached=True, cost_usd=0.0)] for one in followers)
        assert [one.status for one in rig.ledger.ended] == ["cached"] * 999
        assert len({one.id for one in rig.ledger.ended}) == 999
        assert len(model._flights) == 0

    run(scene())


def test_a_writer_that_answers_at_once_is_asked_once_too(rig: Rig) -> None:
    async def scene() -> None:
        model = rig.model(keep_s=0)
        await asyncio.gather(*(pieces(model, a_prompt("hr.md")) for _ in range(50)))
        assert len(rig.writer.calls) == 1

    run(scene())


def test_each_follower_is_checked_when_the_reply_is_there(rig: Rig) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(keep_s=0), asyncio.Event()
        calls = [a_call(one) for one in (ANA, BOB, ANA)]
        tasks = [asyncio.create_task(reply(model, a_prompt("hr.md"), call)) for call in calls]
        await until(lambda: bool(rig.writer.calls))
        rig.writer.gate.set()
        assert [one.is_cached for one in await asyncio.gather(*tasks)] == [False, False, True]
        rig.writer.gate.clear()
        tasks = [asyncio.create_task(reply(model, a_prompt("hr.md"))) for _ in range(2)]
        await until(lambda: len(rig.writer.calls) == 3)
        knowledge_of(rig, "hr.md")
        rig.writer.gate.set()
        assert [one.is_cached for one in await asyncio.gather(*tasks)] == [False, False]

    run(scene())


def test_a_cancelled_leader_hands_over(rig: Rig) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(keep_s=0), asyncio.Event()
        tasks = [asyncio.create_task(reply(model, a_prompt("hr.md"))) for _ in range(5)]
        for n in (0, 1):
            await until(lambda n=n: len(rig.writer.calls) == n + 1)  # type: ignore[misc]
            tasks[n].cancel()
        await until(lambda: len(rig.writer.calls) == 3)
        rig.writer.gate.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, Reply) for one in ended] == [False, False, True, True, True]
        assert [one.is_cached for one in ended if isinstance(one, Reply)] == [False, True, True]
        assert (len(rig.writer.calls), len(model._flights)) == (3, 0)

    run(scene())


def test_a_leader_whose_reader_leaves_in_the_middle_hands_over(rig: Rig) -> None:
    async def scene() -> None:
        model = rig.model(keep_s=0)
        stream = model.generate(a_prompt("hr.md"), a_call())
        assert await anext(stream) == "The not"
        follower = asyncio.create_task(reply(model, a_prompt("hr.md")))
        await asyncio.sleep(0)
        await stream.aclose()  # type: ignore[attr-defined]
        assert not (await follower).is_cached
        assert len(model._flights) == 0

    run(scene())


def test_a_failed_leader_fails_for_all(rig: Rig) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(), asyncio.Event()
        rig.writer.error = RateLimited("at its limit", stage="generation", move="Wait", retry_after_s=3)
        tasks = [asyncio.create_task(reply(model, a_prompt("hr.md"))) for _ in range(100)]
        await until(lambda: bool(rig.writer.calls))
        rig.writer.gate.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(one) for one in ended} == {RateLimited}
        assert (len(rig.writer.calls), len(rig.ledger.ended), len(model._flights)) == (1, 0, 0)
        rig.writer.error = None
        assert not (await reply(model, a_prompt("hr.md"))).is_cached

    run(scene())


@pytest.mark.parametrize("error", [DeadlineOver("late"), BudgetExhausted("spent")], ids=["late", "spent"])
def test_a_leader_that_fails_for_itself_alone_hands_over(rig: Rig, error: ProviderError) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(), asyncio.Event()
        rig.writer.error = error
        tasks = [asyncio.create_task(reply(model, a_prompt("hr.md"))) for _ in range(3)]
        await until(lambda: bool(rig.writer.calls))
        rig.writer.gate.set()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        rig.writer.error = None
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert type(ended[0]) is type(error)
        assert isinstance(ended[2], Reply)

    run(scene())


def test_a_follower_waits_no_longer_than_its_deadline(rig: Rig) -> None:
    async def scene() -> None:
        model, rig.writer.gate = rig.model(), asyncio.Event()
        leader = asyncio.create_task(reply(model, a_prompt("hr.md")))
        await until(lambda: bool(rig.writer.calls))
        with pytest.raises(DeadlineOver, match="under way did not finish"):
            await reply(model, a_prompt("hr.md"), a_call(seconds=0.01))
        rig.writer.gate.set()
        assert not (await leader).is_cached

    run(scene())


def test_records_that_cannot_be_used_cost_nobody_their_answer(rig: Rig, tmp_path: Path) -> None:
    async def scene() -> None:
        assert not (await reply(rig.model(), a_prompt("open.md"))).is_cached

    with rig.database.write() as connection:
        connection.exec_driver_sql("drop table replies")
    run(scene())


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 what is waited for has no event
            await asyncio.sleep(0.001)


def knowledge_of(rig: Rig, path: str, *entries: str) -> None:
    """File the document under these entries, as a change of its permissions does."""
    with rig.database.write() as connection:
        knowledge.refile_access(connection, {(SOURCE, path): (frozenset(entries), "r")})
