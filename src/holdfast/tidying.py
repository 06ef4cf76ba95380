"""Delete what retention says is over: records, and indexes of earlier versions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from holdfast.app import Wiring
from holdfast.earlier import drop_old
from holdfast.storage.retention import purge
from holdfast.telemetry.logs import log

PURGES_AT_MOST = 200
"""Small purges at one time; what is left goes the next time."""


def tidy(wiring: Wiring) -> None:
    """Delete in small transactions; the caller holds the sync lease."""
    for _ in range(PURGES_AT_MOST):
        with wiring.database.write() as connection:
            purged = purge(connection, wiring.workspace.retention, datetime.now(UTC))
        if not purged:
            break
        log("records.purged", **asdict(purged))
    drop_old(wiring)
