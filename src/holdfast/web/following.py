"""Let today's permissions count for the next question, without listing a source each time."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from holdfast.errors import DeclarationError, HoldfastError, StorageError
from holdfast.session import Flow
from holdfast.storage import source_state
from holdfast.telemetry.logs import log

_told: WeakKeyDictionary[Flow, str] = WeakKeyDictionary()
"""What was logged last of a workflow: a fault that stays is told once."""


async def follow(flow: Flow) -> str:
    """Follow permissions that changed; return a notice where they cannot be trusted, else empty.

    Those of the last sync stay in force then.
    """
    if await asyncio.to_thread(_is_level, flow):
        return ""
    try:
        await flow.refresh_access()
    except (DeclarationError, StorageError) as error:
        if _told.get(flow) != str(error):
            log("permissions.untrusted", "warning", error=str(error))
        _told[flow] = str(error)
        return str(error)
    _told.pop(flow, None)
    return ""


def _is_level(flow: Flow) -> bool:
    """Return whether the permission files are those that the index follows: one small read each."""
    try:
        for source in flow.wiring.sources():
            digest = getattr(source, "permissions_digest", None)
            if digest is None:
                return False
            with flow.wiring.database.read() as connection:
                if source_state.permissions_digest(connection, source.name) != digest():
                    return False
    except HoldfastError:
        return False  # the refresh says what is wrong
    return True
