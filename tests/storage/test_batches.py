"""Batches on record: found again by what their requests say, and counted once."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.attempts import CANCELLED, LOST, OK, OPEN, Attempt
from holdfast.domain.usage import Usage
from holdfast.storage import batches, ledger
from holdfast.storage.database import Database
from holdfast.testing.records import an_attempt

NOW = time.time()
WORKFLOW = ledger.workflow_scope("support")


def made(database: Database, *attempts: Attempt, key: str = "b1", now: float = NOW) -> None:
    requests = [(f"digest of {one.run}", one.id) for one in attempts]
    with database.write() as connection:
        batches.intend(
            connection, key, workflow="support", lane="openai:m at URL", requests=requests, now=now
        )


def of_a_batch(run: str, *, at: datetime | None = None) -> Attempt:
    return replace(an_attempt(run=run, reserved_usd=0.02, at=at), is_batch=True)


def statuses(database: Database, run: str) -> list[str]:
    with database.read() as connection:
        return [one.status for one in ledger.attempts_of(connection, run)]


def test_a_batch_is_found_by_its_requests_until_nobody_wants_it(database: Database) -> None:
    made(database, of_a_batch("r1"), of_a_batch("r2"))
    with database.write() as connection:
        batches.submitted(connection, "b1", "batch_7")
    with database.read() as connection:
        found = batches.open_requests(connection, "support", now=NOW + 60)
        assert batches.open_requests(connection, "another", now=NOW) == {}
    assert sorted(found) == ["digest of r1", "digest of r2"]
    batch = found["digest of r1"].batch
    assert (batch.provider_id, batch.requests, batch.lane, batch.made) == (
        "batch_7",
        2,
        "openai:m at URL",
        NOW,
    )
    with database.write() as connection:
        batches.done_with(connection, ["b1"])
    with database.read() as connection:
        assert batches.open_requests(connection, "support", now=NOW) == {}


def test_a_batch_whose_replies_the_provider_has_deleted_is_not_found_and_goes(database: Database) -> None:
    made(database, of_a_batch("r1"), now=NOW - batches.KEPT_S - 1)
    with database.read() as connection:
        assert batches.open_requests(connection, "support", now=NOW) == {}
    made(database, of_a_batch("r2"), key="b2")
    with database.read() as connection:
        assert list(batches.open_requests(connection, "support", now=NOW - 2)) == ["digest of r2"]


@pytest.mark.parametrize("status", [OPEN, OK, CANCELLED, LOST])
def test_who_takes_a_request_up_takes_the_earlier_attempt_s_place(database: Database, status: str) -> None:
    earlier, later = of_a_batch("r1"), of_a_batch("r2")
    with database.write() as connection:
        ledger.begin(connection, [earlier], {})
        if status != OPEN:
            usage = Usage(input_tokens=100)
            ledger.end(connection, [replace(earlier, status=status, cost_usd=0.01, usage=usage)])
    made(database, earlier)
    with database.write() as connection:
        request = batches.open_requests(connection, "support", now=NOW)["digest of r1"]
        batches.take_up(connection, request, "digest of r1", later.id)
        again = batches.open_requests(connection, "support", now=NOW)["digest of r1"]
        spent = ledger.spent_on(connection, ledger.day_of(earlier), WORKFLOW)
        (before,) = ledger.attempts_of(connection, "r1")
    assert again.attempt == later.id
    assert spent == ledger.Spent(spent_usd=0.0, reserved_usd=0.0)
    assert (before.status, before.cost_usd, before.usage) == (CANCELLED, 0.0, Usage())
    assert before.is_batch


def test_an_attempt_of_a_batch_is_lost_only_when_no_process_can_take_it_up(database: Database) -> None:
    now = datetime.now(UTC)
    alone = replace(an_attempt(run="alone"), at=now - timedelta(hours=1))
    with database.write() as connection:
        young = of_a_batch("young", at=now - timedelta(hours=30))
        old = of_a_batch("old", at=now - timedelta(hours=60))
        ledger.begin(connection, [alone, young, old], {})
        ledger.settle_lost(connection, now - timedelta(minutes=30))
    assert [statuses(database, run) for run in ("alone", "young", "old")] == [[LOST], [OPEN], [LOST]]
