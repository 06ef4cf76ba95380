"""Settings of checking."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class CheckingSettings(PartSettings):
    """The `checking` section of a declaration."""

    quote_sentences: int = Field(
        default=2, ge=1, le=5, description="Sentences that a citation quotes at most, taken as they stand."
    )
    conflict_ceiling: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Highest support of a claim that states a number, date, code or negation which its "
        "passages do not.",
    )
    uncited_factor: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="What is left of the support of a sentence that names no passage: it is compared "
        "with all of them.",
    )
    across_languages: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Support of a sentence that a model wrote in another language than its passages, when "
        "their numbers, dates and codes agree: words cannot be compared. 0 holds such replies back.",
    )
    concluded: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Support of a field of structured output that is a conclusion from its passages and no "
        "quote: yes or no, or a word of a list that the passages do not say.",
    )
