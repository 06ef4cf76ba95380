"""What stands behind the thread of a run, and behind the golden case that it asked, as its evidence."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEHIND_THREADS = """
INSERT INTO run_evidence (run_id, document)
SELECT DISTINCT later.run, told.document
FROM drafts AS later
JOIN drafts AS earlier ON earlier.thread = later.thread AND earlier.begun_at < later.begun_at
JOIN run_evidence AS told ON told.run_id = earlier.run
JOIN runs ON runs.id = later.run AND runs.kind <> 'forgotten'
WHERE NOT EXISTS (
    SELECT 1 FROM run_evidence AS known WHERE known.run_id = later.run AND known.document = told.document
)
"""
_OPEN_DRAFTS = """
SELECT later.run, later.evidence, told.document
FROM drafts AS later
JOIN drafts AS earlier ON earlier.thread = later.thread AND earlier.begun_at < later.begun_at
JOIN run_evidence AS told ON told.run_id = earlier.run
WHERE later.state <> 'ended'
"""
_OF_CASES = """
SELECT DISTINCT case_runs.run_id, case_runs.documents
FROM case_runs
JOIN runs ON runs.id = case_runs.run_id AND runs.kind <> 'forgotten'
"""
_KNOWN = "SELECT run_id, document FROM run_evidence WHERE run_id IN (SELECT run_id FROM case_runs)"


def upgrade() -> None:
    """Add the evidence that runs have had from their beginning since; nothing is shown to more people."""
    connection = op.get_bind()
    connection.execute(sa.text(_BEHIND_THREADS))
    drafts: dict[str, set[str]] = {}
    for run, evidence, document in connection.execute(sa.text(_OPEN_DRAFTS)):
        drafts.setdefault(run, set(json.loads(evidence))).add(document)
    update = sa.text("UPDATE drafts SET evidence = :evidence WHERE run = :run")
    for run, documents in drafts.items():
        told = json.dumps(sorted(documents), ensure_ascii=False)
        connection.execute(update, {"run": run, "evidence": told})
    of_cases = {
        (run, document)
        for run, documents in connection.execute(sa.text(_OF_CASES))
        for document in json.loads(documents)
    }
    known = {(run, document) for run, document in connection.execute(sa.text(_KNOWN))}
    rows = [{"run": run, "document": document} for run, document in sorted(of_cases - known)]
    if rows:
        insert = sa.text("INSERT INTO run_evidence (run_id, document) VALUES (:run, :document)")
        connection.execute(insert, rows)
