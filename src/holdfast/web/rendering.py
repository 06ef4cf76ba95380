"""Render pages from templates in which everything is text unless a template says otherwise."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from holdfast.domain.items import ATTACHED
from holdfast.web.people import Right
from holdfast.web.visits import Visit
from holdfast.web.wording import Wording, language_names

STATIC = (
    "app.css", "pages.css", "page.js", "ask.js", "draft.js", "sources.js", "review.js", "review.css",
    "quality.css", "document.css", "icon.svg",
)  # fmt: skip
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def environment() -> Environment:
    """Return the templates, compiled once each."""
    made = Environment(
        loader=PackageLoader("holdfast.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "static": static_path,
        "languages": language_names(),
        "query": query,
        "menu": menu,
        "anchor_of": anchor_of,
    }
    return made


PAGES: tuple[tuple[str, Right | None], ...] = (
    ("ask", None),
    ("review", Right.DECIDE),
    ("documents", None),
    ("runs", None),
    ("quality", Right.SEE_QUALITY),
    ("sources", Right.OPERATE),
    ("operations", Right.OPERATE),
)
"""The pages of a workflow in the order of the menu, each with the right it takes."""


def menu(visit: Visit) -> list[str]:
    """Return the pages that who is here may open."""
    return [name for name, right in PAGES if right is None or visit.person.may(right)]


def page(template: str, visit: Visit, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page for this visit."""
    text = environment().get_template(template).render(visit=visit, t=visit.t, **values)
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})


def bare_page(template: str, t: Wording, *, theme: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page that stands outside every workflow."""
    text = environment().get_template(template).render(visit=None, t=t, theme=theme, **values)
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})


def anchor_of(name: str) -> str:
    """Return the id under which an attachment's text stands on the pages of its run."""
    return f"attached-{quote(name, safe='')}"


def href_of_attached(document: str) -> str:
    """Return where the text of a cited attachment stands on the page that cites it."""
    return f"#{anchor_of(document.removeprefix(ATTACHED))}"


def query(**values: Any) -> str:
    """Return a query string of those values that are something."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "", False)})


@cache
def static_file(name: str) -> tuple[bytes, str]:
    """Return a static file of ours with its media type; raise KeyError for any other name.

    It is sent without indentation, empty lines and lines that are a comment.
    """
    if name not in STATIC:
        raise KeyError(name)
    text = files("holdfast.web").joinpath("static", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    sent = "\n".join(line for line in lines if line and not line.startswith("//"))
    return sent.encode(), _TYPES[name.rpartition(".")[2]]


@cache
def edition() -> str:
    """Return a digest of all static files: modules import each other, so they change address together."""
    digest = hashlib.sha256()
    for name in STATIC:
        digest.update(static_file(name)[0])
    return digest.hexdigest()[:12]


def static_path(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    assert name in STATIC, name
    return f"/static/{edition()}/{name}"
