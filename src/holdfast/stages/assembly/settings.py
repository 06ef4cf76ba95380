"""Settings of assembly: how much evidence a prompt shows."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class AssemblySettings(PartSettings):
    """The `assembly` section of a declaration."""

    passages: int = Field(
        default=8, ge=1, le=100, description="Passages of documents that a prompt shows at most."
    )
    rows: int = Field(default=20, ge=0, le=200, description="Rows of lookups that a prompt shows at most.")
    turns: int = Field(
        default=6, ge=0, le=100, description="Latest turns of the item's history that a prompt shows at most."
    )
    duplicate_share: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="A passage is left out when this share of its word sequences, and all of its numbers, "
        "stand in a better passage.",
    )
    merge: bool = Field(
        default=True,
        description="Join passages that touch or overlap in their document and have one locator.",
    )
    system: str = Field(
        default="",
        description="File in `prompts/` with the system text; empty takes `prompts/system.md.jinja` "
        "where there is one, else Holdfast's own.",
    )
    item: str = Field(
        default="",
        description="File in `prompts/` that shows evidence and item; empty takes `prompts/item.md.jinja` "
        "where there is one, else Holdfast's own.",
    )
