"""Drafts and threads, the review queue, decisions, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_V_REVIEWS = """
CREATE VIEW v_reviews AS
SELECT run, asker AS asked_by, cause, risk, route, confidence, opened_at, due_at, owner, state,
       claimed_by, done_by, done_at, verdict, category
FROM review_items
"""


def upgrade() -> None:
    """Make the tables and the view."""
    _drafts()
    _review_items()
    _decisions()
    _notices()
    op.execute(_V_REVIEWS)


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False, comment="run that the thread began with"),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="open, ended"),
        sa.Column(
            "item", sa.LargeBinary(), nullable=False, comment="JSON, zlib; empty once the run is on record"
        ),
        sa.Column("text", sa.LargeBinary(), nullable=False, comment="released so far; JSON, zlib"),
        sa.Column(
            "evidence", sa.Text(), nullable=False, comment="JSON list: documents behind the text so far"
        ),
        sa.Column("holder", sa.String(), nullable=False, comment="the thread that writes it"),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_drafts")),
        comment="which thread a run belongs to, and what is written while there is no run yet",
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_thread"), ["thread"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_drafts_principal_begun_at"), ["principal", "begun_at"], unique=False
        )


def _review_items() -> None:
    op.create_table(
        "review_items",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False, comment="escalation, low_confidence, handed_over"),
        sa.Column("risk", sa.String(), nullable=False, comment="low, medium, high"),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("substitute", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="open, claimed, done"),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("claimed_until", sa.Float(), nullable=False, comment="seconds since the epoch"),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("verdict", sa.String(), nullable=False, comment="accept, edit, reject"),
        sa.Column("category", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_review_items")),
        comment="a case for a person; stays for the figures when its run is gone",
    )
    with op.batch_alter_table("review_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_items_state_due_at"), ["state", "due_at"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False, comment="accept, edit, reject, hand_over"),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False, comment="of a hand-over"),
        sa.Column("words", sa.LargeBinary(), nullable=False, comment="JSON, zlib"),
        sa.Column("text", sa.LargeBinary(), nullable=False, comment="of an edit; JSON, zlib"),
        sa.Column("in_review", sa.Boolean(), nullable=False, comment="it finished a case of the queue"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_run"), ["run"], unique=False)


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(), nullable=False, comment="RUN:EVENT, the idempotency key"),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False, comment="opened, overdue, answered"),
        sa.Column("to", sa.String(), nullable=False, comment="user; empty: all reviewers"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("queued", sa.Boolean(), nullable=False, comment="its jobs are made"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        comment="who is to be told what; no text of a question or a document",
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_run"), ["run"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_to_seen_at"), ["to", "seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_queued"), ["queued"], unique=False)
