"""Scores of production runs, beside the run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "run_scores",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), comment="in the metric's unit; null: not computed"),
        sa.Column("why", sa.LargeBinary(), comment="text, zlib: may repeat what the run said"),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "metric", name=op.f("pk_run_scores")),
        comment="what evaluators say of production runs",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("run_scores")
