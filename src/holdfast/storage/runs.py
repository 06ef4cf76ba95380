"""Keep runs with their stage records, and show them to who may see their evidence today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.attempts import Attempt
from holdfast.domain.items import GOLDEN, REPLAY, WORK
from holdfast.domain.outcomes import kind_of
from holdfast.domain.runs import Run, RunRecord, UnfinishedRun
from holdfast.domain.versions import Version
from holdfast.errors import StorageError
from holdfast.storage.access_lists import entries_of
from holdfast.storage.encoding import pack, to_text, unpack
from holdfast.storage.inserting import insert_for, insert_into
from holdfast.storage.ledger import attempts_of, unpriced_runs
from holdfast.storage.moments import aware
from holdfast.storage.origins import has_origin
from holdfast.storage.parts import in_parts
from holdfast.storage.schema import access_entries, documents, run_evidence, runs, stage_records, versions

LOOKUP_PREFIX = "lookup:"
INTERRUPTED: Final = "interrupted"
"""How a run ended whose process did not live to say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in a list."""

    id: str
    item_id: str
    question: str
    kind: str
    model: str
    degraded: str
    fallback: str
    user: str
    version: str
    index_version: int
    cost_usd: float | None
    """None: a call that took anything has no known price."""
    started_at: datetime
    took_ms: float
    origin: str = WORK
    """`work`, `golden` of a golden case, or `replay`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStage:
    """One stage of a stored run, as plain data."""

    stage: str
    part: str
    given: Any
    made: Any
    took_ms: float
    cost_usd: float
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A whole run, as plain data."""

    summary: RunSummary
    item: Any
    outcome: Any
    stages: tuple[StoredStage, ...]
    attempts: tuple[Attempt, ...] = ()

    @property
    def outside_ms(self) -> float:
        """Return what the run took beyond its stages: the places of citations, waiting for a turn."""
        return max(0.0, self.summary.took_ms - sum(stage.took_ms for stage in self.stages))


def save_run(connection: sa.Connection, run: Run | UnfinishedRun, *, evidence: Iterable[str]) -> None:
    """Write a run, its stage records and the documents whose text stands in them.

    A run that counted as interrupted, since its process gave no sign of life for long, is replaced.
    """
    save_runs(connection, [(run, evidence)])


def save_runs(connection: sa.Connection, told: Sequence[tuple[Run | UnfinishedRun, Iterable[str]]]) -> None:
    """Write runs, each with the documents whose text stands in it."""
    of_run, of_evidence = _inserts(connection.dialect.name)
    for run, _ in told:
        if connection.execute(of_run, _run_row(run)).first() is None:
            raise StorageError(
                f"there is a run {run.id} already", stage="storage", move="Give every run an id of its own."
            )
    stages = [row for run, _ in told for row in _stage_rows(run)]
    if stages:
        connection.execute(sa.insert(stage_records), stages)
    named = [
        {"run_id": run.id, "document": document}
        for run, evidence in told
        for document in sorted(set(evidence))
    ]
    if named:
        connection.execute(of_evidence, named)


@cache
def _inserts(dialect: str) -> tuple[sa.Executable, sa.Insert]:
    """Return how a run is written, in the place of an interrupted one too, and its evidence; made once."""
    insert = insert_for(dialect, runs)
    of_run = insert.on_conflict_do_update(
        index_elements=["id"], set_=dict(insert.excluded), where=runs.c.kind == INTERRUPTED
    )
    return of_run.returning(runs.c.id), insert_for(dialect, run_evidence).on_conflict_do_nothing()


def _run_row(run: Run | UnfinishedRun) -> dict[str, object]:
    kind, outcome = _ending(run)
    return {
        "id": run.id,
        "version": run.version,
        "index_version": run.index_version,
        "item_id": run.item.id,
        "principal": run.item.principal.user,
        "item": pack(run.item),
        "kind": kind,
        "outcome": pack(outcome),
        "model": run.model,
        "degraded": run.degraded,
        "fallback": run.fallback,
        "input_tokens": run.usage.input_tokens,
        "output_tokens": run.usage.output_tokens,
        "cached_tokens": run.usage.cached_tokens,
        "cost_usd": run.cost_usd,
        "started_at": run.started_at,
        "took_ms": run.took_ms,
    }


def _ending(run: Run | UnfinishedRun) -> tuple[str, object]:
    if isinstance(run, Run):
        return kind_of(run.outcome), run.outcome
    return run.kind, {"text": "", "reason": run.reason}


def _stage_rows(run: RunRecord) -> list[dict[str, object]]:
    return [
        {
            "run_id": run.id,
            "position": position,
            "stage": record.stage.value,
            "part": record.part,
            "given": pack(record.given),
            "made": pack(record.made),
            "took_ms": record.took_ms,
            "cost_usd": record.cost_usd,
            "error": record.error,
        }
        for position, record in enumerate(run.stages)
    ]


def remember_version(connection: sa.Connection, version: Version) -> None:
    """Keep what a Version was made of, once."""
    known = connection.execute(
        sa.select(versions.c.digest).where(versions.c.digest == version.digest)
    ).first()
    if known is None:
        insert = insert_into(connection, versions).values(
            digest=version.digest, parts=to_text(version.parts), first_seen=datetime.now(UTC)
        )
        connection.execute(insert.on_conflict_do_nothing())


def list_runs(
    connection: sa.Connection,
    principal: Principal,
    *,
    limit: int,
    asked_by: str = "",
    origin: str | None = None,
    lookups: Collection[str] = (),
) -> tuple[tuple[RunSummary, ...], int]:
    """Return the newest runs the principal may see, and how many of the newest were left out.

    With `asked_by` only that user's own count: what others asked is not everybody's business. With an
    `origin` only its runs, as `has_origin` has it. `lookups` are as for `hidden_runs`.
    """
    query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)
    if asked_by:
        query = query.where(runs.c.principal == asked_by)
    if origin is not None:
        query = query.where(has_origin(origin))
    rows = connection.execute(query).all()
    hidden = hidden_runs(connection, [row.id for row in rows], principal, lookups=lookups)
    shown = [row for row in rows if row.id not in hidden]
    unpriced = unpriced_runs(connection, [row.id for row in shown])
    return tuple(summary_of(row, unpriced=unpriced) for row in shown), len(hidden)


def find_run(
    connection: sa.Connection,
    run_id: str,
    principal: Principal,
    *,
    asked_by: str = "",
    lookups: Collection[str] = (),
) -> StoredRun | None:
    """Return a run by its id or an unambiguous beginning of it; None when there is none to be seen.

    With `asked_by` only that user's own are looked at. `lookups` are as for `hidden_runs`.
    """
    query = sa.select(runs).where(runs.c.id.startswith(run_id, autoescape=True)).limit(2)
    if asked_by:
        query = query.where(runs.c.principal == asked_by)
    rows = connection.execute(query).all()
    if len(rows) != 1 or hidden_runs(connection, [rows[0].id], principal, lookups=lookups):
        return None
    return _stored(connection, rows[0])


def outcomes_of(
    connection: sa.Connection, run_ids: Sequence[str], principal: Principal, *, lookups: Collection[str] = ()
) -> dict[str, Any]:
    """Return the outcomes of those of these runs that the principal may see, by id, without their stages."""
    found: dict[str, Any] = {}
    for some in in_parts(run_ids):
        hidden = hidden_runs(connection, some, principal, lookups=lookups)
        rows = connection.execute(sa.select(runs.c.id, runs.c.outcome).where(runs.c.id.in_(some)))
        found |= {row.id: unpack(row.outcome) or {} for row in rows if row.id not in hidden}
    return found


def evidence_of(connection: sa.Connection, run_id: str) -> frozenset[str]:
    """Return every document and lookup (`lookup:NAME`) whose text stands in a run's records."""
    query = sa.select(run_evidence.c.document).where(run_evidence.c.run_id == run_id)
    return frozenset(connection.execute(query).scalars())


