"""List the documents that hold text which their readers do not see."""

from __future__ import annotations

import sqlalchemy as sa

from holdfast.domain.documents import Metadata
from holdfast.domain.hidden import HiddenText, Hiding
from holdfast.storage.encoding import from_text
from holdfast.storage.schema import documents

_SOME = '%"hidden":{"%'
"""Part of the JSON of metadata that count any: only these are unpacked, of many thousand documents."""


def hidden_texts(connection: sa.Connection) -> tuple[HiddenText, ...]:
    """Return what documents that have not ended hide, the most important first."""
    query = sa.select(documents.c.path, documents.c.metadata).where(
        documents.c.died.is_(None), documents.c.metadata.like(_SOME)
    )
    found = [
        HiddenText(
            document=row.path,
            characters={kind: counts[kind] for kind in Hiding if kind in counts},
        )
        for row in connection.execute(query)
        if (counts := from_text(Metadata, row.metadata).hidden)
    ]
    return tuple(sorted(found, key=lambda one: (one.importance, one.document)))
