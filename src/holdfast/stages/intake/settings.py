"""Settings of the intake stage."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import PartSettings


class IntakeSettings(PartSettings):
    """The section `intake:` of workflow.yaml."""

    max_line_mb: float = Field(
        default=16,
        gt=0,
        le=256,
        description="A longer line of an items file is an error, and is not held in memory.",
    )
