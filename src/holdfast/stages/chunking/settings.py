"""Settings of the chunking stage."""

from __future__ import annotations

from pydantic import Field, model_validator

from holdfast.settings import PartSettings


class ChunkingSettings(PartSettings):
    """The section `chunking:` of workflow.yaml."""

    size: int = Field(
        default=800,
        ge=200,
        le=4000,
        description="Characters a chunk holds, about; a passage up to half longer stays whole.",
    )
    overlap: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Characters that two chunks of one passage share; below half of `size`.",
    )
    heading_context: bool = Field(
        default=True,
        description="Put the document's title and the heading path in front of what is embedded and indexed.",
    )
    include_hidden: bool = Field(
        default=False, description="Index text that a reader does not see (hidden sheets, `display:none`)."
    )

    @model_validator(mode="after")
    def _overlap_is_small(self) -> ChunkingSettings:
        if self.overlap * 2 >= self.size:
            msg = f"overlap ({self.overlap}) must be below half of size ({self.size})"
            raise ValueError(msg)
        return self
