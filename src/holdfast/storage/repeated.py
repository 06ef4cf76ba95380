"""Tell which documents stand behind what an item repeats of earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from holdfast.storage.decisions import texts_sent
from holdfast.storage.encoding import unpack
from holdfast.storage.parts import in_parts
from holdfast.storage.review_tables import decisions
from holdfast.storage.schema import run_evidence, runs
from holdfast.text.marks import without_marks

MOST_RUNS = 200
"""A person's newest runs that a text is held against."""
TELLING = 20
"""Characters from which a text proves that it was taken from somewhere."""


def documents_behind(connection: sa.Connection, run_ids: Collection[str], *, asked_by: str) -> set[str]:
    """Return the documents and lookups behind these runs of one user's, as far as there are any.

    Those behind what their own histories told are among them: a run's evidence names them too.
    """
    found: set[str] = set()
    for some in in_parts(sorted(run_ids)):
        query = (
            sa.select(run_evidence.c.document)
            .join(runs, runs.c.id == run_evidence.c.run_id)
            .where(runs.c.id.in_(some), runs.c.principal == asked_by)
        )
        found.update(connection.execute(query).scalars())
    return found


def runs_repeated(connection: sa.Connection, texts: Iterable[str], *, asked_by: str) -> tuple[str, ...]:
    """Return those of a user's newest runs whose answer, or what a reviewer sent for it, stands in a text.

    Marks and white space do not count: a reader's client has other numbers than the records.
    """
    said = [_plain(text) for text in texts]
    if not said:
        return ()
    newest = (
        sa.select(runs.c.id, runs.c.outcome)
        .where(runs.c.principal == asked_by)
        .order_by(runs.c.started_at.desc(), runs.c.id)
        .limit(MOST_RUNS)
    )
    rows = connection.execute(newest).all()
    answers = [(row.id, str((unpack(row.outcome) or {}).get("text") or "")) for row in rows]
    for some in in_parts([row.id for row in rows]):
        sent = sa.select(decisions.c.run, decisions.c.text).where(decisions.c.run.in_(some))
        answers += [(row.run, text) for row in connection.execute(sent) for text in texts_sent(row.text)]
    plain = [(run, _plain(text)) for run, text in answers]
    return tuple(
        dict.fromkeys(run for run, text in plain if len(text) >= TELLING and any(text in one for one in said))
    )


def _plain(text: str) -> str:
    return " ".join(without_marks(text).split())
