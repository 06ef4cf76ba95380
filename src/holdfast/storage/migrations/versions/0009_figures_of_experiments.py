"""The figures by which an experiment stands in a list, worked out once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is not there yet is worked out when somebody looks."""
    told = "JSON: what a list shows of it"
    op.add_column(
        "experiments", sa.Column("figures", sa.Text(), nullable=False, server_default="", comment=told)
    )
