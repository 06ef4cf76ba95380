"""The server's application: every route with what is told when one fails."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import unquote, urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from holdfast.errors import (
    DeclarationError,
    DocumentError,
    HoldfastError,
    NotAllowed,
    ProviderError,
    StorageError,
    UsageError,
)
from holdfast.telemetry.logs import log
from holdfast.web import (
    ask_page,
    deciding_routes,
    document_page,
    experiment_case_page,
    experiment_page,
    golden_page,
    health,
    operations_page,
    person_page,
    quality_page,
    record_page,
    replay_page,
    review_page,
    review_routes,
    run_pages,
    sources_page,
)
from holdfast.web.described import REFUSES, describe, refuses
from holdfast.web.guard import Guard
from holdfast.web.items import ItemIn
from holdfast.web.rendering import bare_page, edition, page, static_file
from holdfast.web.visits import (
    CHANGED,
    Missing,
    NotForRole,
    Unknown,
    address_of,
    theme_of,
    visit_at_fault,
    wording_of,
)
from holdfast.web.workbench import Workbench

ROUTERS = (
    person_page.router,
    ask_page.router,
    document_page.router,
    run_pages.router,
    sources_page.router,
    operations_page.router,
    replay_page.router,
    golden_page.router,
    quality_page.router,
    experiment_page.router,
    experiment_case_page.router,
    deciding_routes.router,
    record_page.router,
    review_page.router,
    review_routes.router,
    health.router,
)
YEAR = "public, max-age=31536000, immutable"
CLOSED = (403, 404)
"""Statuses of a page that is not for who is here, whose thing they may not see too."""
STATUSES: tuple[tuple[type[HoldfastError], int], ...] = (
    (UsageError, 400),
    (DocumentError, 409),
    (NotAllowed, 403),
    (ProviderError, 502),
    (StorageError, 503),
    (DeclarationError, 503),
)


def application(workbench: Workbench) -> FastAPI:
    """Return the application for these workflows, to be served or called by a test."""
    app = FastAPI(
        title="Holdfast", version=version("holdfast"), docs_url=None, redoc_url=None,
        openapi_url="/openapi.json",
    )  # fmt: skip
    app.state.workbench = workbench
    for router in ROUTERS:
        app.include_router(router, responses=refuses() if router is health.router else REFUSES)
    describe(app, ItemIn)
    app.add_api_route("/static/{request_edition}/{name}", static, include_in_schema=False)
    for kind, handler in _handlers().items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Guard, hosts=workbench.hosts)
    return app


def static(request_edition: str, name: str) -> Response:
    """Return a static file; one of an older edition is sent as it is now, and not kept."""
    try:
        data, kind = static_file(name)
    except KeyError:
        raise Missing from None
    kept = YEAR if request_edition == edition() else "no-cache"
    return Response(data, media_type=kind, headers={"cache-control": kept})


Handler = Callable[[Request, Exception], Response]


def _handlers() -> dict[type[Exception], Handler]:
    return {
        HoldfastError: _failed,
        Missing: lambda request, _error: told(request, 404, "error.missing"),
        NotForRole: lambda request, _error: told(request, 403, "error.role"),
        Unknown: _unknown,
        RequestValidationError: _malformed,
        HTTPException: _http,
        Exception: _unexpected,
    }


def told(
    request: Request, status: int, key: str, *, what: str = "", move: str = "", stage: str = ""
) -> Response:
    """Return an error as a page, or as JSON where a program asked."""
    t = wording_of(request)
    what = what or t(key)
    if is_for_programs(request):
        error = {"v": 1, "error": what, "stage": stage or "web", "move": move or None}
        return JSONResponse(error, status_code=status)
    visit = visit_at_fault(request)
    if visit is not None and status in CLOSED and _has_changed(request):
        start = RedirectResponse(f"{visit.home}/ask", status_code=303)
        start.delete_cookie(CHANGED)
        return start
    move = move or t.under(f"{key}.").get("move", "")
    values = {"title": t(key), "what": what, "move": move, "code": status}
    if visit is None:
        return bare_page("error.html", t, theme=theme_of(request), status=status, **values)
    return page("error.html", visit, status=status, **values)


def _has_changed(request: Request) -> bool:
    """Return whether somebody came back to this page as another person."""
    return unquote(request.cookies.get(CHANGED, "")) == address_of(request)


def is_for_programs(request: Request) -> bool:
    """Return whether the answer is read by a program: the interface, or a page's own script."""
    return request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "")


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HoldfastError)
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 500)
    return told(request, status, "error.failed", what=error.what, move=error.move, stage=error.stage)


def _unknown(request: Request, _error: Exception) -> Response:
    if is_for_programs(request) or request.method != "GET":
        return told(request, 401, "error.who")
    return RedirectResponse(f"/person?{urlencode({'to': address_of(request)})}", status_code=303)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return told(request, 422, "error.malformed", what=f"{where}: {first['msg']}")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return told(request, error.status_code, "error.missing")
    answer = told(request, error.status_code, "error.failed", what=str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> Response:
    log("request.failed", "error", path=request.url.path, exc_info=error)
    return told(request, 500, "error.unexpected")
