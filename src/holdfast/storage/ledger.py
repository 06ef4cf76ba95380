"""Keep an account of model calls, and of what each day's budgets have spent and hold back.

Money is summed in whole billionths of a USD, so that a day's sum is the sum of its rows.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from holdfast.domain.attempts import CANCELLED, LOST, OK, OPEN, Attempt
from holdfast.domain.usage import Usage
from holdfast.errors import BudgetExhausted
from holdfast.storage.database import ACCOUNTS
from holdfast.storage.inserting import insert_into
from holdfast.storage.moments import aware
from holdfast.storage.schema import ledger, spend

NANO = 1_000_000_000
BATCH_TIME = timedelta(days=2)
"""How much longer an attempt that is part of a batch may be open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one budget has spent on one day, and holds back for calls that are under way, in USD."""

    spent_usd: float
    reserved_usd: float


def workflow_scope(workflow: str) -> str:
    """Return the name of a workflow's budget."""
    return f"workflow:{workflow}"


def centre_scope(cost_centre: str) -> str:
    """Return the name of a cost centre's budget."""
    return f"centre:{cost_centre}"


def scopes_of(attempt: Attempt) -> tuple[str, ...]:
    """Return the budgets that an attempt counts against."""
    centre = (centre_scope(attempt.cost_centre),) if attempt.cost_centre else ()
    return (workflow_scope(attempt.workflow), *centre)


def write(
    connection: sa.Connection,
    beginnings: Sequence[Attempt],
    endings: Sequence[Attempt],
    caps: Mapping[str, float],
) -> list[BudgetExhausted | None]:
    """Put open attempts on record, hold back what they may cost, and put down how others ended.

    Returns who of `beginnings` was refused, by place. `caps` are USD per day by scope. A refused attempt
    leaves no row; one that ends in the same transaction is written once. The caller holds a write
    transaction, so that two processes cannot both take what is left.
    """
    account = _Account(connection, [*beginnings, *endings], caps)
    refused, taken = [], {}
    for one in beginnings:
        error = _over(one, account, caps)
        refused.append(error)
        if error is None:
            account.reserve(one)
            taken[one.id] = one
    earlier = []
    for one in endings:
        account.settle(one)
        if one.id in taken:
            taken[one.id] = one
        else:
            earlier.append({**_ending(one), "key": one.id})
    if taken:
        connection.execute(_INSERT, [_row(one) for one in taken.values()])
    if earlier:
        connection.execute(_CLOSE, earlier)
    account.write()
    return refused


def begin(
    connection: sa.Connection, attempts: Sequence[Attempt], caps: Mapping[str, float]
) -> list[BudgetExhausted | None]:
    """Put open attempts on record; see `write`."""
    return write(connection, attempts, (), caps)


def end(connection: sa.Connection, attempts: Sequence[Attempt]) -> None:
    """Put down how attempts ended; see `write`."""
    write(connection, (), attempts, {})


def settle_lost(connection: sa.Connection, before: datetime) -> int:
    """End attempts that were open at `before`: their process is gone, and what they cost is not known.

    They count with what was held back for them, since the provider may have charged it. Those of a batch
    have two days more: a provider may take one, and a later process may take the batch up.
    """
    is_over = sa.or_(sa.and_(~ledger.c.is_batch, ledger.c.at < before), ledger.c.at < before - BATCH_TIME)
    open_ones = sa.select(ledger).where(ledger.c.status == OPEN, is_over).limit(1000)
    if connection.dialect.name == "postgresql":
        open_ones = open_ones.with_for_update()
    lost = [
        replace(one, status=LOST, cost_usd=one.reserved_usd, error="the process ended before the call did")
        for one in (_attempt(row) for row in connection.execute(open_ones).all())
    ]
    if lost:
        end(connection, lost)
    return len(lost)


def take_back(connection: sa.Connection, attempt_id: str) -> None:
    """Let an attempt count for nothing: a later one stands in its place, with what the batch really cost."""
    row = connection.execute(sa.select(ledger).where(ledger.c.id == attempt_id)).first()
    if row is None:
        return
    before = _attempt(row)
    account = _Account(connection, (), {})
    account.take_back(before)
    account.write()
    after = replace(
        before, status=CANCELLED, error="a later run took its batch up", usage=Usage(), cost_usd=0.0,
        saved_usd=0.0,
    )  # fmt: skip
    connection.execute(_CLOSE, [{**_ending(after), "key": before.id}])


