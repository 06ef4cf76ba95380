"""Everything that Holdfast wraps around a rung's model, with a ledger in a file as in production."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from holdfast.calling.flights import Flights
from holdfast.calling.shared import process_wide
from holdfast.protocols import Model
from holdfast.stages.generation.ledger import Account
from holdfast.stages.generation.policies import Policies
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import GenerationSettings, RungSettings
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import open_database, sqlite_url

ACCOUNT = Account(workflow="bench", version="v1", cost_centre="bench")


def whole_stack(rung: RungSettings) -> Model:
    """Return cache( hedge( retry( break( limit( ledger( patience( model )))))))."""
    return _policies().around(model_for(rung), rung, ACCOUNT, rungs_behind=1)


@functools.cache
def _policies() -> Policies:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    database = open_database(sqlite_url(folder / "records.sqlite"))
    return Policies(
        settings=GenerationSettings(), providers={}, shared=process_wide(), flights=Flights(),
        ledger=Bookkeeper(database), database=database, lookups={}, own_digest="",
    )  # fmt: skip
