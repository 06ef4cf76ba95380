"""Make the legs of a workflow's index, at the published version or at an earlier one."""

from __future__ import annotations

from pathlib import Path

from holdfast.protocols import Embedder
from holdfast.stages.indexing.analyser import Analyser
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.earlier import EarlierProjections
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.settings import IndexingSettings
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.storage.database import Database

LIVE = "index"
"""Folder of the published version's legs in the state folder."""
EARLIER = "earlier"
"""Folder of earlier versions' legs, one folder each by the version's number."""


def projections_in(
    folder: Path, settings: IndexingSettings, database: Database, embedder: Embedder, *, at: int = 0
) -> Projections:
    """Return both legs in a folder, following the published version or standing still at version `at`."""
    analyser = Analyser(stemming=settings.stemming, fallback=settings.language)
    sparse = SparseLeg(folder / "sparse", analyser, compounds=settings.compounds)
    dense = DenseLeg(folder / "dense", embedder, exact_up_to=settings.exact_up_to)
    if at:
        return EarlierProjections(folder, database, sparse=sparse, dense=dense, embedder=embedder, version=at)
    return Projections(folder, database, sparse=sparse, dense=dense, embedder=embedder)
