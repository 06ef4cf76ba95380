"""Settings of one source in the declaration."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class SourceSettings(PartSettings):
    """One entry of `sources:` in workflow.yaml."""

    files: str = Field(
        default="", description="Folder of documents, relative to the folder that workflow.yaml lies in."
    )
    name: str = Field(default="", description="Name of the source; empty takes the folder's name.")
    include: tuple[str, ...] = Field(
        default=(), description="Path patterns, as in a .gitignore; empty takes every document."
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Path patterns of documents to leave out; they win over `include`."
    )
    access: tuple[str, ...] | None = Field(
        default=None,
        description="Groups (or `user:NAME`) that may see every document, instead of a permissions.yaml "
        "at the source's root; `[everyone]` opens the source.",
    )
    max_file_mb: float = Field(
        default=200, gt=0, le=4096, description="Larger files are listed as problems and not read."
    )
