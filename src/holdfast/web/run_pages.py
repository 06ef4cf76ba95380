"""The list of runs, one run stage by stage, both for programs too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from holdfast.contract import run_json, runs_json
from holdfast.domain.items import replayed_run
from holdfast.domain.stages import Stage
from holdfast.errors import NotAllowed, UsageError
from holdfast.replaying import may_change_k, rungs_of
from holdfast.storage.figures import MOST_RUNS, MOST_TIMED
from holdfast.storage.opinions import Decided, found_wrong
from holdfast.storage.run_lists import Cursor, RunFilter, RunPage, run_page
from holdfast.storage.runs import RunSummary, StoredRun, StoredStage, find_run
from holdfast.storage.slow_runs import Ranking, ranked_page
from holdfast.web.before_told import corrections_beside
from holdfast.web.deciding_routes import told_decisions
from holdfast.web.described import gives
from holdfast.web.offers import offers_of
from holdfast.web.people import Right
from holdfast.web.rendering import page, query
from holdfast.web.reply_told import standings, told_reply
from holdfast.web.shapes import RunOut, RunsOut
from holdfast.web.telling import place_of, told_stored
from holdfast.web.timeline import Bar, bars
from holdfast.web.visits import Here, Missing, Visit
from holdfast.web.wording import Wording

router = APIRouter()
KINDS = ("answer", "question", "refusal", "escalation", "failed", "cancelled", "interrupted")
DECISIONS = ("wrong", "helpful", "waiting", "reviewed")
PAGE = 50
MOST_WORDS = 200
"""Characters of a text that a stage made, in the table."""
LONGEST = 12_000
"""Characters of what a stage was given or made that are shown in the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One stage of the table."""

    stage: StoredStage
    name: str
    """In words; of a stage that runs more than once, what it looks at."""
    bar: Bar
    words: str
    """What it made, in a few words."""
    given: str
    made: str


class Filters(BaseModel):
    """The filters of the list as they stand in its address."""

    kind: str = ""
    user: str = ""
    model: str = ""
    since: str = Field(default="", description="First day (UTC), YYYY-MM-DD.")
    until: str = Field(default="", description="Last day (UTC), YYYY-MM-DD.")
    degraded: str = Field(default="", description="`yes`: only runs that took a lesser route.")
    origin: str = Field(
        default="", description="`golden`: only runs of golden cases; `replay`: only replays; else neither."
    )
    decided: Decided = Field(
        default="",
        description="`wrong`, `helpful`: what who asked said last; `waiting`: for a reviewer; `reviewed`.",
    )
    before: str = Field(default="", description="With `before_id`: what `next` of the page before says.")
    before_id: str = ""
    sort: Literal["", "took", "cost"] = Field(
        default="",
        description="`took` or `cost`: newest runs by time or cost, most first; else by when they began.",
    )
    stage: str = Field(default="", description="With `sort`: the time of this stage, not of the whole run.")
    least_ms: Annotated[float, Query(ge=0)] = Field(
        default=0.0, description="With `sort`: only runs that took at least so many milliseconds."
    )
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = Field(
        default=0, description="With `sort`: what `next` of the page before says."
    )
    workflow: str = ""

    @property
    def wanted(self) -> RunFilter:
        """Return what the list shows."""
        return RunFilter(
            kind=self.kind, user=self.user, model=self.model, only_degraded=self.degraded == "yes",
            origin=self.origin, decided=self.decided,
            since=_day(self.since), until=_day(self.until, later=1),
        )  # fmt: skip

    @property
    def after(self) -> Cursor | None:
        """Return where the page begins."""
        at = _moment(self.before)
        return Cursor(started_at=at, id=self.before_id) if at else None

    @property
    def shown(self) -> dict[str, Any]:
        """Return the filters without the place in the list."""
        return self.model_dump(exclude={"before", "before_id", "skip", "workflow"})

    @property
    def next_of(self) -> Callable[[RunPage], dict[str, Any] | None]:
        """Return what tells where the page after one begins, as parameters."""
        return _ranked_next if self.sort else _next


FiltersOf = Annotated[Filters, Query()]


@router.get("/w/{workflow}/runs", response_class=HTMLResponse, include_in_schema=False)
def runs_page(visit: Here, filters: FiltersOf) -> HTMLResponse:
    """List runs, newest first or by what they took."""
    listed = listed_runs(visit, filters)
    further = filters.next_of(listed)
    following = query(**filters.shown, **further) if further else ""
    ids = [one.id for one in listed.summaries]
    with visit.desk.flow.wiring.database.read() as connection:
        wrong = found_wrong(connection, ids)
    return page(
        "runs.html", visit, runs=listed.summaries, hidden=listed.hidden, following=following, kinds=KINDS,
        filters=filters.shown, sees_all=visit.person.may(Right.SEE_ALL_RUNS), most_timed=MOST_TIMED,
        is_filtered=any(value for name, value in filters.shown.items() if name != "sort"),
        most_ranked=MOST_RUNS, wrong=wrong, decisions=DECISIONS, cost=told_costs(visit.t, listed.summaries),
        states=standings(visit, {one.id: one.kind for one in listed.summaries}),
    )  # fmt: skip


@router.get(
    "/api/runs",
    response_model=None,
    responses=gives(RunsOut),
    summary="Runs that who is here may see, newest first or by what they took",
)
def api_runs(visit: Here, filters: FiltersOf) -> dict[str, Any]:
    """Return one page in the shape of `holdfast runs --json`, with where the next one begins."""
    listed = listed_runs(visit, filters)
    return {**runs_json(listed.summaries, listed.hidden), "next": filters.next_of(listed)}


def told_costs(t: Wording, listed: Sequence[RunSummary]) -> str:
    """Return what the listed runs cost together, as far as that is known."""
    known = [one.cost_usd for one in listed if one.cost_usd is not None]
    told = t("runs.sum", count=t.number(len(known)), cost=t.usd(sum(known)))
    unknown = len(listed) - len(known)
    return f"{told} {t('runs.sum.unknown', count=t.number(unknown))}" if unknown else told


def _next(listed: RunPage) -> dict[str, Any] | None:
    at = listed.next
    return None if at is None else {"before": at.started_at.isoformat(), "before_id": at.id}


def _ranked_next(listed: RunPage) -> dict[str, Any] | None:
    return None if listed.skip is None else {"skip": listed.skip}


def listed_runs(visit: Visit, filters: Filters) -> RunPage:
    """Return the page of runs that the filters name."""
    own = visit.person.only_own_runs_of
    lookups = visit.desk.flow.review.seen_lookups(visit.principal)
    with visit.desk.flow.wiring.database.read() as connection:
        if filters.sort:
            ranking = Ranking(by=filters.sort, stage=filters.stage, least_ms=filters.least_ms)
            return ranked_page(
                connection, visit.principal, filters.wanted, ranking, skip=filters.skip, asked_by=own,
                limit=PAGE, lookups=lookups,
            )  # fmt: skip
        return run_page(
            connection, visit.principal, filters.wanted, after=filters.after, limit=PAGE, asked_by=own,
            lookups=lookups,
        )  # fmt: skip


@router.get("/w/{workflow}/runs/{run}", response_class=HTMLResponse, include_in_schema=False)
def run_page_(visit: Here, run: str) -> HTMLResponse:
    """Show one run stage by stage."""
    stored = visible_run(visit, run)
    may_replay = visit.person.may(Right.OPERATE)
    is_own = stored.summary.user == visit.person.name
    reply = told_reply(visit, stored)
    return page(
        "run.html", visit, run=stored,
        told=told_stored(visit, stored, as_recorded=True), rows=stage_rows(visit, stored),
        decided=told_decisions(visit, stored.summary.id), is_own=is_own,
        offers=offers_of(visit, stored), reply=reply,
        corrected=() if reply and reply.sent else corrections_beside(visit, stored),
        in_review=_in_review(visit, stored),
        shows_raw=visit.person.may(Right.OPERATE), replays=replayed_run(stored.summary.item_id),
        replaying=replay_choices(visit) if may_replay else None, **prompt_tables(visit, stored),
    )  # fmt: skip


def _in_review(visit: Visit, run: StoredRun) -> bool:
    """Return whether the Review page has the run as a case for who is here."""
    if not visit.person.may(Right.DECIDE):
        return False
    try:
        visit.desk.flow.review.case(run.summary.id, visit.principal)
    except (UsageError, NotAllowed):
        return False
    return True


def replay_choices(visit: Visit) -> dict[str, Any]:
    """Return what a replay may change: the declared rungs, and k where retrieval is Holdfast's own."""
    wiring = visit.desk.flow.wiring
    return {
        "rungs": rungs_of(wiring),
        "k": wiring.settings.retrieval.k if may_change_k(wiring) else None,
    }


