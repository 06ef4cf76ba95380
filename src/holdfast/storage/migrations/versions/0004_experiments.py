"""Experiments with a row for each case worked, and a view of their scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_V_EXPERIMENTS = """
CREATE VIEW v_experiments AS
SELECT e.id AS experiment, e.workflow, e.version, e.label, e.model AS asked_model, e.cases_digest,
       e.principal AS run_by, e.started_at, e.ended_at, c.case_id, c.repeat, c.kind,
       c.run_id AS run, c.outcome, c.model, c.scores, c.not_run, c.cost_usd, c.took_s
FROM experiments e
LEFT JOIN case_runs c ON c.experiment = e.id
"""


def upgrade() -> None:
    """Make the tables and the view."""
    op.create_table(
        "experiments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False, comment="git ref or model, as it was named"),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False, comment="JSON, zlib: digest of each case by id"),
        sa.Column("cases_digest", sa.String(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False, comment="JSON, zlib: the declared sections"),
        sa.Column("prices", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("environment", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("principal", sa.String(), nullable=False, comment="who ran it"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), comment="null: stopped, to be gone on with"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    with op.batch_alter_table("experiments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_experiments_version"), ["version"], unique=False)
        batch_op.create_index(batch_op.f("ix_experiments_started_at"), ["started_at"], unique=False)
    op.create_table(
        "case_runs",
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="of the case as it was asked"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False, comment="empty: not run"),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False, comment="JSON: value by metric, figures only"),
        sa.Column("whys", sa.LargeBinary(), comment="JSON, zlib: reason by metric; lives as long as its run"),
        sa.Column("not_run", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.Float()),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False, comment="JSON: where the case's evidence stands"),
        sa.ForeignKeyConstraint(["experiment"], ["experiments.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("experiment", "case_id", "repeat", name=op.f("pk_case_runs")),
    )
    with op.batch_alter_table("case_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_runs_run_id"), ["run_id"], unique=False)
    op.execute(_V_EXPERIMENTS)
