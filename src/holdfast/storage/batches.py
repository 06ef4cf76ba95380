"""Keep which batches a provider works on, so that a later process takes them up instead of paying again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.storage.ledger import take_back
from holdfast.storage.schema import batch_requests, batches

KEPT_S = 28 * 86_400.0
"""How long a batch is worth taking up: providers keep replies for 29 or 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch whose replies may still be wanted."""

    key: str
    lane: str
    """`provider:model at ADDRESS`."""
    provider_id: str
    """Empty: the process that made it ended before it was told."""
    requests: int
    made: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A request of such a batch."""

    batch: OpenBatch
    attempt: str
    """Its row in the ledger."""


def open_requests(connection: sa.Connection, workflow: str, *, now: float) -> Mapping[str, OpenRequest]:
    """Return the requests of a workflow's batches that can be taken up, by digest."""
    query = (
        sa.select(batches, batch_requests.c.digest, batch_requests.c.attempt)
        .join(batch_requests, batch_requests.c.batch == batches.c.key)
        .where(batches.c.workflow == workflow, batches.c.made > now - KEPT_S)
        .order_by(batches.c.made)
    )
    return {
        row.digest: OpenRequest(
            batch=OpenBatch(
                key=row.key, lane=row.lane, provider_id=row.provider_id, requests=row.requests, made=row.made
            ),
            attempt=row.attempt,
        )
        for row in connection.execute(query)
    }


def intend(
    connection: sa.Connection,
    key: str,
    *,
    workflow: str,
    lane: str,
    requests: Sequence[tuple[str, str]],
    now: float,
) -> None:
    """Put a batch on record before it is sent; `requests` are (digest, attempt). Old ones go."""
    connection.execute(sa.delete(batches).where(batches.c.made <= now - KEPT_S))
    row = {"key": key, "workflow": workflow, "lane": lane, "provider_id": "", "requests": len(requests)}
    connection.execute(sa.insert(batches), [{**row, "made": now}])
    connection.execute(
        sa.insert(batch_requests),
        [{"batch": key, "digest": digest, "attempt": attempt} for digest, attempt in requests],
    )


def submitted(connection: sa.Connection, key: str, provider_id: str) -> None:
    """Put down by which name the provider knows a batch."""
    connection.execute(sa.update(batches).where(batches.c.key == key).values(provider_id=provider_id))


def take_up(connection: sa.Connection, request: OpenRequest, digest: str, attempt: str) -> None:
    """Have another attempt stand in the place of the one that ended with its process."""
    take_back(connection, request.attempt)
    where = (batch_requests.c.batch == request.batch.key) & (batch_requests.c.digest == digest)
    connection.execute(sa.update(batch_requests).where(where).values(attempt=attempt))


def done_with(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Drop batches whose replies nobody wants any more."""
    connection.execute(sa.delete(batches).where(batches.c.key.in_(keys)))