@router.get(
    "/api/runs/{run}",
    response_model=None,
    responses=gives(RunOut),
    summary="One run with everything its stages were given and made",
)
def api_run(visit: Here, run: str) -> dict[str, Any]:
    """Return the run in the shape of `holdfast runs RUN --json`."""
    return run_json(visible_run(visit, run))


def visible_run(visit: Visit, run_id: str) -> StoredRun:
    """Return a run that who is here may see; raise Missing for any other."""
    lookups = visit.desk.flow.review.seen_lookups(visit.principal)
    with visit.desk.flow.wiring.database.read() as connection:
        found = find_run(
            connection, run_id, visit.principal, asked_by=visit.person.only_own_runs_of, lookups=lookups
        )
    if found is None:
        raise Missing
    return found


def stage_rows(visit: Visit, run: StoredRun) -> list[StageRow]:
    """Return the stages of a run as rows of its table."""
    times = bars([stage.took_ms for stage in run.stages], total_ms=run.summary.took_ms, t=visit.t)
    return [
        StageRow(
            stage=stage,
            name=_stage_name(visit.t, run.stages, at),
            bar=bar,
            words=_words(visit, stage),
            given=_pretty(stage.given),
            made=_pretty(stage.made),
        )
        for at, (stage, bar) in enumerate(zip(run.stages, times, strict=True))
    ]


