"""The ledger of model calls, and what each budget has spent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_V_COSTS = """
CREATE VIEW v_costs AS
SELECT day, workflow, cost_centre, purpose, model, COUNT(*) AS attempts,
       SUM(CASE WHEN status = 'ok' THEN 1 ELSE 0 END) AS answered,
       SUM(CASE WHEN status = 'cached' THEN 1 ELSE 0 END) AS cached,
       SUM(CASE WHEN is_hedge THEN 1 ELSE 0 END) AS hedges,
       SUM(CASE WHEN number > 1 THEN 1 ELSE 0 END) AS retries,
       SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
       SUM(cached_tokens) AS cached_tokens, SUM(COALESCE(cost_usd, 0)) AS cost_usd,
       SUM(saved_usd) AS saved_usd, SUM(CASE WHEN cost_usd IS NULL THEN 1 ELSE 0 END) AS unpriced
FROM ledger
GROUP BY day, workflow, cost_centre, purpose, model
"""


def upgrade() -> None:
    """Make the tables and the view."""
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.String(), nullable=False, comment="UTC, YYYY-MM-DD"),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("cost_centre", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_hedge", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("returned_model", sa.String(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("reserved_usd", sa.Float(), nullable=False),
        sa.Column("cost_usd", sa.Float()),
        sa.Column("saved_usd", sa.Float(), nullable=False),
        sa.Column("priced_on", sa.Date()),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("first_token_ms", sa.Float()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        comment="a row for every attempt to get a reply from a provider",
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_run"), ["run"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_status_at"), ["status", "at"], unique=False)
    op.create_table(
        "spend",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False, comment="workflow:NAME or centre:NAME"),
        sa.Column("spent_nano", sa.BigInteger(), nullable=False, comment="billionths of a USD"),
        sa.Column("reserved_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "scope", name=op.f("pk_spend")),
    )
    op.execute(_V_COSTS)
