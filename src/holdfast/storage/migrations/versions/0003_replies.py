"""Replies that are taken again when the same is asked, with the documents they rest on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables, and find documents by their path alone."""
    op.create_table(
        "replies",
        sa.Column("key", sa.String(), nullable=False, comment="sha256 of all that the reply depends on"),
        sa.Column("run", sa.String(), nullable=False, comment="the run that paid for it"),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("made", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.Column("until", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_replies")),
        comment="replies of models that are taken again when the same is asked",
    )
    for column in ("run", "principal", "made", "until"):
        op.create_index(op.f(f"ix_replies_{column}"), "replies", [column], unique=False)
    op.create_table(
        "reply_evidence",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["replies.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "document", name=op.f("pk_reply_evidence")),
        comment="every document whose passage was in the prompt",
    )
    op.create_index(op.f("ix_reply_evidence_document"), "reply_evidence", ["document"], unique=False)
    op.create_index(op.f("ix_documents_path"), "documents", ["path"], unique=False)
