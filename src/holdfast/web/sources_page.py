"""The Sources page, with the sync that it starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from holdfast.contract import sync_json
from holdfast.domain.access import USER_PREFIX, Principal
from holdfast.domain.indexing import SyncReport
from holdfast.errors import HoldfastError
from holdfast.noticing import hidden_in, notices_of
from holdfast.storage.knowledge import problems_now
from holdfast.storage.source_overview import access_lines, source_lines, version_lines, view_of
from holdfast.web.described import EVENTS
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.streaming import Event, EventStream
from holdfast.web.visits import Here, Visit

router = APIRouter()
MOST_PROBLEMS = 500
ASSUMED = "principal.assume"
TOLD_EVERY_S = 0.1
"""Progress is told at most so often."""


@router.get("/w/{workflow}/sources", response_class=HTMLResponse, include_in_schema=False)
def sources_page(
    visit: Here,
    seen_by: Annotated[str, Query(alias="as", max_length=200)] = "",
    groups: Annotated[str, Query(max_length=2000)] = "",
) -> HTMLResponse:
    """Show the state of the sources, and what another person sees of them."""
    visit.needs(Right.OPERATE)
    principal = _seen_by(visit, seen_by, groups)
    wiring = visit.desk.flow.wiring
    if principal is not None and principal != visit.principal:
        listed = ", ".join(sorted(principal.groups)) or "no group"
        visit.desk.flow.audit(
            ASSUMED, who=visit.person.name, thing=principal.user, detail=f"workbench, in {listed}"
        )
    with wiring.database.read() as connection:
        problems = problems_now(connection)
        values: dict[str, Any] = {
            "sources": source_lines(connection),
            "access": access_lines(connection),
            "versions": version_lines(connection),
            "view": view_of(connection, principal) if principal else None,
        }
    return page(
        "sources.html", visit, problems=problems[:MOST_PROBLEMS],
        more_problems=max(0, len(problems) - MOST_PROBLEMS),
        notices=notices_of(wiring), hidden=hidden_in(wiring)[:MOST_PROBLEMS], principal=principal,
        seen_by=seen_by, groups=groups, **values,
    )  # fmt: skip


def _seen_by(visit: Visit, name: str, groups: str) -> Principal | None:
    """Return the declared person of this name; where none is declared, the user and groups as written."""
    if not name.strip():
        return None
    declared = visit.workbench.people.get(name)
    if declared is not None:
        return declared.principal
    named = frozenset(one.strip() for one in groups.split(",") if one.strip())
    return Principal(user=name, groups=frozenset(one for one in named if not one.startswith(USER_PREFIX)))


@router.post(
    "/api/sync",
    response_class=Response,
    responses={200: {"content": EVENTS}},
    summary="Sync now, told as server-sent events",
)
async def post_sync(visit: Here) -> Response:
    """Bring the index level with the sources; parts `data-progress`, last `data-report` or `error`.

    A reader who leaves ends the sync; what was published before stays.
    """
    visit.needs(Right.OPERATE)
    return EventStream(_sync_events(visit))


async def _sync_events(visit: Visit) -> AsyncGenerator[Event, None]:
    told: asyncio.Queue[Event | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    last = 0.0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal last
        if loop.time() - last < TOLD_EVERY_S and done not in (0, total):
            return
        last = loop.time()
        data = {"what": what, "done": done, "total": total}
        loop.call_soon_threadsafe(told.put_nowait, {"type": "data-progress", "data": data, "transient": True})

    def waiting(holder: str) -> None:
        data = {"what": visit.t("sources.waiting", holder=holder), "done": 0, "total": 0}
        loop.call_soon_threadsafe(told.put_nowait, {"type": "data-progress", "data": data, "transient": True})

    syncing = asyncio.create_task(visit.desk.flow.sync(progress=progress, waiting=waiting))
    syncing.add_done_callback(lambda _task: told.put_nowait(None))
    try:
        yield {"type": "start"}
        while (event := await told.get()) is not None:
            yield event
        yield _ended(syncing, visit)
        yield {"type": "finish"}
    finally:
        syncing.cancel()
        with suppress(asyncio.CancelledError, HoldfastError):
            await syncing


def _ended(syncing: asyncio.Task[SyncReport], visit: Visit) -> Event:
    try:
        report = syncing.result()
    except HoldfastError as error:
        return {"type": "error", "errorText": str(error)}
    words = visit.t(
        "sources.synced", added=report.added, updated=report.updated, removed=report.removed,
        unchanged=report.unchanged, failed=report.failed, took=visit.t.took(report.took_s * 1000),
    )  # fmt: skip
    return {"type": "data-report", "data": {**sync_json(report), "words": words}}
