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
        description="Revisions of documents that were replaced or removed and that no kept run names; so "
        "long an index version can be searched after the next one took its place.",
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
    reviews_days: int = Field(
        default=400,
        ge=0,
        description="Who finished which case and how, without any text; 0 keeps it for ever. Texts of "
        "decisions go with their run, and the run of a case that waits is kept until it is finished.",
    )
    earlier_index_mb: int = Field(
        default=2_000,
        ge=0,
        description="Megabytes of the state folder for indexes of earlier index versions, each built when it "
        "is searched; the least lately used goes first.",
    )
