"""Say whether the server lives, and whether it can answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from holdfast.errors import HoldfastError
from holdfast.web.described import gives
from holdfast.web.shapes import Health, Readiness
from holdfast.web.workbench import Desk, Workbench

router = APIRouter()


@router.get("/healthz", response_model=None, responses=gives(Health), summary="Whether the process lives")
def healthz() -> dict[str, str]:
    """Answer, and look at nothing."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    responses={**gives(Readiness), 503: {"model": Readiness, "description": "One of them cannot."}},
    summary="Whether every workflow can answer",
)
def readyz(request: Request) -> JSONResponse:
    """Return 200 when each workflow's records can be read and hold an index, else 503 with the reasons."""
    workbench: Workbench = request.app.state.workbench
    reasons = {name: reason for name, desk in workbench.desks.items() if (reason := _unready(desk))}
    told: dict[str, Any] = {"status": "unready" if reasons else "ok", "workflows": reasons}
    return JSONResponse(told, status_code=503 if reasons else 200)


def _unready(desk: Desk) -> str:
    try:
        return "" if desk.flow.is_synced else "there is no index yet"
    except HoldfastError as error:
        return error.what
