"""A document's new revision on its way into the records."""

from __future__ import annotations

from dataclasses import dataclass, replace

from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document
from holdfast.domain.hidden import hidden_in
from holdfast.domain.queries import FloatArray
from holdfast.storage.encoding import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document with its chunks, ready to be written."""

    document: Document
    parent: str
    skip_key: str
    chunks: tuple[Chunk, ...]
    text_keys: tuple[str, ...]
    """Per chunk, sha256 of the indexed text."""
    vectors: FloatArray | None
    """Shape (chunks, dimension), or None when they come later."""
    fingerprint: str

    @property
    def metadata(self) -> str:
        """Return the document's metadata as they are kept, with what its text hides."""
        hidden = {kind.value: count for kind, count in hidden_in(self.document.sections).items()}
        return to_text(replace(self.document.metadata, hidden=hidden))
