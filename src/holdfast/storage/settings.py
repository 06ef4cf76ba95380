"""The `retention` section: how long each kind of record is kept."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import Settings


class RetentionSettings(Settings):
    """Days after which records may be deleted; `holdfast sync` and the server do so in small steps."""

    runs_days: int = Field(
        default=90,
        ge=1,
        description="Runs with their stage records. While a run is kept, the document revisions that it "
        "names stay readable.",
    )
    versions_days: int = Field(
        default=30,
        ge=0,
        description="Revisions of documents that were replaced or removed and that no kept run names.",
    )
    jobs_days: int = Field(default=14, ge=0, description="Jobs that are done or have failed for good.")
    audit_days: int = Field(default=0, ge=0, description="Audit entries; 0 keeps them for ever.")
    ledger_days: int = Field(
        default=400, ge=0, description="Ledger rows of model calls; 0 keeps them for ever."
    )
    experiments_days: int = Field(
        default=400,
        ge=0,
        description="Experiments with the scores of their cases; 0 keeps them for ever. What a score says of "
        "a run goes with the run.",
    )
