"""Forget a document: take its text out of every record, and out of the files beneath them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.domain.reviews import Event, Waiting
from holdfast.storage import counters, review_queue
from holdfast.storage.database import Database
from holdfast.storage.decisions import give_notice, texts_sent
from holdfast.storage.encoding import pack, texts_in, unpack
from holdfast.storage.experiments import empty_whys, forget_documents
from holdfast.storage.forgetting_people import DOCUMENT
from holdfast.storage.gists import forget_gists
from holdfast.storage.parts import in_parts
from holdfast.storage.replies import (
    forget_replies_of_runs,
    forget_replies_on,
    forget_replies_without_run,
)
from holdfast.storage.review_tables import decisions, drafts, gists
from holdfast.storage.run_scores import empty_score_whys
from holdfast.storage.schema import (
    case_runs,
    chunks,
    documents,
    experiments,
    problems,
    replies,
    reply_evidence,
    run_evidence,
    run_scores,
    runs,
    stage_records,
    vectors,
)
from holdfast.storage.standings import forget_resolved
from holdfast.storage.unused import delete_unused_vectors

_TELLING = 20
"""Quotes and answers shorter than this are not searched for in other runs: they prove no copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was taken out, or would be."""

    documents: tuple[str, ...] = ()
    """Paths: the document and everything that was attached to it."""
    revisions: int = 0
    chunks: int = 0
    vectors: int = 0
    runs: int = 0
    """Runs that keep only their figures."""
    waiting: tuple[Waiting, ...] = ()
    """Cases of the review queue among these runs: they are closed, and who holds them is told."""


def reckon_document(connection: sa.Connection, source: str, path: str) -> Forgotten:
    """Return what `forget_document` would take out, and change nothing."""
    paths = attachments_of(connection, source, path)
    numbers: set[int] = set()
    keys: list[str] = []
    for some in in_parts(paths):
        these = sa.select(documents.c.id).where(documents.c.source == source, documents.c.path.in_(some))
        numbers.update(connection.execute(these).scalars())
        held = sa.select(chunks.c.text_key).where(chunks.c.document_id.in_(these))
        keys += connection.execute(held).scalars()
    emptied = runs_to_empty(connection, paths)
    return Forgotten(
        documents=tuple(paths),
        revisions=len(numbers),
        chunks=len(keys),
        vectors=_vectors_held_by(connection, numbers, sorted(set(keys))),
        runs=len(emptied),
        waiting=review_queue.waiting_among(connection, emptied),
    )


def forget_document(connection: sa.Connection, source: str, path: str) -> Forgotten:
    """Delete every revision of a document and its attachments, and empty the runs that hold their text.

    An emptied run keeps who asked, when, how it ended and what it cost. A run is emptied when its
    evidence names the document, or when its item repeats what such a run quoted or answered (a later
    question of the same thread). Kept replies go with the documents and runs they rest on. The caller
    holds a write transaction and the sync lease; afterwards `Projections.catch_up` builds both legs anew
    by itself, and `scrub` clears the database's files.
    """
    counters.raise_by(connection, counters.KNOWN)
    paths = attachments_of(connection, source, path)
    revisions, text_keys, chunk_count = _delete_revisions(connection, source, paths)
    for some in in_parts(paths):
        gone = (problems.c.source == source) & problems.c.path.in_(some)
        connection.execute(sa.delete(problems).where(gone))
    forget_documents(connection, paths, by=DOCUMENT)
    _empty_drafts(connection)
    counters.raise_by(connection, counters.FORGOTTEN)
    forget_resolved(connection)
    # After the documents: whoever keeps a reply right now holds them until it is kept.
    forget_replies_on(connection, paths)
    forget_replies_without_run(connection)
    emptied = runs_to_empty(connection, paths)
    waiting = review_queue.waiting_among(connection, emptied)
    _empty_runs(connection, emptied)
    review_queue.close_forgotten(connection, waiting)
    for one in waiting:
        give_notice(connection, one.run, Event.CLOSED, to=one.holder or one.owner)
    return Forgotten(
        documents=tuple(paths),
        revisions=revisions,
        chunks=chunk_count,
        vectors=delete_unused_vectors(connection, text_keys),
        runs=len(emptied),
        waiting=waiting,
    )


def scrub(database: Database) -> None:
    """Rewrite the database's files so that nothing deleted is left in them; takes a while on large ones.

    On PostgreSQL the write-ahead log and backups are the server's and stay as they are.
    """
    with database.outside_transactions() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for table in _HOLDING_TEXT:
                connection.exec_driver_sql(f'VACUUM FULL "{table.name}"')


def attachments_of(connection: sa.Connection, source: str, path: str) -> list[str]:
    """Return the paths of a document and of everything that was attached to it, however deep."""
    found = [path]
    for outer in found:  # grows while it is walked: attachments of attachments
        for table in (documents, problems):
            query = sa.select(table.c.path).where(table.c.source == source, table.c.parent == outer)
            inner = connection.execute(query.distinct()).scalars()
            found.extend(name for name in inner if name not in found)
    return found


def _delete_revisions(
    connection: sa.Connection, source: str, paths: Sequence[str]
) -> tuple[int, list[str], int]:
    revisions, count, text_keys = 0, 0, set[str]()
    for some in in_parts(paths):
        these = (documents.c.source == source) & documents.c.path.in_(some)
        numbers = sa.select(documents.c.id).where(these)
        keys = connection.execute(sa.select(chunks.c.text_key).where(chunks.c.document_id.in_(numbers)))
        found = list(keys.scalars())
        count += len(found)
        text_keys.update(found)
        # Chunks and keys go with their document (ON DELETE CASCADE).
        revisions += connection.execute(sa.delete(documents).where(these)).rowcount
    return revisions, sorted(text_keys), count


def _vectors_held_by(connection: sa.Connection, numbers: set[int], text_keys: Sequence[str]) -> int:
    """Count vectors of texts that no document but these holds."""
    count = 0
    for some in in_parts(text_keys):
        holders = sa.select(chunks.c.text_key, chunks.c.document_id).where(chunks.c.text_key.in_(some))
        shared = {row.text_key for row in connection.execute(holders) if row.document_id not in numbers}
        query = sa.select(vectors.c.text_key).where(vectors.c.text_key.in_(some))
        count += sum(key not in shared for key in connection.execute(query).scalars())
    return count


def runs_to_empty(connection: sa.Connection, paths: Sequence[str]) -> list[str]:
    """Return the runs that hold text of these documents: by their evidence, or by repeating such a run."""
    every = list(found := _runs_with_evidence(connection, paths))
    while found:
        said = [piece for run_id in found for piece in _said(connection, run_id)]
        found = _runs_repeating(connection, said, but=frozenset(every))
        every += found
    return every


def _empty_runs(connection: sa.Connection, found: Sequence[str]) -> None:
    for run_id in found:
        _empty(connection, run_id)
    for some in in_parts(found):
        empty_whys(connection, some)
        empty_score_whys(connection, some)


def _runs_with_evidence(connection: sa.Connection, paths: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for some in in_parts(paths):
        query = sa.select(run_evidence.c.run_id).where(run_evidence.c.document.in_(some))
        found.update(connection.execute(query).scalars())
    return sorted(found)


def _said(connection: sa.Connection, run_id: str) -> Iterator[str]:
    """Yield what a run answered and quoted, the pieces that a later item may repeat."""
    outcome = unpack(connection.execute(sa.select(runs.c.outcome).where(runs.c.id == run_id)).scalar_one())
    pieces = [outcome.get("text"), outcome.get("draft"), *texts_in(outcome.get("output"))]
    pieces += [citation.get("quote") for citation in outcome.get("citations") or ()]
    pieces += [citation.get("quote") for citation in outcome.get("nearest") or ()]
    sent = sa.select(decisions.c.text).where(decisions.c.run == run_id)
    pieces += [piece for text in connection.execute(sent).scalars() for piece in texts_sent(text)]
    yield from (piece for piece in pieces if isinstance(piece, str) and len(piece) >= _TELLING)


def _runs_repeating(connection: sa.Connection, said: Sequence[str], *, but: frozenset[str]) -> list[str]:
    if not said:
        return []
    query = sa.select(runs.c.id, runs.c.item).where(runs.c.kind != _EMPTIED)
    rows = connection.execute(query.execution_options(yield_per=200))
    return [
        row.id
        for row in rows
        if row.id not in but and any(piece in text for text in texts_in(unpack(row.item)) for piece in said)
    ]


_EMPTIED = "forgotten"
"""Kind of a run whose texts were taken out."""


def _empty(connection: sa.Connection, run_id: str) -> None:
    connection.execute(sa.delete(stage_records).where(stage_records.c.run_id == run_id))
    connection.execute(sa.delete(run_evidence).where(run_evidence.c.run_id == run_id))
    forget_replies_of_runs(connection, [run_id])
    forget_gists(connection, [run_id])
    words = pack({"text": "", "reason": "A document that this run named was forgotten."})
    item = pack({"question": "", "fields": {}, "history": []})
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id)
        .values(kind=_EMPTIED, item=item, outcome=words, degraded="", fallback="")
    )
    # What people wrote about it may repeat it; who decided what, and when, stays.
    nothing = pack("")
    about = sa.update(decisions).where(decisions.c.run == run_id).values(words=nothing, text=nothing)
    connection.execute(about)


def _empty_drafts(connection: sa.Connection) -> None:
    """Take the texts out of drafts that never became a run: what they repeat is not looked for one by one."""
    empty = sa.update(drafts).values(item=pack({}), text=pack(""), evidence="[]")
    connection.execute(empty)


_HOLDING_TEXT = (
    documents, chunks, vectors, runs, stage_records, run_evidence, replies, reply_evidence, problems,
    experiments, case_runs, run_scores, decisions, drafts, gists,
)  # fmt: skip
