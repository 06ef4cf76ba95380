"""Batches of model calls that a provider works on, so that a later process can take them up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables, and mark attempts that were part of a batch."""
    op.create_table(
        "batches",
        sa.Column("key", sa.String(), nullable=False, comment="our own name of it"),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False, comment="provider:model at ADDRESS"),
        sa.Column(
            "provider_id",
            sa.String(),
            nullable=False,
            comment="the provider's name of it; empty: not known yet",
        ),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_batches")),
        comment="batches whose replies may still be wanted",
    )  # fmt: skip
    op.create_index(op.f("ix_batches_workflow"), "batches", ["workflow"], unique=False)
    op.create_table(
        "batch_requests",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column(
            "digest",
            sa.String(),
            nullable=False,
            comment="sha256 of the request, and how many alike before it",
        ),
        sa.Column("attempt", sa.String(), nullable=False, comment="its row in the ledger"),
        sa.ForeignKeyConstraint(["batch"], ["batches.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch", "digest", name=op.f("pk_batch_requests")),
        comment="the requests of a batch, without their texts",
    )  # fmt: skip
    op.add_column(
        "ledger",
        sa.Column("is_batch", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
