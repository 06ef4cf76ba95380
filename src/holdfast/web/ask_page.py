"""The Ask page with the interface behind it."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from holdfast.contract import ask_json
from holdfast.domain.reviews import Action
from holdfast.web.deciding_routes import told_decisions
from holdfast.web.following import follow
from holdfast.web.items import ItemIn, item_of, own_run
from holdfast.web.rendering import page
from holdfast.web.review_told import told_review
from holdfast.web.streaming import EventStream, ReaderLeft, message_events, unless_left
from holdfast.web.telling import BLANK, told_run, told_stored
from holdfast.web.visits import Here, Visit

router = APIRouter()
CLIENT_CLOSED = 499
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": ItemIn.model_json_schema(ref_template="#/components/schemas/{model}")
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["item"],
                    "properties": {
                        "item": {"type": "string", "description": "The item as JSON."},
                        "attachment": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            },
        },
    }
}


@router.get("/w/{workflow}/ask", response_class=HTMLResponse, include_in_schema=False)
def ask_page(visit: Here, run: str = "") -> HTMLResponse:
    """Show the form, below the thread of the named run."""
    stored = own_run(visit, run) if run else None
    answered = told_review(visit, stored) if stored else None
    return page(
        "ask.html",
        visit,
        stored=stored,
        told=told_stored(visit, stored) if stored else None,
        decided=told_decisions(visit, stored.summary.id) if stored else (),
        review=answered,
        blank=BLANK,
        fields=visit.desk.fields,
        **decision_choices(visit),
    )


def decision_choices(visit: Visit) -> dict[str, Any]:
    """Return what a page needs to offer decisions about a draft."""
    settings = visit.desk.flow.wiring.settings
    return {
        "actions": [action.value for action in Action],
        "reasons": list(settings.review.categories),
        "routes": {name: route.contact for name, route in settings.deciding.routes.items()},
    }


@router.post("/api/items", openapi_extra=BODY, summary="Ask: as server-sent events or as JSON")
async def post_item(request: Request, visit: Here) -> Response:
    """Work one item for who is here.

    With `Accept: text/event-stream` the answer streams in the UI message stream format, sentence by
    sentence; else it comes whole, in the shape of `holdfast ask --json`. A client that leaves cancels the
    run, which is recorded as cancelled.
    """
    item = await item_of(request, visit)
    notice = await follow(visit.desk.flow)
    run_id = uuid.uuid4().hex
    if "text/event-stream" in request.headers.get("accept", ""):
        pieces = visit.desk.flow.stream(item, run_id=run_id)
        return EventStream(
            message_events(run_id, pieces, told=lambda run: told_run(visit, run), notice=notice)
        )
    try:
        run = await unless_left(request.receive, visit.desk.flow.ask(item, run_id=run_id))
    except ReaderLeft:
        return Response(status_code=CLIENT_CLOSED)
    return JSONResponse(ask_json(run))
