"""The `indexing` section of a declaration."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class IndexingSettings(PartSettings):
    """How chunks are made findable."""

    stemming: bool = Field(
        default=True, description="Reduce words to their stems in the sparse leg, by the document's language."
    )
    exact_up_to: int = Field(
        default=50_000,
        ge=1_000,
        description="Vectors up to which the dense leg scans all; above, an HNSW graph narrows first.",
    )
