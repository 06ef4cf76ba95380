"""A replay of a run with another setting, shown beside the original."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from holdfast.domain.items import replayed_run
from holdfast.errors import ProviderError
from holdfast.evaluation.experiments.wordwise import Piece, pieces_of
from holdfast.replaying import Change, replay
from holdfast.storage.runs import StoredRun
from holdfast.web.following import follow
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.run_pages import StageRow, prompt_tables, stage_rows, visible_run
from holdfast.web.streaming import CLIENT_CLOSED, ReaderLeft, unless_left
from holdfast.web.telling import told_stored
from holdfast.web.visits import Here

router = APIRouter(include_in_schema=False)
MOST_K = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePair:
    """One stage on both sides; None where it did not run."""

    stage: str
    before: StageRow | None
    now: StageRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePair:
    """One passage of either prompt."""

    document: str
    place: str
    href: str
    text: str
    before: str
    """Its number in the prompt; empty: it was not in it."""
    now: str


@router.post("/w/{workflow}/runs/{run}/replay")
async def post_replay(
    request: Request,
    visit: Here,
    run: str,
    rung: Annotated[int, Form(ge=0, le=100)] = 0,
    k: Annotated[int | None, Form(ge=1, le=MOST_K)] = None,
) -> Response:
    """Work the run's item again under who is here, then show both; one that failed is on record too."""
    visit.needs(Right.OPERATE)
    await follow(visit.desk.flow)
    stored = visible_run(visit, run)
    run_id = uuid.uuid4().hex
    declared = visit.desk.flow.wiring.settings.retrieval.k
    change = Change(rung=rung, k=None if k == declared else k)
    replayed = replay(visit.desk.flow.wiring, stored, principal=visit.principal, change=change, run_id=run_id)
    try:
        with suppress(ProviderError):
            await unless_left(request.receive, replayed)
    except ReaderLeft:
        return Response(status_code=CLIENT_CLOSED)
    return RedirectResponse(
        f"{visit.home}/runs/{stored.summary.id}/beside/{run_id}", status_code=303
    )  # fmt: skip


@router.get("/w/{workflow}/runs/{run}/beside/{other}", response_class=HTMLResponse)
def beside_page(visit: Here, run: str, other: str) -> HTMLResponse:
    """Show two runs side by side, both of which who is here may see."""
    before, now = visible_run(visit, run), visible_run(visit, other)
    tables = prompt_tables(visit, before), prompt_tables(visit, now)
    return page(
        "beside.html", visit, before=before, now=now, changed=(now.item or {}).get("changed") or {},
        is_replay=replayed_run(now.summary.item_id) == before.summary.id,
        told=[told_stored(visit, one) for one in (before, now)], pieces=_pieces(before, now),
        stages=stage_pairs(stage_rows(visit, before), stage_rows(visit, now)),
        passages=passage_pairs(*(one["passages"] for one in tables)),
        dropped=dropped_pairs(*(one["dropped"] for one in tables)),
    )  # fmt: skip


def _pieces(before: StoredRun, now: StoredRun) -> tuple[Piece, ...]:
    """Return the difference of the texts, nothing where they are the same."""
    texts = [str((one.outcome or {}).get("text") or "") for one in (before, now)]
    return () if texts[0] == texts[1] else pieces_of(*texts)


def stage_pairs(before: Sequence[StageRow], now: Sequence[StageRow]) -> list[StagePair]:
    """Return the stages of both sides in order, the n-th time of a stage beside the n-th time of the same."""
    there, here = _numbered(before), _numbered(now)
    keys = list(dict.fromkeys((*there, *here)))
    order = {key: at for at, key in enumerate(here)}
    keys.sort(key=lambda key: order.get(key, _behind(key, there, order)))
    return [StagePair(stage=key[0], before=there.get(key), now=here.get(key)) for key in keys]


def _behind(key: tuple[str, int], there: dict[tuple[str, int], StageRow], order: dict[Any, int]) -> float:
    """Return a place right behind the last stage before this one that ran on the other side too."""
    earlier = list(there)[: list(there).index(key)]
    known = [order[one] for one in earlier if one in order]
    return max(known, default=-1) + 0.5


def _numbered(rows: Sequence[StageRow]) -> dict[tuple[str, int], StageRow]:
    seen: Counter[str] = Counter()
    found = {}
    for row in rows:
        found[row.stage.stage, seen[row.stage.stage]] = row
        seen[row.stage.stage] += 1
    return found


def passage_pairs(before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> list[PassagePair]:
    """Return the passages of both prompts, each once, with its number on either side."""
    there, here = ({(one["href"], one["text"]): one for one in side} for side in (before, now))
    pairs = []
    for key in dict.fromkeys((*there, *here)):
        one = there.get(key) or here[key]
        pairs.append(
            PassagePair(
                document=one["document"], place=one["place"], href=one["href"], text=one["text"],
                before=str(there[key]["n"]) if key in there else "",
                now=str(here[key]["n"]) if key in here else "",
            )
        )  # fmt: skip
    return pairs


def dropped_pairs(
    before: Sequence[dict[str, str]], now: Sequence[dict[str, str]]
) -> list[tuple[str, str, str, str]]:
    """Return what was dropped on either side: stage, thing, the reason here, the reason there."""
    there, here = ({(one["stage"], one["thing"]): one["reason"] for one in side} for side in (before, now))
    return [
        (stage, thing, there.get((stage, thing), ""), here.get((stage, thing), ""))
        for stage, thing in dict.fromkeys((*there, *here))
    ]
