"""The Ask page with the interface behind it."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from holdfast.contract import ask_json
from holdfast.storage.drafts import KeptDraft, Thread, find_draft, threads_of
from holdfast.storage.runs import StoredRun
from holdfast.web.before_told import NO_CORRECTION, corrections_beside, told_corrections
from holdfast.web.deciding_routes import told_decisions
from holdfast.web.described import EVENTS, body_of, gives
from holdfast.web.examples import examples_for
from holdfast.web.following import follow
from holdfast.web.guard import MOST_UPLOAD
from holdfast.web.items import ItemIn, item_of, own_run
from holdfast.web.offers import offers_of
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.reply_told import standings, told_reply
from holdfast.web.shapes import AskOut
from holdfast.web.streaming import CLIENT_CLOSED, EventStream, ReaderLeft, message_events, unless_left
from holdfast.web.telling import BLANK, told_run, told_stored
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter()
LOOK_AGAIN_S = 2
"""Seconds between two looks at a draft that is written elsewhere."""
FORM = {
    "type": "object",
    "required": ["item"],
    "properties": {
        "item": {"type": "string", "description": "The item as JSON."},
        "attachment": {"type": "array", "items": {"type": "string", "format": "binary"}},
    },
}


@router.get("/w/{workflow}/ask", response_class=HTMLResponse, include_in_schema=False)
def ask_page(visit: Here, run: str = "") -> HTMLResponse:
    """Show the form, below the thread of the named run."""
    stored, draft, threads = asked_before(visit, run)
    reply = told_reply(visit, stored) if stored else None
    is_written = draft is not None and stored is None and draft.state == "open"
    shown = page(
        "ask.html",
        visit,
        stored=stored,
        told=told_stored(visit, stored) if stored else None,
        decided=told_decisions(visit, stored.summary.id) if stored else (),
        reply=reply,
        corrected=corrections_beside(visit, stored) if stored and not (reply and reply.sent) else (),
        no_correction=NO_CORRECTION,
        offers=offers_of(visit),
        own=offers_of(visit, stored) if stored else None,
        states=standings(visit, {one.run: one.kind for one in threads if one.kind}),
        draft=draft,
        threads=threads,
        blank=BLANK,
        fields=visit.desk.fields,
        examples=() if stored or draft else examples_for(visit),
        is_written=is_written,
        most_upload=MOST_UPLOAD,
        after=stored.summary.id if stored else draft.after if draft else "",
    )
    if is_written:  # by another page or another replica: look again until it is on record
        shown.headers["refresh"] = f"{LOOK_AGAIN_S}"
    return shown


def asked_before(visit: Visit, run_id: str) -> tuple[StoredRun | None, KeptDraft | None, tuple[Thread, ...]]:
    """Return the named run, the draft of it that has no outcome, or without a name the newest threads."""
    with visit.desk.flow.wiring.database.read() as connection:
        if not run_id:
            return None, None, threads_of(connection, visit.principal)
        draft = find_draft(connection, run_id, visit.principal)
    try:
        return own_run(visit, run_id), draft, ()
    except Missing:
        if draft is None:
            raise
        return None, draft, ()


@router.post(
    "/api/items",
    openapi_extra=body_of(ItemIn, FORM),
    responses=gives(AskOut, content=EVENTS),
    summary="Ask: as server-sent events or as JSON",
)
async def post_item(request: Request, visit: Here) -> Response:
    """Work one item for who is here.

    With `Accept: text/event-stream` the answer streams in the UI message stream format, sentence by
    sentence; else it comes whole, in the shape of `holdfast ask --json`. A client that leaves cancels the
    run, which is recorded as cancelled.
    """
    untrusted = await follow(visit.desk.flow)  # first: the thread of an item is read by these permissions
    notice = untrusted and (untrusted if visit.person.may(Right.OPERATE) else visit.t("notice.permissions"))
    item, thread = await item_of(request, visit)
    run_id = uuid.uuid4().hex
    if "text/event-stream" in request.headers.get("accept", ""):
        pieces = visit.desk.flow.stream(item, run_id=run_id, thread=thread)
        return EventStream(
            message_events(
                run_id,
                pieces,
                told=lambda run: told_run(visit, run),
                notice=notice,
                corrected=lambda run: told_corrections(visit, run.corrected_before, run=run.id),
            )
        )
    try:
        run = await unless_left(request.receive, visit.desk.flow.ask(item, run_id=run_id, thread=thread))
    except ReaderLeft:
        return Response(status_code=CLIENT_CLOSED)
    return JSONResponse(ask_json(run))
