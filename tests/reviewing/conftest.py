"""A workflow's review over records of a test's own, without documents or models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.access import AccessList
from holdfast.domain.outcomes import Answer, Escalation, Outcome
from holdfast.reviewing.review import Review
from holdfast.storage.database import open_database, sqlite_url
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of

Make = Callable[..., Review]
SAFETY = Escalation(text="This goes to a person.", reason="by a rule", route="safety", confidence=1.0)
UNSURE = Escalation(
    text="This goes to a person.", reason="not certain", route="desk", confidence=0.4, draft="35 Nm [1]."
)
WEAK = Answer(text="35 Nm [1].", citations=(), confidence=0.6)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return a maker of reviews over one database, each with settings of its own."""
    database = open_database(sqlite_url(tmp_path / "records.db"))

    def made(**settings: Any) -> Review:
        lookups = {"orders": AccessList(entries=frozenset({"desk"}))}
        return Review(database, ReviewSettings(**settings), workflow="desk", lookups=lookups)

    yield made
    database.close()


def ended(review: Review, run_id: str, outcome: Outcome, *, user: str = "ana", **more: Any) -> None:
    """Put a run on record as `ask` does, and into the queue if it belongs there."""
    run = replace(run_of(run_id, user=user, **more), outcome=outcome)
    with review.database.write() as connection:
        save_run(connection, run, evidence=[])
        review.admit(connection, run)