def attempts_of(connection: sa.Connection, run: str) -> tuple[Attempt, ...]:
    """Return the attempts of a run in the order in which they began."""
    rows = connection.execute(sa.select(ledger).where(ledger.c.run == run).order_by(ledger.c.at, ledger.c.id))
    return tuple(_attempt(row) for row in rows)


def unpriced_runs(connection: sa.Connection, runs: Sequence[str]) -> set[str]:
    """Return those runs whose cost is not known: an attempt that took anything has no price."""
    took = ledger.c.input_tokens + ledger.c.output_tokens + ledger.c.searches > 0
    query = sa.select(ledger.c.run).where(
        ledger.c.run.in_(runs), ledger.c.cost_usd.is_(None), sa.or_(ledger.c.status == OK, took)
    )
    return set(connection.execute(query.distinct()).scalars())


def spent_on(connection: sa.Connection, day: str, scope: str) -> Spent:
    """Return what a budget has spent and holds back on a day (UTC, YYYY-MM-DD)."""
    account = _account_of(connection, scope)
    query = sa.select(account).where(account.c.day == day, account.c.scope == scope)
    row = connection.execute(query).first()
    if row is None:
        return Spent(spent_usd=0.0, reserved_usd=0.0)
    return Spent(spent_usd=row.spent_nano / NANO, reserved_usd=row.reserved_nano / NANO)


def day_of(attempt: Attempt) -> str:
    """Return the day that an attempt counts for: that on which it began."""
    return attempt.at.astimezone(UTC).date().isoformat()


# Statements are spelt once: building one anew for each transaction costs more than running it.
_INSERT = sa.insert(ledger)
_CLOSE = sa.update(ledger).where(ledger.c.id == sa.bindparam("key"))


@functools.cache
def _adding(account: sa.Table, dialect: str) -> sa.Insert:
    insert = sqlite.insert(account) if dialect == "sqlite" else postgresql.insert(account)
    return insert.on_conflict_do_update(
        index_elements=[account.c.day, account.c.scope],
        set_={
            "spent_nano": account.c.spent_nano + insert.excluded.spent_nano,
            "reserved_nano": account.c.reserved_nano + insert.excluded.reserved_nano,
        },
    )


def _account_of(connection: sa.Connection, scope: str) -> sa.Table:
    """Return the table with a budget's rows: a cost centre's may lie with its workspace."""
    schema = connection.get_execution_options().get(ACCOUNTS, "")
    return _spend_in(schema) if schema and scope.startswith(centre_scope("")) else spend


@functools.cache
def _spend_in(schema: str) -> sa.Table:
    return spend.to_metadata(sa.MetaData(), schema=schema)


class _Account:
    """The spend rows that a transaction touches; read once, written once."""

    def __init__(
        self, connection: sa.Connection, attempts: Sequence[Attempt], caps: Mapping[str, float]
    ) -> None:
        self._connection = connection
        self._added: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._known: dict[tuple[str, str], tuple[int, int]] = {}
        named = {(day_of(one), scope) for one in attempts for scope in scopes_of(one) if scope in caps}
        if named:
            self._read(list(named))

    def _read(self, names: Sequence[tuple[str, str]]) -> None:
        """Read the rows that caps are held against; without a cap there is nothing to compare."""
        connection = self._connection
        for account, these in self._by_account(names):
            query = sa.select(account).where(sa.tuple_(account.c.day, account.c.scope).in_(these))
            if connection.dialect.name == "postgresql":
                self._make(account, these)  # a row that is not there cannot be locked
                query = query.with_for_update()
            for row in connection.execute(query.order_by(account.c.day, account.c.scope)):
                self._known[row.day, row.scope] = (row.spent_nano, row.reserved_nano)

    def _by_account(
        self, names: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[sa.Table, list[tuple[str, str]]]]:
        """Yield each table with its rows' names, always in one order: no two transactions lock crosswise."""
        tables = {name: _account_of(self._connection, name[1]) for name in names}
        for account in sorted(set(tables.values()), key=lambda table: table.fullname):
            yield account, sorted(name for name, table in tables.items() if table is account)

    def taken_nano(self, name: tuple[str, str]) -> int:
        """Return what is spent and held back, this transaction's own part included."""
        spent, reserved = self._known.get(name, (0, 0))
        return spent + reserved + sum(self._added[name])

    def reserve(self, attempt: Attempt) -> None:
        """Hold back what an attempt may cost."""
        self._add(attempt, spent=0, reserved=_nano(attempt.reserved_usd))

    def settle(self, attempt: Attempt) -> None:
        """Turn what was held back into what it cost."""
        self._add(attempt, spent=_nano(attempt.cost_usd or 0.0), reserved=-_nano(attempt.reserved_usd))

    def take_back(self, attempt: Attempt) -> None:
        """Give back what an attempt costs, or holds back while it is open."""
        if attempt.status == OPEN:
            self._add(attempt, spent=0, reserved=-_nano(attempt.reserved_usd))
        else:
            self._add(attempt, spent=-_nano(attempt.cost_usd or 0.0), reserved=0)

    def write(self) -> None:
        """Add everything to the rows."""
        changed = [name for name, sums in self._added.items() if any(sums)]
        for account, these in self._by_account(changed):
            rows = [
                {"day": day, "scope": scope, "spent_nano": spent, "reserved_nano": reserved}
                for day, scope in these
                for spent, reserved in (self._added[day, scope],)
            ]
            self._connection.execute(_adding(account, self._connection.dialect.name), rows)

    def _add(self, attempt: Attempt, *, spent: int, reserved: int) -> None:
        for scope in scopes_of(attempt):
            added = self._added[day_of(attempt), scope]
            added[0] += spent
            added[1] += reserved

    def _make(self, account: sa.Table, names: Sequence[tuple[str, str]]) -> None:
        rows = [{"day": day, "scope": scope, "spent_nano": 0, "reserved_nano": 0} for day, scope in names]
        self._connection.execute(insert_into(self._connection, account).on_conflict_do_nothing(), rows)


