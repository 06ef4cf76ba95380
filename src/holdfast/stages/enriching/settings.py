"""Settings of the enriching stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from holdfast.domain.documents import Status
from holdfast.settings import PartSettings
from holdfast.stages.enriching.declared_patterns import check_pattern


class EnrichingSettings(PartSettings):
    """The section `enriching:` of workflow.yaml."""

    keys: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Regular expressions per key, such as `product: ['\\bHX-\\d{3}\\b']`; searched in title, "
        "path and text. With a group, the group is the value.",
    )
    identified_by: tuple[str, ...] = Field(
        default=(), description="Keys that name a document (`bulletin`), for `supersedes:` of another one."
    )
    supersede_within: Literal["source", "folder"] = Field(
        default="source",
        description="Where the documents stand that a document may supersede: anywhere in its source, or "
        "`folder`: in its own folder and below. Choose this where several teams write into one source.",
    )
    effective_dates: tuple[str, ...] = Field(
        default=(),
        description="Regular expressions whose first group is the date from which a document counts.",
    )
    date_order: Literal["day first", "month first"] = Field(
        default="day first", description="How 03/04/2024 is read; 13/04/2024 and 2024-04-03 read themselves."
    )
    status_paths: dict[Status, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Path patterns per status, such as `draft: [drafts/**]`; they win over what the "
        "document says.",
    )
    languages: tuple[str, ...] = Field(
        default=("en", "de", "fr", "es", "it", "pt", "nl"),
        description="Languages (ISO 639-1) that the documents may be in; fewer are told apart more surely.",
    )
    read_characters: int = Field(
        default=200_000, ge=1_000, le=5_000_000, description="Characters of the text searched for keys."
    )

    @field_validator("keys")
    @classmethod
    def _keys_are_patterns(cls, keys: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for patterns in keys.values():
            for pattern in patterns:
                check_pattern(pattern)
        return keys

    @field_validator("effective_dates")
    @classmethod
    def _dates_have_a_group(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            check_pattern(pattern, groups=1)
        return patterns

    @field_validator("languages")
    @classmethod
    def _languages_are_known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if len(language) != 2 or not language.isascii() or not language.islower():  # noqa: PLR2004
                msg = f"{language!r} is no ISO 639-1 code such as en or de"
                raise ValueError(msg)
        return languages
