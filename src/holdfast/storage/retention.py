"""Delete records whose time is over, a bounded number at a time.

A revision of a document that was replaced or removed is kept until both are over: its own time
(`versions_days` after it ended) and the time of every run that names it, a run naming a revision when
its evidence holds the document's path and the run's index version is one the revision was alive at.
Runs are kept `runs_days`, so no revision outlives its end by more than the longer of the two.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from holdfast.storage import counters
from holdfast.storage.experiments import empty_whys
from holdfast.storage.parts import in_parts
from holdfast.storage.replies import forget_replies_on, purge_replies
from holdfast.storage.review_tables import drafts, review_items
from holdfast.storage.schema import (
    audit,
    chunks,
    documents,
    experiments,
    jobs,
    ledger,
    run_evidence,
    runs,
    vectors,
)
from holdfast.storage.settings import RetentionSettings
from holdfast.storage.unused import delete_unused_vectors

BATCH = 500
"""Rows of one kind deleted in one call: a transaction that other writers need not wait for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many records of each kind were deleted."""

    runs: int = 0
    revisions: int = 0
    vectors: int = 0
    jobs: int = 0
    audit: int = 0
    ledger: int = 0
    replies: int = 0
    """Kept replies of models whose time was over."""
    experiments: int = 0
    drafts: int = 0
    reviews: int = 0

    def __bool__(self) -> bool:
        return any(astuple(self))


def purge(
    connection: sa.Connection, settings: RetentionSettings, now: datetime, *, batch: int = BATCH
) -> Purged:
    """Delete up to `batch` records of each kind whose time is over at `now`; call again until none is.

    The caller holds a write transaction and, since vectors of an embedder that is not the published
    one are taken for leftovers, the sync lease.
    """
    runs_gone = _purge_runs(connection, _before(now, settings.runs_days), batch)
    revisions, text_keys = _purge_revisions(connection, _before(now, settings.versions_days), batch)
    return Purged(
        runs=runs_gone,
        revisions=revisions,
        vectors=delete_unused_vectors(connection, text_keys) + _sweep_vectors(connection, batch),
        jobs=_purge_jobs(connection, _before(now, settings.jobs_days), batch),
        audit=_purge_audit(connection, _before(now, settings.audit_days), batch)
        if settings.audit_days
        else 0,
        ledger=_purge_ledger(connection, _before(now, settings.ledger_days), batch)
        if settings.ledger_days
        else 0,
        replies=purge_replies(
            connection,
            now=now.timestamp(),
            made_before=_before(now, settings.runs_days).timestamp(),
            batch=batch,
        ),
        experiments=_purge_experiments(connection, _before(now, settings.experiments_days), batch)
        if settings.experiments_days
        else 0,
        drafts=_purge_drafts(connection, _before(now, settings.runs_days), batch),
        reviews=_purge_reviews(connection, _before(now, settings.reviews_days), batch)
        if settings.reviews_days
        else 0,
    )


def _before(now: datetime, days: int) -> datetime:
    return now.astimezone(UTC) - timedelta(days=days)


def _purge_runs(connection: sa.Connection, before: datetime, batch: int) -> int:
    waiting = sa.select(review_items.c.run).where(review_items.c.state != "done")
    old = sa.select(runs.c.id).where(runs.c.started_at < before, runs.c.id.not_in(waiting))
    old = old.order_by(runs.c.started_at).limit(batch)
    # Stage records, evidence, decisions and notices go with their run (ON DELETE CASCADE), and so does what
    # an evaluation said of it.
    empty_whys(connection, list(connection.execute(old).scalars()))
    return _deleted(connection, runs, runs.c.id.in_(old))


def _purge_revisions(connection: sa.Connection, before: datetime, batch: int) -> tuple[int, list[str]]:
    """Return how many revisions were deleted, and the keys of the texts that they held."""
    published = counters.value(connection, counters.PUBLISHED)
    named = (
        sa.select(sa.literal(1))
        .select_from(run_evidence.join(runs, runs.c.id == run_evidence.c.run_id))
        .where(
            run_evidence.c.document == documents.c.path,
            runs.c.index_version >= documents.c.born,
            runs.c.index_version < documents.c.died,
        )
        .exists()
    )
    over = (
        sa.select(documents.c.id, documents.c.died, documents.c.path)
        # What ends with a version that is not published yet is still what readers see.
        .where(documents.c.died <= published, documents.c.ended_at < before, ~named)
        .order_by(documents.c.died)
        .limit(batch)
    )
    rows = connection.execute(over).all()
    if not rows:
        return 0, []
    numbers, text_keys = [row.id for row in rows], set[str]()
    for some in in_parts(numbers):
        held = sa.select(chunks.c.text_key).where(chunks.c.document_id.in_(some))
        text_keys.update(connection.execute(held).scalars())
    known = counters.value(connection, counters.PURGED)
    counters.raise_by(connection, counters.PURGED, max(0, max(row.died for row in rows) - known))
    gone = _deleted(connection, documents, documents.c.id.in_(numbers))
    forget_replies_on(connection, sorted({row.path for row in rows}))
    return gone, sorted(text_keys)


def _sweep_vectors(connection: sa.Connection, batch: int) -> int:
    """Look through all vectors for leftovers, once for each embedder that is published.

    Afterwards none can come but with a revision that is deleted, which takes its own along, or from a sync
    with another embedder, which asks for another sweep.
    """
    published = counters.remembered(connection, "fingerprint")
    if published and counters.remembered(connection, counters.SWEPT) == published:
        return 0
    swept = _purge_vectors(connection, published, batch)
    if swept < batch:
        counters.remember(connection, counters.SWEPT, published)
    return swept


def _purge_vectors(connection: sa.Connection, published: str, batch: int) -> int:
    used = sa.select(sa.literal(1)).where(chunks.c.text_key == vectors.c.text_key).exists()
    leftover = ~used
    if published:
        leftover = sa.or_(leftover, vectors.c.fingerprint != published)
    over = sa.select(vectors.c.fingerprint, vectors.c.text_key).where(leftover).limit(batch)
    return _deleted(connection, vectors, sa.tuple_(vectors.c.fingerprint, vectors.c.text_key).in_(over))


def _purge_jobs(connection: sa.Connection, before: datetime, batch: int) -> int:
    ended = jobs.c.status.in_(("done", "failed")) & (jobs.c.due < before.timestamp())
    return _deleted(connection, jobs, jobs.c.id.in_(sa.select(jobs.c.id).where(ended).limit(batch)))


def _purge_audit(connection: sa.Connection, before: datetime, batch: int) -> int:
    old = sa.select(audit.c.id).where(audit.c.at < before).order_by(audit.c.id).limit(batch)
    return _deleted(connection, audit, audit.c.id.in_(old))


def _purge_ledger(connection: sa.Connection, before: datetime, batch: int) -> int:
    old = sa.select(ledger.c.id).where(ledger.c.day < before.date().isoformat()).order_by(ledger.c.day)
    return _deleted(connection, ledger, ledger.c.id.in_(old.limit(batch)))


def _purge_experiments(connection: sa.Connection, before: datetime, batch: int) -> int:
    old = sa.select(experiments.c.id).where(experiments.c.started_at < before)
    return _deleted(
        connection, experiments, experiments.c.id.in_(old.order_by(experiments.c.started_at).limit(batch))
    )


def _purge_drafts(connection: sa.Connection, before: datetime, batch: int) -> int:
    known = sa.select(runs.c.id)
    old = sa.select(drafts.c.run).where(drafts.c.touched_at < before, drafts.c.run.not_in(known))
    return _deleted(connection, drafts, drafts.c.run.in_(old.order_by(drafts.c.touched_at).limit(batch)))


def _purge_reviews(connection: sa.Connection, before: datetime, batch: int) -> int:
    old = sa.select(review_items.c.run).where(review_items.c.done_at < before)
    return _deleted(connection, review_items, review_items.c.run.in_(old.limit(batch)))


def _deleted(connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(table).where(which)).rowcount
