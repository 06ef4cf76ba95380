"""Settings of structured output: the shape, how it is asked for, what has to be cited."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from holdfast.settings import Settings


class OutputSettings(Settings):
    """The `output` section of a declaration."""

    model: str = Field(
        default="",
        description="Shape as a Pydantic model, `module:Class` of a Python file in this folder; runs in a "
        "trusted folder only.",
    )
    shape: dict[str, Any] | str = Field(
        default="",
        alias="schema",
        description="Shape as a JSON Schema of one object, written here or in the named .json or .yaml file "
        "of this folder.",
    )
    native: Literal["auto", "schema", "tool", "prompt"] = Field(
        default="auto",
        description="How the shape is asked for: by the provider's own structured output (`schema`), by a "
        "tool call, in words (`prompt`), or by the best of these that the model is known to have.",
    )
    repairs: int = Field(
        default=2,
        ge=0,
        le=5,
        description="Further calls at most in which a reply that does not fit is given back with what is "
        "wrong in it.",
    )
    cite: Literal["all", "none"] | tuple[str, ...] = Field(
        default="all",
        description="Fields that have to name their passages: all, none, or a list of names (`parts.torque` "
        "goes through lists).",
    )
    cite_attachments: bool = Field(
        default=False,
        description="Number what is attached to the item as passages, so that fields may cite it. It is what "
        "somebody says, not what your documents say.",
    )

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        if bool(self.model) == bool(self.shape):
            raise ValueError("write either `model: module:Class` or `schema:`, one of the two")
        return self

    @property
    def wanted_citations(self) -> tuple[str, ...] | None:
        """Return the names of the fields to cite, None for all of them."""
        if self.cite == "all":
            return None
        return () if self.cite == "none" else tuple(self.cite)