def _over(attempt: Attempt, account: _Account, caps: Mapping[str, float]) -> BudgetExhausted | None:
    """Return why a budget of the day stops an attempt, or None."""
    for scope in scopes_of(attempt):
        if scope not in caps:
            continue
        taken = account.taken_nano((day_of(attempt), scope))
        if taken + _nano(attempt.reserved_usd) > _nano(caps[scope]):
            kind, _, name = scope.partition(":")
            whose = f"the cost centre {name}" if kind == "centre" else f"the workflow {name}"
            return BudgetExhausted(
                f"a call of {attempt.model} may cost {attempt.reserved_usd:.4f} USD; {whose} has "
                f"{max(0.0, caps[scope] - taken / NANO):.4f} of {caps[scope]:.2f} USD left today (UTC)",
                stage=attempt.stage,
                move="Wait for tomorrow, raise the budget, or declare a cheaper rung",
            )
    return None


def _nano(usd: float) -> int:
    return round(usd * NANO)


def _row(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "at": attempt.at,
        "day": day_of(attempt),
        "workflow": attempt.workflow,
        "run": attempt.run,
        "stage": attempt.stage,
        "purpose": attempt.purpose,
        "case_id": attempt.case,
        "cost_centre": attempt.cost_centre,
        "version": attempt.version,
        "model": attempt.model,
        "number": attempt.number,
        "is_hedge": attempt.is_hedge,
        "is_batch": attempt.is_batch,
        **_ending(attempt),
    }


def _ending(attempt: Attempt) -> dict[str, Any]:
    return {
        "status": attempt.status,
        "error": attempt.error,
        "returned_model": attempt.returned_model,
        "input_tokens": attempt.usage.input_tokens,
        "output_tokens": attempt.usage.output_tokens,
        "cached_tokens": attempt.usage.cached_tokens,
        "written_tokens": attempt.usage.written_tokens,
        "searches": attempt.usage.searches,
        "is_estimated": attempt.is_estimated,
        "reserved_usd": attempt.reserved_usd,
        "cost_usd": attempt.cost_usd,
        "saved_usd": attempt.saved_usd,
        "priced_on": attempt.priced_on,
        "took_ms": attempt.took_ms,
        "first_token_ms": attempt.first_token_ms,
    }


def _attempt(row: Any) -> Attempt:
    return Attempt(
        id=row.id,
        at=aware(row.at),
        workflow=row.workflow,
        run=row.run,
        stage=row.stage,
        purpose=row.purpose,
        case=row.case_id,
        cost_centre=row.cost_centre,
        version=row.version,
        model=row.model,
        number=row.number,
        is_hedge=row.is_hedge,
        is_batch=row.is_batch,
        status=row.status,
        error=row.error,
        returned_model=row.returned_model,
        usage=Usage(
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            cached_tokens=row.cached_tokens,
            written_tokens=row.written_tokens,
            searches=row.searches,
        ),
        is_estimated=row.is_estimated,
        reserved_usd=row.reserved_usd,
        cost_usd=row.cost_usd,
        saved_usd=row.saved_usd,
        priced_on=row.priced_on,
        took_ms=row.took_ms,
        first_token_ms=row.first_token_ms,
    )
