"""Everything that Holdfast wraps around a rung's model, with a ledger in a file as in production."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from holdfast.calling.accounts import Account
from holdfast.calling.flights import Flights
from holdfast.calling.shared import process_wide
from holdfast.protocols import Model
from holdfast.stages.generation.policies import Policies
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import GenerationSettings, RungSettings
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import open_database, sqlite_url


def whole_stack(rung: RungSettings) -> Model:
    """Return cache( hedge( retry( break( limit( ledger( patience( model )))))))."""
    policies, account = _policies()
    return policies.around(model_for(rung), rung, account, rungs_behind=1)


@functools.cache
def _policies() -> tuple[Policies, Account]:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    database = open_database(sqlite_url(folder / "records.sqlite"))
    account = Account(ledger=Bookkeeper(database), workflow="bench", version="v1", cost_centre="bench")
    return Policies(
        settings=GenerationSettings(), providers={}, shared=process_wide(), flights=Flights(),
        database=database, lookups={}, own_digest="",
    ), account  # fmt: skip
