"""What every section of a declaration has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class WrongAt(ValueError):
    """What a section's own check finds wrong, with the place in the section where it was written."""

    def __init__(self, what: str, place: tuple[str | int, ...], *, move: str = "") -> None:
        super().__init__(what)
        self.place = place
        self.move = move


class Settings(BaseModel):
    """One section of a declaration: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartSettings(Settings):
    """The section of a stage whose part can be replaced."""

    use: str = Field(
        default="",
        description="Name of an installed plug-in, or `module:name` of a Python file in this folder; "
        "empty takes Holdfast's own part.",
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="Keyword arguments for the part that `use` names."
    )
