"""What the questions of decided cases come down to, so that one who asks again is told."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa
from alembic import op

from holdfast.errors import StorageError
from holdfast.storage.encoding import unpack
from holdfast.storage.gists import rows_of
from holdfast.storage.parts import in_parts

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DECIDED = sa.text("SELECT run FROM review_items WHERE state = 'done' AND verdict <> 'forgotten'")
_ITEMS = sa.text("SELECT id, item FROM runs WHERE id IN :some").bindparams(
    sa.bindparam("some", expanding=True)
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
    for some in in_parts(connection.execute(_DECIDED).scalars().all()):
        for row in connection.execute(_ITEMS, {"some": some}).all():
            with suppress(StorageError):  # a damaged record keeps no database from being opened
                if rows := rows_of(row.id, unpack(row.item)):
                    connection.execute(sa.insert(made), rows)
