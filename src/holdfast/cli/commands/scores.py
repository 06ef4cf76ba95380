"""`holdfast scores`: score the declared sample of production runs, list metrics by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdfast.chores import SCORE
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import target_of
from holdfast.engines.jobs import LocalJobEngine
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.online import Enqueued, enqueue_scores
from holdfast.evaluation.experiments import wording
from holdfast.session import Flow
from holdfast.storage.jobs import JobRecords
from holdfast.storage.run_scores import DayScore, scores_by_day


def list_scores(*, words: list[str], folder: Path | None, days: int, work: bool, as_json: bool) -> int:
    """Put sampled runs in line, run the jobs that are due, print each metric of each day."""
    target = target_of(words, folder, wanted=0)
    since = datetime.now(UTC) - timedelta(days=days)

    async def listed() -> int:
        async with opened(target.path) as flow:
            done = await _worked(flow, since) if work else None
            with flow.wiring.database.read() as connection:
                found = scores_by_day(connection, since=since)
            _tell(flow, found, done, as_json=as_json)
        return 0

    return finish(listed())


async def _worked(flow: Flow, since: datetime) -> Enqueued:
    records = JobRecords(flow.wiring.database)
    put = enqueue_scores(flow.wiring, since=since)
    ran = await LocalJobEngine(records, handlers=(SCORE,)).work(limit=max(100, put.jobs))
    if put.sampled:
        say(f"{counted(put.sampled, 'run')} of the sample had no score; {counted(ran, 'job')} ran")
    for key, error in records.errors():
        if key.startswith("scores:"):
            say(f"warning: a job gave up: {error}")
    return put


def _tell(flow: Flow, found: tuple[DayScore, ...], done: Enqueued | None, *, as_json: bool) -> None:
    share = flow.wiring.settings.evaluation.online.share
    if as_json:
        show_json(
            {
                "v": 1,
                "share": share,
                "sampled": done.sampled if done else 0,
                "scores": [
                    {
                        "day": one.day.isoformat(),
                        "metric": one.metric,
                        "mean": round(one.mean, 6) if one.mean is not None else None,
                        "runs": one.runs,
                        "not_computed": one.not_computed,
                    }
                    for one in found
                ],
            }
        )
        return
    if not share:
        say("note: evaluation.online.share is 0: no run is scored; 0.1 scores one in ten")
    if not found:
        show("No production run of these days has a score.")
        return
    units = {metric.name: metric.unit for metric in measures_of(flow.wiring).metrics}
    show(f"{'day':<10}  {'metric':<22}  {'mean':>10}  {'runs':>6}", style="bold")
    for one in found:
        mean = wording.value(one.mean, units.get(one.metric, "points"))
        more = f"  ({one.not_computed} not computed)" if one.not_computed else ""
        show(f"{one.day.isoformat():<10}  {one.metric:<22}  {mean:>10}  {one.runs:>6}{more}")