def _stage_name(t: Wording, stages: Sequence[StoredStage], at: int) -> str:
    """Return a stage's name; guardrails and deciding come before the draft and after it."""
    stage = stages[at].stage
    is_drafted = any(one.stage == Stage.CHECKING for one in stages[:at])
    names = t.under("stagename.")
    if [one.stage for one in stages].count(stage) > 1:
        came_before = any(one.stage == stage for one in stages[:at])
        is_later = came_before if stage == Stage.GUARDRAILS else is_drafted
        names = {**names, **t.under("stagename.later." if is_later else "stagename.first.")}
    return names.get(stage, stage)


def prompt_tables(visit: Visit, run: StoredRun) -> dict[str, Any]:
    """Return the passages of the last prompt and what was dropped on the way, with the reasons."""
    dropped = [
        {"stage": stage.stage, "thing": one["thing"], "reason": one["reason"]}
        for stage in run.stages
        if isinstance(stage.made, dict)
        for one in stage.made.get("dropped") or ()
    ]
    prompts = [
        stage.made for stage in run.stages if stage.stage == Stage.ASSEMBLY and isinstance(stage.made, dict)
    ]
    cited = {one["n"] for one in (run.outcome or {}).get("citations") or ()}
    passages = [
        {
            "n": one["n"], "document": one["document"], "place": place_of(visit.t, one.get("locator")),
            "score": one.get("score", 0.0), "text": one["text"], "is_cited": one["n"] in cited,
            "href": f"{visit.home}/document?" + query(
                path=one["document"], start=one["start"], end=one["end"], at=run.summary.index_version
            ) + "#passage",
        }
        for one in (prompts[-1].get("passages") or () if prompts else ())
    ]  # fmt: skip
    return {"passages": passages, "dropped": dropped}


def _words(visit: Visit, stage: StoredStage) -> str:
    """Return what a stage made in a few words."""
    if stage.error or isinstance(stage.made, str):
        return stage.error or stage.made
    if isinstance(stage.made, dict):
        return _words_of(visit.t, stage.stage, stage.made)
    match stage.stage:
        case Stage.INTAKE:
            return visit.t("stage.ready")
        case Stage.DECIDING:
            return visit.t("stage.norule")
    return ""


def _words_of(t: Wording, stage: str, made: Mapping[str, Any]) -> str:
    words = str(made.get("text", ""))[:MOST_WORDS]
    match made:
        case {"findings": findings} if stage == Stage.GUARDRAILS:
            words = t("stage.findings", findings=len(findings))
        case {"hits": hits}:
            words = t("stage.hits", hits=len(hits), dropped=len(made.get("dropped") or ()))
        case {"passages": passages}:
            words = t("stage.passages", passages=len(passages), tokens=t.number(made.get("tokens", 0)))
        case {"rows": rows}:
            words = t("stage.rows", rows=len(rows))
        case {"claims": claims}:
            words = t("stage.claims", claims=len(claims), support=t.number(made.get("support", 0), 2))
        case {"outcome": {"reason": reason}}:
            words = str(reason)
    return words


def _pretty(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"


def _day(text: str, *, later: int = 0) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