def find_run_of_its_own(connection: sa.Connection, run_id: str) -> StoredRun | None:
    """Return a run for a machine that works on it; whom its text may be shown is not asked here."""
    row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
    return _stored(connection, row) if row is not None else None


def _stored(connection: sa.Connection, row: Any) -> StoredRun:
    stages = connection.execute(
        sa.select(stage_records).where(stage_records.c.run_id == row.id).order_by(stage_records.c.position)
    )
    return StoredRun(
        summary=summary_of(row, unpriced=unpriced_runs(connection, [row.id])),
        item=unpack(row.item),
        outcome=unpack(row.outcome),
        stages=tuple(_stage(stage) for stage in stages),
        attempts=attempts_of(connection, row.id),
    )


def _stage(row: Any) -> StoredStage:
    return StoredStage(
        stage=row.stage,
        part=row.part,
        given=unpack(row.given),
        made=unpack(row.made),
        took_ms=row.took_ms,
        cost_usd=row.cost_usd,
        error=row.error,
    )


def hidden_runs(
    connection: sa.Connection, run_ids: Sequence[str], principal: Principal, *, lookups: Collection[str] = ()
) -> set[str]:
    """Return those runs that hold text of a document which the principal may not see today.

    Rows of a lookup are seen by who asked, and by whom the caller found to be on its access list:
    `lookups` names those (`lookup:NAME`).

    A document that is no longer on record at all hides its runs too: nothing says who may see it. Where
    two sources hold a document of one path, a run shows to whom may see both: which one it was is not
    on record.
    """
    allowed = sa.select(access_entries.c.access_id).where(access_entries.c.entry.in_(entries_of(principal)))
    named = sa.select(run_evidence.c.document).where(run_evidence.c.run_id.in_(run_ids))
    paths = sa.select(documents.c.path).where(documents.c.path.in_(named))
    query = sa.select(run_evidence.c.run_id).where(
        run_evidence.c.run_id.in_(run_ids),
        run_evidence.c.document.not_like(f"{LOOKUP_PREFIX}%"),
        sa.or_(
            run_evidence.c.document.not_in(paths),
            run_evidence.c.document.in_(paths.where(documents.c.access_id.not_in(allowed))),
        ),
    )
    rows = sa.select(run_evidence.c.run_id).join(runs, runs.c.id == run_evidence.c.run_id).where(
        run_evidence.c.run_id.in_(run_ids),
        run_evidence.c.document.like(f"{LOOKUP_PREFIX}%"),
        run_evidence.c.document.not_in(list(lookups)),
        runs.c.principal != principal.user,
    )  # fmt: skip
    return {*connection.execute(query).scalars(), *connection.execute(rows).scalars()}


def summary_of(row: Any, *, unpriced: Collection[str]) -> RunSummary:
    """Return a row of `runs` as it stands in a list; the cost of `unpriced` runs is not known."""
    item = unpack(row.item)
    started = aware(row.started_at)
    return RunSummary(
        id=row.id,
        item_id=row.item_id,
        question=item["question"],
        kind=row.kind,
        model=row.model,
        degraded=row.degraded,
        fallback=row.fallback,
        user=row.principal,
        version=row.version,
        index_version=row.index_version,
        cost_usd=None if row.id in unpriced else row.cost_usd,
        started_at=started,
        took_ms=row.took_ms,
        origin=origin if (origin := item.get("origin")) in (GOLDEN, REPLAY) else WORK,
    )
