"""Delete vectors of texts that no document holds any more."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from holdfast.storage.parts import in_parts
from holdfast.storage.schema import chunks, vectors


def delete_unused_vectors(connection: sa.Connection, text_keys: Sequence[str]) -> int:
    """Delete vectors of these texts unless another document holds the same text; return how many."""
    count = 0
    for some in in_parts(text_keys):
        used = sa.select(sa.literal(1)).where(chunks.c.text_key == vectors.c.text_key).exists()
        orphans = sa.delete(vectors).where(vectors.c.text_key.in_(some), ~used)
        count += connection.execute(orphans).rowcount
    return count
