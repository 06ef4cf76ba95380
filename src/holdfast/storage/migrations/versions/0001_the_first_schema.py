"""The first schema.

A later migration that rebuilds a table which a view reads drops the view first and makes it again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EVIDENCE = "every document whose text stands in the run's records; today's access lists filter runs by it"

_V_RUNS = """
CREATE VIEW v_runs AS
SELECT id AS run, item_id AS item, principal AS asked_by, kind, model, degraded, version, index_version,
       cost_usd, took_ms, input_tokens, output_tokens, cached_tokens, started_at
FROM runs
"""

_V_STAGE_TIMES = """
CREATE VIEW v_stage_times AS
SELECT stage, COUNT(*) AS times, AVG(took_ms) AS avg_ms, MAX(took_ms) AS max_ms,
       SUM(cost_usd) AS cost_usd, SUM(CASE WHEN error = '' THEN 0 ELSE 1 END) AS errors
FROM stage_records
GROUP BY stage
"""

_V_DOCUMENTS = """
CREATE VIEW v_documents AS
SELECT d.source, d.path, d.parent, d.title, d.status, d.superseded_by, a.entries AS access, d.access_rule,
       d.chunk_count AS chunks, d.born AS since_version,
       COALESCE(p.stage, '') AS problem_stage, COALESCE(p.reason, '') AS problem
FROM documents d
JOIN access_lists a ON a.id = d.access_id
LEFT JOIN problems p ON p.source = d.source AND p.path = d.path
WHERE d.born <= (SELECT value FROM counters WHERE name = 'published')
  AND (d.died IS NULL OR d.died > (SELECT value FROM counters WHERE name = 'published'))
"""


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "access_lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="sha256 of the entries"),
        sa.Column("entries", sa.Text(), nullable=False, comment="JSON list, sorted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_lists")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_lists_digest")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
        comment="published: version readers see; filed: last change of access or standing; others: next ids",
    )
    op.create_table(
        "identity",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_identity")),
        comment="database_id, and the fingerprints of the parts that made the published version",
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="idempotency key"),
        sa.Column("handler", sa.String(), nullable=False, comment="module:function"),
        sa.Column("arguments", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("status", sa.String(), nullable=False, comment="waiting, running, done, failed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_jobs_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_status_due"), ["status", "due"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "problems",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("skip_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "path", name=op.f("pk_problems")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("index_version", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("degraded", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_started_at"), ["started_at"], unique=False)

    op.create_table(
        "sources",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("had_permissions", sa.Boolean(), nullable=False),
        sa.Column("permissions_digest", sa.String(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_table(
        "vectors",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False, comment="float16, L2-normalised"),
        sa.PrimaryKeyConstraint("fingerprint", "text_key", name=op.f("pk_vectors")),
    )
    op.create_table(
        "versions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_versions")),
    )
    op.create_table(
        "access_entries",
        sa.Column("access_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["access_id"], ["access_lists.id"]),
        sa.PrimaryKeyConstraint("access_id", "entry", name=op.f("pk_access_entries")),
    )
    with op.batch_alter_table("access_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_entries_entry"), ["entry"], unique=False)

    op.create_table(
        "documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False, comment="outer document of an attachment"),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("skip_key", sa.String(), nullable=False),
        sa.Column("access_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("access_rule", sa.Text(), nullable=False),
        sa.Column(
            "filed", sa.BigInteger(), nullable=False, comment="change of access or standing, by counter"
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("declared_status", sa.String(), nullable=False, comment="as the document itself says"),
        sa.Column("superseded_by", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("text", sa.LargeBinary(), nullable=False, comment="canonical text, UTF-8, zlib"),
        sa.Column("sections", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=False, comment="first index version that holds it"),
        sa.Column("died", sa.BigInteger(), nullable=True, comment="first index version that no longer does"),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), nullable=True, comment="when it died, for retention"
        ),
        sa.ForeignKeyConstraint(["access_id"], ["access_lists.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_documents_died"), ["died"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_filed"), ["filed"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_source_path"), ["source", "path"], unique=False)
        batch_op.create_index(
            "uq_documents_alive",
            ["source", "path"],
            unique=True,
            sqlite_where=sa.text("died IS NULL"),
            postgresql_where=sa.text("died IS NULL"),
        )

    op.create_table(
        "run_evidence",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "document", name=op.f("pk_run_evidence")),
        comment=_EVIDENCE,
    )
    with op.batch_alter_table("run_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_evidence_document"), ["document"], unique=False)

    op.create_table(
        "stage_records",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("given", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("made", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_stage_records")),
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("locator", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("text_key", sa.String(), nullable=False, comment="sha256 of the indexed text"),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("died", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunks")),
    )
    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chunks_born"), ["born"], unique=False)
        batch_op.create_index(batch_op.f("ix_chunks_died"), ["died"], unique=False)
        batch_op.create_index(batch_op.f("ix_chunks_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chunks_text_key"), ["text_key"], unique=False)

    op.create_table(
        "document_keys",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "key", "value", name=op.f("pk_document_keys")),
    )
    with op.batch_alter_table("document_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_keys_key_value"), ["key", "value"], unique=False)

    for view in (_V_RUNS, _V_STAGE_TIMES, _V_DOCUMENTS):
        op.execute(view)
