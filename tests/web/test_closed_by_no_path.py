"""A document closed to a person reaches that person by no path: every route, every role, every word of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from holdfast.web.application import ROUTERS

from .conftest import SSE
from .secrets_world import (
    ASKED,
    CLOSED,
    HARMLESS,
    IN_NAMES,
    IN_TEXT,
    LETTER_ASKED,
    LOW,
    OLD,
    PAGE,
    World,
    world,
)

pytestmark = pytest.mark.long

FOR_OPERATORS = ("odo",)
"""People whom the Sources page tells the names of all documents, and nothing of their texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One request that somebody makes who hopes to read what is closed to them."""

    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_refused: bool = False
    """It names something closed, and comes to nothing."""

    def sent(self, client: httpx2.Client, method: str) -> httpx2.Response:
        """Return what comes of it."""
        body = {"json": self.json} if self.json is not None else {"data": self.form} if self.form else {}
        return client.request(method, self.path, params=dict(self.query), headers=dict(self.headers), **body)

    @property
    def said(self) -> str:
        """Return all that whoever asks brings along: to hear it again tells them nothing."""
        return f"{self.path} {self.query} {self.json} {self.form}".lower()


Tries = Callable[[World], Sequence[Try]]
TOLD_NAMES = {"GET /w/{workflow}/sources", "POST /api/sync"}
"""Routes that tell operators the names of documents."""


def _at_documents(page: str, **query: Any) -> Tries:
    def tries(one: World) -> list[Try]:
        return [
            Try(path=f"/w/desk/{page}", query={"path": path, **query, **at}, is_refused=True)
            for path in CLOSED
            for at in ({}, {"at": one.versions[-2]})
        ]

    return tries


def _of_the_page(page: str, **query: int) -> Try:
    return Try(path=f"/w/desk/{page}", query={"path": PAGE, **query}, is_refused=True)


def _at_runs(path: str, **body: Any) -> Tries:
    return lambda one: [Try(path=path.format(run=run), is_refused=True, **body) for run in one.runs.values()]


def _lists(path: str) -> Tries:
    filters = [
        {}, {"user": "ana"}, {"user": "bob"}, {"kind": "escalation"}, {"origin": "golden"}, {"origin": "replay"},
        {"sort": "took"}, {"sort": "cost", "least_ms": 1}, {"sort": "took", "stage": "retrieval"}, {"model": "ext"},
    ]  # fmt: skip
    return lambda _one: [Try(path=path, query=query) for query in filters]


def _items(one: World) -> list[Try]:
    asked = [*ASKED.values(), LETTER_ASKED, "What is the rebate, and what is the sallary?", "fitter"]
    after = [{"question": "And why?", "after": run} for run in one.runs.values()]
    return [
        *(Try(path="/api/items", json={"question": one}) for one in asked),
        *(Try(path="/api/items", json=one, is_refused=True) for one in after),
        Try(path="/api/items", json={"question": "Where is it?", "fields": {"order": "SO-10471"}}),
        Try(path="/api/items", json={"question": ASKED["plan"]}, headers=SSE),
        Try(
            path="/api/items",
            json={"question": HARMLESS, "after": one.runs["letter"]},
            headers=SSE,
            is_refused=True,
        ),
    ]


def _decisions(one: World) -> list[Try]:
    more = ({"action": "edit", "text": "x"}, {"action": "hand_over", "to": "bob"})
    return [
        Try(path="/api/decisions", json={"run": run, **what}, is_refused=True)
        for run in one.runs.values()
        for what in more
    ]


def _cases(path: str, **more: str) -> Tries:
    return lambda one: [Try(path=path, json={"case": case, **more}, is_refused=True) for case in one.golden]


def _experiments(one: World) -> list[Try]:
    first, second = one.experiments
    return [
        Try(path=f"/w/desk/quality/{now}", query={"against": against} if against else {})
        for now in one.experiments
        for against in ("", "none", *({first, second} - {now}))
    ]


def _experiment_cases(one: World) -> list[Try]:
    return [
        Try(path=f"/w/desk/quality/{now}/case", query={"case": case}, is_refused=case != "gland-torque")
        for now in one.experiments
        for case in (*one.golden, "gland-torque", "(closed 1)")
    ]


def _reviews(one: World) -> list[Try]:
    lists: list[dict[str, str]] = [{}, {"done": "1"}, {"owner": "product-safety"}, {"risk": "high"}]
    named = [{"case": run} for run in one.runs.values()] + [{"golden": case} for case in one.golden]
    return [
        *(Try(path="/w/desk/review", query=query) for query in lists),
        *(Try(path="/w/desk/review", query=query, is_refused=True) for query in named),
    ]


TRIES: Mapping[str, Tries] = {
    "GET /": lambda _: [Try(path="/")],
    "GET /person": lambda _: [Try(path="/person")],
    "POST /preferences": lambda _: [Try(path="/preferences", form={"theme": "dark", "to": "/w/desk/documents"})],
    "GET /healthz": lambda _: [Try(path="/healthz")],
    "GET /readyz": lambda _: [Try(path="/readyz")],
    "GET /w/{workflow}/ask": lambda one: [
        Try(path="/w/desk/ask"),
        *(
            Try(path="/w/desk/ask", query={"run": run}, is_refused="draft" not in name)
            for name, run in one.runs.items()
        ),
    ],
    "POST /api/items": _items,
    "GET /w/{workflow}/documents": lambda _: [
        Try(path="/w/desk/documents"),
        *(Try(path="/w/desk/documents", query={"find": find}) for find in ("vault", "once/", "nam", "MX-5")),
    ],
    "GET /w/{workflow}/document": lambda one: [
        *_at_documents("document")(one), Try(path="/w/desk/document", query={"path": PAGE, "source": "documents"}),
        Try(path="/w/desk/document", query={"path": OLD}),
        *(Try(path="/w/desk/document", query={"path": OLD, "at": at}) for at in (1, one.versions[-1])),
    ],
    "GET /w/{workflow}/passage": _at_documents("passage", start=0, end=40),
    "GET /w/{workflow}/original": _at_documents("original"),
    "GET /w/{workflow}/page-picture": lambda _: [_of_the_page("page-picture", number=1)],
    "GET /w/{workflow}/page-marks": lambda _: [_of_the_page("page-marks", number=1, start=0, end=40)],
    "GET /w/{workflow}/runs": _lists("/w/desk/runs"),
    "GET /api/runs": _lists("/api/runs"),
    "GET /w/{workflow}/runs/{run}": _at_runs("/w/desk/runs/{run}"),
    "GET /api/runs/{run}": _at_runs("/api/runs/{run}"),
    "POST /w/{workflow}/runs/{run}/replay": _at_runs("/w/desk/runs/{run}/replay", form={"rung": "0"}),
    "GET /w/{workflow}/runs/{run}/beside/{other}": lambda one: [
        Try(path=f"/w/desk/runs/{pair[0]}/beside/{pair[1]}", is_refused=True)
        for run in one.runs.values()
        for pair in (sorted((run, one.open_run)),)
    ],
    "GET /w/{workflow}/sources": lambda _: [
        Try(path="/w/desk/sources"), Try(path="/w/desk/sources", query={"as": "ana"}),
        Try(path="/w/desk/sources", query={"as": "bob", "groups": "vault"}),
    ],
    "POST /api/sync": lambda _: [Try(path="/api/sync")],
    "GET /w/{workflow}/operations": lambda _: [Try(path="/w/desk/operations", query={"days": 90})],
    "GET /w/{workflow}/golden": lambda one: [
        Try(path="/w/desk/golden"), *(Try(path="/w/desk/golden", query={"case": case}, is_refused=True) for case in one.golden)
    ],
    "POST /w/{workflow}/golden": lambda one: [
        Try(path="/w/desk/golden", query={"case": case}, form={"answer": "x", "facts": "x"}, is_refused=True)
        for case in one.golden
    ],
    "GET /w/{workflow}/quality": lambda _: [Try(path="/w/desk/quality")],
    "GET /w/{workflow}/quality/{experiment}": _experiments,
    "GET /w/{workflow}/quality/{experiment}/case": _experiment_cases,
    "POST /api/decisions": _decisions,
    "GET /w/{workflow}/runs/{run}/record": _at_runs("/w/desk/runs/{run}/record"),
    "POST /w/{workflow}/runs/{run}/record": _at_runs("/w/desk/runs/{run}/record", form={"value:/x": "x"}),
    "POST /w/{workflow}/review/{run}/claim": _at_runs("/w/desk/review/{run}/claim"),
    "GET /w/{workflow}/review": _reviews,
    "GET /api/reviews": lambda _: [Try(path="/api/reviews")],
    "POST /api/reviews/next": lambda _: [Try(path="/api/reviews/next")],
    "GET /api/reviews/{run}": _at_runs("/api/reviews/{run}"),
    "POST /api/reviews/{run}/claim": _at_runs("/api/reviews/{run}/claim"),
    "POST /api/reviews/{run}/release": _at_runs("/api/reviews/{run}/release"),
    "POST /api/reviews/{run}/reassign": _at_runs("/api/reviews/{run}/reassign", json={"to": "bob"}),
    "POST /api/reviews/{run}/decision": _at_runs(
        "/api/reviews/{run}/decision", json={"action": "edit", "text": "x", "again": True}
    ),
    "POST /api/reviews/{run}/golden": _at_runs("/api/reviews/{run}/golden"),
    "POST /api/golden/confirm": _cases("/api/golden/confirm"),
    "POST /api/golden/change": _cases("/api/golden/change", answer="x", facts="", must_not_state=""),
    "POST /api/golden/discard": _cases("/api/golden/discard"),
}  # fmt: skip
"""What is tried at each route."""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("closed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        with world(root / "desk") as one:
            yield one


def routes() -> list[str]:
    return [
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        for method in sorted(route.methods)
    ]


def test_every_route_is_tried() -> None:
    assert sorted(routes()) == sorted(TRIES), "say in TRIES what somebody would try at a new route"


def test_who_may_see_the_documents_finds_every_word(closed: World) -> None:
    """So that the words that nobody else is to find can be found at all."""
    client = closed.web.client("otto")
    seen = "".join(
        client.get("/w/desk/document", params={"path": path, "at": at}).text
        for path in CLOSED
        for at in (1, closed.versions[-2])
    )
    seen += "".join(client.get(f"/w/desk/runs/{run}").text for run in closed.runs.values())
    seen += closed.web.client("ana").get(f"/api/runs/{closed.runs['row']}").text
    missing = {name for name, word in (*IN_TEXT.items(), *IN_NAMES.items()) if word not in seen.lower()}
    assert missing == {"broken"}


@pytest.fixture(scope="module")
def tried(closed: World) -> Mapping[str, Sequence[object]]:
    """Try everything at every route, as everybody who may see none of it; return what went wrong by route."""
    clients = {person: closed.web.client(person) for person in LOW}
    return {route: _faults(closed, route, clients) for route in routes()}


def _faults(closed: World, route: str, clients: Mapping[str, httpx2.Client]) -> list[object]:
    method, faults = route.partition(" ")[0], list[object]()
    for person, client in clients.items():
        names = () if person in FOR_OPERATORS and route in TOLD_NAMES else IN_NAMES.values()
        for one in TRIES[route](closed):
            answer = one.sent(client, method)
            while answer.status_code == 200 and "refresh" in answer.headers:
                answer = one.sent(client, method)
            text = f"{answer.headers} {answer.content.decode('utf-8', 'replace')}".lower()
            heard = [word for word in (*IN_TEXT.values(), *names) if word in text and word not in one.said]
            is_served = one.is_refused and answer.status_code not in (400, 403, 404)
            if heard or is_served or answer.status_code >= 500:
                faults.append((person, one, answer.status_code, heard))
    return faults


@pytest.mark.parametrize("route", routes())
def test_no_answer_to_who_may_not_see_a_document_holds_a_word_of_it(
    tried: Mapping[str, Sequence[object]], route: str
) -> None:
    assert not tried[route], f"{len(tried[route])}, the first: {tried[route][:12]}"


def test_the_picture_of_a_page_is_kept_for_nobody_else(closed: World) -> None:
    for page in ("page-picture?", "page-marks?start=0&end=20&"):
        answer = closed.web.client("otto").get(f"/w/desk/{page}path={PAGE}&number=1")
        assert (answer.status_code, answer.headers["vary"]) == (200, "cookie")


def test_nothing_of_others_was_changed_by_all_that(
    closed: World, tried: Mapping[str, Sequence[object]]
) -> None:
    assert tried
    assert closed.kept() == closed.as_made
