"""The `retrieval` section of a declaration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holdfast.domain.documents import Status
from holdfast.settings import PartSettings


class RetrievalSettings(PartSettings):
    """How hits are found and fused."""

    k: int = Field(default=20, ge=1, le=1000, description="Hits handed on, best first.")
    depth: int = Field(default=100, ge=10, le=2000, description="Hits each leg contributes to the fusion.")
    fusion: Literal["proportional", "minmax", "rrf"] = Field(
        default="proportional",
        description="proportional: weighted sum of shares of each leg's best score; minmax: of scores scaled "
        "between best and worst; rrf: of reciprocal ranks.",
    )
    sparse_weight: float = Field(
        default=0.5, ge=0, le=1, description="Weight of BM25; the dense leg has the rest."
    )
    rrf_k: int = Field(default=60, ge=1, description="Constant of reciprocal rank fusion.")
    exclude: tuple[Status, ...] = Field(
        default=(Status.SUPERSEDED,), description="Standings that are never found (superseded, draft)."
    )
    draft_weight: float = Field(
        default=0.9, gt=0, le=1, description="Factor on a draft's score, so that approved documents win ties."
    )
    filters: dict[str, str] = Field(
        default_factory=dict,
        description="Document key to item field: an item with that field finds only documents of its value.",
    )
    split_from_words: int = Field(
        default=40, ge=10, description="Items longer than this are also searched part by part."
    )
