"""The account of model calls: every attempt has a row, and a day's budget holds across processes."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.attempts import LOST, OK, Attempt
from holdfast.domain.usage import Usage
from holdfast.errors import BudgetExhausted, StorageError
from holdfast.storage import ledger
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import Database, open_database
from holdfast.testing.records import an_attempt

TODAY = datetime.now(UTC).date().isoformat()
WORKFLOW = ledger.workflow_scope("support")


@pytest.fixture
def book(database: Database) -> Iterator[Bookkeeper]:
    made = Bookkeeper(database)
    yield made
    made.close()


def ended(attempt: Attempt, *, usd: float) -> Attempt:
    usage = Usage(input_tokens=100, output_tokens=20, cached_tokens=10)
    return replace(attempt, status=OK, cost_usd=usd, usage=usage, returned_model="m-2026", took_ms=12.5)


async def called(book: Bookkeeper, attempt: Attempt, *, usd: float) -> None:
    await book.begin(attempt)
    await book.end(ended(attempt, usd=usd))


def spent(database: Database, scope: str = WORKFLOW) -> ledger.Spent:
    with database.read() as connection:
        return ledger.spent_on(connection, TODAY, scope)


def test_an_attempt_reads_back_as_it_was_written(book: Bookkeeper, database: Database) -> None:
    attempt = an_attempt(run="r1", cost_centre="service", reserved_usd=0.02)
    asyncio.run(called(book, attempt, usd=0.0125))
    with database.read() as connection:
        assert ledger.attempts_of(connection, "r1") == (ended(attempt, usd=0.0125),)
    for scope in (WORKFLOW, ledger.centre_scope("service")):
        assert spent(database, scope) == ledger.Spent(spent_usd=0.0125, reserved_usd=0.0)


def test_a_thousand_calls_at_once_all_have_their_row_and_the_sum_is_exact(
    book: Bookkeeper, database: Database
) -> None:
    costs = [random.Random(one).uniform(0, 0.01) for one in range(1000)]

    async def all_at_once() -> None:
        async with asyncio.TaskGroup() as group:
            for number, usd in enumerate(costs):
                group.create_task(called(book, an_attempt(run=f"r{number}"), usd=usd))

    asyncio.run(all_at_once())
    with database.read() as connection:
        rows = (
            connection.exec_driver_sql("select count(*), sum(status = 'ok') from ledger").one()
            if (database.is_sqlite)
            else connection.exec_driver_sql(
                "select count(*), count(*) filter (where status = 'ok') from ledger"
            ).one()
        )
    assert tuple(rows) == (1000, 1000)
    assert spent(database).spent_usd == pytest.approx(sum(costs), abs=1e-6)


def test_calls_of_several_event_loops_share_one_book(book: Bookkeeper, database: Database) -> None:
    def one_loop(name: str) -> None:
        for number in range(20):
            asyncio.run(called(book, an_attempt(run=f"{name}{number}"), usd=0.001))

    threads = [threading.Thread(target=one_loop, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spent(database).spent_usd == pytest.approx(0.06)


def test_a_budget_is_held_back_before_the_call_and_given_back_after(database: Database) -> None:
    book = Bookkeeper(database, caps={WORKFLOW: 0.05})

    async def story() -> None:
        first, second, third = (an_attempt(reserved_usd=0.02) for _ in range(3))
        await book.begin(first)
        await book.begin(second)
        with pytest.raises(BudgetExhausted, match=r"0\.0100 of 0\.05 USD left today"):
            await book.begin(third)
        await book.end(ended(first, usd=0.001))
        await book.begin(third)
        await book.end(ended(second, usd=0.02))
        await book.end(ended(third, usd=0.02))

    asyncio.run(story())
    book.close()
    assert spent(database) == ledger.Spent(spent_usd=pytest.approx(0.041), reserved_usd=0.0)


def test_two_processes_cannot_both_take_what_is_left(url: str, database: Database) -> None:
    others = [open_database(url) for _ in range(4)]
    books = [Bookkeeper(other, caps={WORKFLOW: 1.0}) for other in others]

    async def many(book: Bookkeeper) -> int:
        refused = 0
        for _ in range(10):
            attempt = an_attempt(reserved_usd=0.05)
            try:
                await called(book, attempt, usd=0.05)
            except BudgetExhausted:
                refused += 1
        return refused

    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda book=book: counts.append(asyncio.run(many(book)))) for book in books
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for book, other in zip(books, others, strict=True):
        book.close()
        other.close()
    assert sum(counts) == 20
    assert spent(database).spent_usd == pytest.approx(1.0)


def test_a_cost_centre_is_stopped_over_all_its_workflows(database: Database) -> None:
    book = Bookkeeper(database, caps={ledger.centre_scope("service"): 0.03})

    async def story() -> None:
        await called(book, an_attempt(workflow="a", cost_centre="service", reserved_usd=0.02), usd=0.02)
        with pytest.raises(BudgetExhausted, match="the cost centre service"):
            await book.begin(an_attempt(workflow="b", cost_centre="service", reserved_usd=0.02))
        await called(book, an_attempt(workflow="b", cost_centre="sales", reserved_usd=0.02), usd=0.02)

    asyncio.run(story())
    book.close()


def test_a_call_whose_process_died_counts_with_what_was_held_back(database: Database) -> None:
    old = an_attempt(run="gone", at=datetime.now(UTC) - timedelta(hours=1), reserved_usd=0.02)
    with database.write() as connection:
        ledger.begin(connection, [old], {})
    book = Bookkeeper(database)
    asyncio.run(called(book, an_attempt(), usd=0.0))
    book.close()
    with database.read() as connection:
        (lost,) = ledger.attempts_of(connection, "gone")
        day = ledger.day_of(old)
        assert ledger.spent_on(connection, day, WORKFLOW).reserved_usd == 0
    assert (lost.status, lost.cost_usd) == (LOST, 0.02)


def test_whoever_stops_waiting_stops_nobody_else(database: Database) -> None:
    book = Bookkeeper(database, caps={WORKFLOW: 1.0})

    async def story() -> None:
        tasks = [asyncio.create_task(book.begin(an_attempt(run="left"))) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await called(book, an_attempt(run="stayed"), usd=0.5)

    asyncio.run(story())
    book.close()
    with database.read() as connection:
        assert len(ledger.attempts_of(connection, "stayed")) == 1
        assert len(ledger.attempts_of(connection, "left")) == 50


def test_a_model_that_answers_under_another_id_is_told_once(database: Database) -> None:
    told: list[tuple[str, str, str]] = []
    for returned in ("m-1", "m-1", "m-2", "m-2"):
        book = Bookkeeper(database, told=lambda *change: told.append(change))

        async def story(book: Bookkeeper = book, returned: str = returned) -> None:
            attempt = an_attempt()
            await book.begin(attempt)
            await book.end(replace(ended(attempt, usd=0.0), returned_model=returned))

        asyncio.run(story())
        book.close()
    assert told == [("openai:m", "m-1", "m-2")]


def test_a_closed_book_says_so(book: Bookkeeper) -> None:
    book.close()
    with pytest.raises(StorageError, match="ledger is closed"):
        asyncio.run(book.begin(an_attempt()))


def test_a_write_that_fails_is_told_to_whom_it_concerns_and_the_book_goes_on(database: Database) -> None:
    def broken(*_change: str) -> None:
        raise RuntimeError("whoever wanted to know is broken")

    book = Bookkeeper(database, told=broken)

    async def story() -> None:
        for returned in ("m-1", "m-2", "m-2"):
            attempt = an_attempt()
            await book.begin(attempt)
            await book.end(replace(ended(attempt, usd=0.001), returned_model=returned))
        unwritable = replace(an_attempt(), at=None)  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await asyncio.wait_for(book.end(unwritable), 10)
        await asyncio.wait_for(called(book, an_attempt(run="after"), usd=0.001), 10)

    asyncio.run(story())
    book.close()
    with database.read() as connection:
        assert len(ledger.attempts_of(connection, "after")) == 1


def test_what_another_process_lost_is_settled_while_the_book_stays_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.storage.bookkeeping.SWEEP_EVERY_S", 0.0)
    book = Bookkeeper(database)
    asyncio.run(called(book, an_attempt(), usd=0.0))
    old = an_attempt(run="gone", at=datetime.now(UTC) - timedelta(hours=1))
    with database.write() as connection:
        ledger.begin(connection, [old], {})
    asyncio.run(called(book, an_attempt(), usd=0.0))
    book.close()
    with database.read() as connection:
        assert ledger.attempts_of(connection, "gone")[0].status == LOST
