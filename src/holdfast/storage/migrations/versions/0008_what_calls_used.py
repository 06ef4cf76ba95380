"""Tokens put into a provider's cache, a reranker's searches, and the fallback of a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_V_RUNS = """
CREATE VIEW v_runs AS
SELECT id AS run, item_id AS item, principal AS asked_by, kind, model, degraded, version, index_version,
       cost_usd, took_ms, input_tokens, output_tokens, cached_tokens, started_at, fallback
FROM runs
"""

_V_COSTS = """
CREATE VIEW v_costs AS
SELECT day, workflow, cost_centre, purpose, model, COUNT(*) AS attempts,
       SUM(CASE WHEN status = 'ok' THEN 1 ELSE 0 END) AS answered,
       SUM(CASE WHEN status = 'cached' THEN 1 ELSE 0 END) AS cached,
       SUM(CASE WHEN is_hedge THEN 1 ELSE 0 END) AS hedges,
       SUM(CASE WHEN number > 1 THEN 1 ELSE 0 END) AS retries,
       SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
       SUM(cached_tokens) AS cached_tokens, SUM(COALESCE(cost_usd, 0)) AS cost_usd,
       SUM(saved_usd) AS saved_usd, SUM(CASE WHEN cost_usd IS NULL THEN 1 ELSE 0 END) AS unpriced,
       SUM(written_tokens) AS written_tokens, SUM(searches) AS searches
FROM ledger
GROUP BY day, workflow, cost_centre, purpose, model
"""


def upgrade() -> None:
    """Add the columns, and make the two views anew with them."""
    op.add_column("runs", sa.Column("fallback", sa.Text(), nullable=False, server_default=""))
    for name in ("written_tokens", "searches"):
        op.add_column("ledger", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE ledger SET purpose = 'embedding' WHERE purpose = 'index'")
    op.execute("DROP VIEW v_runs")
    op.execute(_V_RUNS)
    op.execute("DROP VIEW v_costs")
    op.execute(_V_COSTS)
