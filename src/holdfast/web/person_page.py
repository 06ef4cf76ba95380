"""Choose who is here, with the theme and the language."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from holdfast.web.rendering import bare_page
from holdfast.web.visits import CHANGED, LANGUAGE, PERSON, THEME, THEMES, theme_of, wording_of
from holdfast.web.wording import LANGUAGES
from holdfast.web.workbench import Workbench

router = APIRouter(include_in_schema=False)
YEAR_S = 365 * 24 * 3600
CHANGE_S, LONGEST = 60, 2000
"""How long a change of person is remembered, and the longest address that it is remembered with."""


@router.get("/", response_class=RedirectResponse)
def home(request: Request) -> RedirectResponse:
    """Open the first workflow's Ask page."""
    workbench: Workbench = request.app.state.workbench
    return RedirectResponse(f"/w/{quote(workbench.first.name, safe='')}/ask", status_code=303)


@router.get("/person", response_class=HTMLResponse)
def person_page(request: Request, to: str = "/") -> HTMLResponse:
    """Show the declared people to choose from."""
    workbench: Workbench = request.app.state.workbench
    return bare_page(
        "person.html", wording_of(request), theme=theme_of(request),
        people=list(workbench.people.values()), local=workbench.local, to=inner_path(to),
    )  # fmt: skip


@router.post("/preferences", response_class=RedirectResponse)
def choose(
    request: Request,
    to: Annotated[str, Form()] = "/",
    person: Annotated[str | None, Form()] = None,
    theme: Annotated[str | None, Form()] = None,
    language: Annotated[str | None, Form()] = None,
) -> RedirectResponse:
    """Remember a choice in this browser, then go back: to the start where the page is closed to them now."""
    workbench: Workbench = request.app.state.workbench
    back = inner_path(to)
    answer = RedirectResponse(back, status_code=303)
    chosen = {}
    if person in workbench.people:
        chosen[PERSON] = quote(person or "", safe="")
        if len(back) <= LONGEST:
            answer.set_cookie(CHANGED, quote(back, safe=""), max_age=CHANGE_S, httponly=True, samesite="lax")
    if theme in THEMES:
        chosen[THEME] = theme or ""
    if language in LANGUAGES:
        chosen[LANGUAGE] = language or ""
    for name, value in chosen.items():
        answer.set_cookie(name, value, max_age=YEAR_S, httponly=True, samesite="lax")
    return answer


def inner_path(to: str) -> str:
    """Return a path of this server, `/` for anything that might lead elsewhere."""
    parts = urlsplit(to)
    is_inner = (
        to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return to if is_inner and to.isprintable() else "/"
