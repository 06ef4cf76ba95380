"""The Operations page: times, outcomes, cost, errors, each chart a table too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from holdfast.chores import states
from holdfast.domain.reviews import Action
from holdfast.storage.figures import Figures, figures
from holdfast.storage.opinions import count_found_wrong
from holdfast.storage.review_figures import ReviewFigures, review_figures
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.timeline import Bar, share_bar
from holdfast.web.visits import Here
from holdfast.web.wording import Wording

router = APIRouter(include_in_schema=False)
SPANS = (1, 7, 30, 90)
"""Days that can be looked at."""


@router.get("/w/{workflow}/operations", response_class=HTMLResponse)
def operations_page(visit: Here, days: Annotated[int, Query(ge=1, le=90)] = 7) -> HTMLResponse:
    """Show the figures of the last days."""
    visit.needs(Right.OPERATE)
    now = datetime.now(UTC)
    with visit.desk.flow.wiring.database.read() as connection:
        found = figures(connection, now - timedelta(days=days))
        wrong = count_found_wrong(connection, now - timedelta(days=days))
        review = review_figures(connection, now - timedelta(days=days), now=now)
    since = (now - timedelta(days=days)).date().isoformat()
    decided = _decided(visit.t, review)
    return page(
        "operations.html", visit, days=days, since=since, spans=SPANS, figures=found, review=review,
        decided=decided, wrong=wrong,
        reviewed=any(inside + outside for _, inside, outside, _ in decided),
        chores=states(visit.desk.flow.wiring), **_charts(visit.t, found),
    )  # fmt: skip


def _decided(t: Wording, review: ReviewFigures) -> list[tuple[str, int, int, Bar]]:
    """Return how often each decision was taken in review and outside of it, with its share of all."""
    every = sum(review.verdicts.values()) + sum(review.decided.values())
    return [
        (action, review.verdicts.get(action, 0), review.decided.get(action, 0), share_bar(
            _share(review.verdicts.get(action, 0) + review.decided.get(action, 0), every), t
        ))
        for action in (one.value for one in Action)
    ]  # fmt: skip


def _charts(t: Wording, found: Figures) -> dict[str, Any]:
    """Return a bar beside each number, longest for the largest."""
    slowest = max((one.p95 for one in found.stages.values()), default=0.0)
    busiest = max((day.runs for day in found.days), default=0)
    return {
        "kinds": [
            (kind, count, share_bar(_share(count, found.runs), t)) for kind, count in found.kinds.items()
        ],
        "stages": [
            (stage, one, share_bar(_share(one.p95, slowest), t)) for stage, one in found.stages.items()
        ],
        "daily": [(day, share_bar(_share(day.runs, busiest), t)) for day in found.days],
        "escalated": _share(found.kinds.get("escalation", 0), found.runs),
        "degraded": _share(found.degraded, found.runs),
        "cached": _share(found.cached_tokens, found.input_tokens),
        "cascaded": _share(found.cascaded, found.timed),
        "replies_kept": _share(found.calls.get("cached", 0), sum(found.calls.values())),
        "per_item": found.cost_usd / found.runs if found.runs else 0.0,
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
