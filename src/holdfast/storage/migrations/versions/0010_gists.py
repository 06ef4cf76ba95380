"""What the questions of decided cases come down to, so that one who asks again is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from holdfast.storage.encoding import unpack
from holdfast.storage.gists import rows_of

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DECIDED = sa.text(
    "SELECT r.id, r.item FROM runs r JOIN review_items i ON i.run = r.id "
    "WHERE i.state = 'done' AND r.kind <> 'forgotten'"
)


def upgrade() -> None:
    """Make the table, and fill it from the cases that were decided before."""
    made = op.create_table(
        "gists",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("word", sa.BigInteger(), nullable=False, comment="digest of the stem of a content word"),
        sa.Column("exact", sa.String(), nullable=False, comment="digest of all that must be equal"),
        sa.Column("size", sa.Integer(), nullable=False, comment="how many content words there are"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "word", name=op.f("pk_gists")),
        comment="what the question of a decided case comes down to, a row a word: where it is asked again",
    )
    op.create_index("ix_gists_exact_word_size_run", "gists", ["exact", "word", "size", "run"])
    connection = op.get_bind()
    for row in connection.execute(_DECIDED).all():
        if rows := rows_of(row.id, unpack(row.item)):
            connection.execute(sa.insert(made), rows)
