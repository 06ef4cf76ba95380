"""The `indexing` section of a declaration."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class IndexingSettings(PartSettings):
    """How chunks are made findable."""

    stemming: bool = Field(
        default=True, description="Reduce words to their stems in the sparse leg, by the document's language."
    )
    compounds: bool = Field(
        default=True,
        description="In languages that write them as one word: a question's `Frist` finds `Kündigungsfrist`.",
    )
    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}$",
        description="Language (ISO 639) by whose rules documents are read whose own cannot be told.",
    )
    exact_up_to: int = Field(
        default=20_000,
        ge=1_000,
        description="Vectors up to which the dense leg scans all; above, an HNSW graph narrows first.",
    )
