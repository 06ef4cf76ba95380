"""Read moments as they were written."""

from __future__ import annotations

from datetime import UTC, datetime


def aware(moment: datetime) -> datetime:
    """Return a moment with its zone: SQLite leaves it, UTC, away."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
