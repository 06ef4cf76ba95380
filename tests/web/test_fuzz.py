"""No request makes the server fail: addresses, queries and bodies as nobody sane would write them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .conftest import Served

KIND = {"content-type": "application/json"}
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(max_size=12)
ODD = st.one_of(
    TEXT, st.integers().map(str), st.sampled_from(["9999-12-31", "0001-01-01", "2026-01-01T00:00:00+23:59"])
)
PAGES = {
    "runs": ("kind", "user", "model", "since", "until", "degraded", "before", "before_id"),
    "documents": ("find", "after"),
    "document": ("path", "source", "at", "start", "end", "page_number"),
    "passage": ("path", "start", "end", "source", "at"),
    "original": ("path", "source", "at"),
    "page-picture": ("path", "number", "source", "at"),
    "sources": ("as", "groups"),
    "operations": ("days",),
    "ask": ("run",),
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    page = draw(st.sampled_from(sorted(PAGES)))
    values = {name: draw(ODD) for name in PAGES[page] if draw(st.booleans())}
    if "path" in PAGES[page] and draw(st.booleans()):
        values["path"] = "gland.md"
    return page, values


@FEW
@example(request=("runs", {"until": "9999-12-31"}))
@example(request=("runs", {"before": "9999-12-31T23:59:59+00:00"}))
@example(request=("document", {"path": "gland.md", "at": "9" * 30}))
@example(request=("document", {"path": "gland.md", "at": "-1"}))
@example(request=("document", {"path": "gland.md", "start": "-9", "end": "9" * 30}))
@example(request=("runs", {"user": "a\0b"}))
@given(request=requests())
def test_no_address_makes_a_page_fail(web: Served, request: tuple[str, dict[str, str]]) -> None:
    page, values = request
    query = "&".join(
        f"{name}={quote(value, safe='', errors='surrogatepass')}" for name, value in values.items()
    )
    answer = web.client().get(f"/w/desk/{page}?{query}")
    assert answer.status_code < 500, answer.text


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
NAMED = st.fixed_dictionaries(
    {},
    optional={"fields": JSON, "after": JSON, "messages": JSON, "run": JSON, "action": JSON, "reason": JSON},
)


@FEW
@example(body={"question": "\ud800 \0 x"})
@example(body={"run": "a\0bcdefgh", "action": "accept"})
@given(body=st.one_of(JSON, NAMED))
def test_no_body_makes_the_interface_fail(web: Served, body: Any) -> None:
    for path in ("/api/items", "/api/decisions"):
        answer = web.client().post(path, content=json.dumps(body), headers=KIND)
        assert answer.status_code < 500, answer.text
