"""A ledger that only remembers, and published documents, for tests of what stands around a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from holdfast.domain.attempts import Attempt
from holdfast.domain.documents import Document
from holdfast.storage import knowledge
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.testing.records import chunks_of, document


@dataclass
class FakeLedger:
    """Keeps what it was given."""

    begun: list[Attempt] = field(default_factory=list)
    ended: list[Attempt] = field(default_factory=list)

    async def begin(self, attempt: Attempt) -> None:
        """Remember an open attempt."""
        self.begun.append(attempt)

    async def end(self, attempt: Attempt) -> None:
        """Remember how it ended."""
        self.ended.append(attempt)


def publish(database: Database, access: Mapping[str, Iterable[str]], *, version: int = 1) -> None:
    """Publish a document of the source `papers` under each path, open to these entries."""
    papers = (document(path, f"What {path} says.", entries=allowed) for path, allowed in access.items())
    with database.write() as connection:
        knowledge.write(connection, [_entry(one) for one in papers], version=version)
        knowledge.publish(connection, version)


def _entry(one: Document) -> Entry:
    pieces = chunks_of(one)
    return Entry(
        document=one, parent="", skip_key="k", chunks=pieces,
        text_keys=tuple(piece.text for piece in pieces), vectors=None, fingerprint="",
    )  # fmt: skip
