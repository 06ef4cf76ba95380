"""`holdfast eval`: work the golden cases, tell how good the workflow is, and gate a change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.cli.eval_progress import Telling, telling
from holdfast.cli.eval_sides import a_a_json, models_json, models_page, show_a_a, show_models
from holdfast.cli.eval_table import show_report
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import say, show_json
from holdfast.cli.target import Target, local_user, principal_of, target_of
from holdfast.cli.written import put
from holdfast.domain.access import Principal
from holdfast.errors import UsageError
from holdfast.evaluating.evaluate import Evaluated, Told, Wanted, evaluate
from holdfast.evaluating.laboratory import Laboratory, Order
from holdfast.evaluating.measures import Measures, measures_with_judges
from holdfast.evaluating.sides import against_itself, side_by_side
from holdfast.evaluating.wanted import default_width, wanted_of
from holdfast.evaluation.experiments.baseline_files import baseline_text
from holdfast.evaluation.experiments.contract import eval_json
from holdfast.evaluation.experiments.junit import junit
from holdfast.evaluation.experiments.markdown import markdown
from holdfast.evaluation.experiments.page import page
from holdfast.evaluation.gate.power import detectable
from holdfast.session import Flow

COMMITTED = "golden/baseline.json"
"""Compared with where it exists and nothing else is named."""
FLIPS = 0.1
"""Share of answers that are assumed to change from run to run where nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is written besides the table."""

    junit: Path | None
    markdown: Path | None
    html: Path | None
    baseline: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line."""

    against: str
    model: str
    models: tuple[str, ...]
    case: tuple[str, ...]
    order: Order
    at_once: int | None
    extra_runs: int | None
    a_a_runs: int
    reader: Principal


def evaluate_cases(
    *,
    words: list[str],
    folder: Path | None,
    against: str,
    model: str,
    models: str,
    case: list[str],
    sample: int,
    seed: int,
    repeats: int,
    extra_runs: int | None,
    a_a_runs: int,
    budget: float | None,
    at_once: int | None,
    batch: bool,
    fresh: bool,
    save_baseline: Path | None,
    junit_file: Path | None,
    markdown_file: Path | None,
    html: Path | None,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Work the cases, side by side or against themselves where asked to; return 1 when the gate fails."""
    asked = Asked(
        against=against, model=model, models=tuple(filter(None, models.split(","))), case=tuple(case),
        order=Order(at_once=at_once or 1, repeats=repeats, sample=sample, seed=seed, budget_usd=budget,
                    is_fresh=fresh, in_batches=batch),
        at_once=at_once, extra_runs=extra_runs, a_a_runs=a_a_runs, reader=principal_of(user, groups),
    )  # fmt: skip
    files = Files(junit=junit_file, markdown=markdown_file, html=html, baseline=save_baseline)
    _refuse_both(asked, files)
    target = target_of(words, folder, wanted=0)
    if asked.models:
        return finish(_models(target, asked, html=html, as_json=as_json))
    if asked.a_a_runs:
        return finish(_against_itself(target, asked, as_json=as_json))
    ended = finish(_evaluated(target, asked, files))
    if as_json:
        show_json(eval_json(ended.report))
    else:
        show_report(ended.report)
    return 1 if ended.report.result == "fail" else 0


def _refuse_both(asked: Asked, files: Files) -> None:
    """Refuse what cannot go together."""
    special = [name for name, given in (("--models", asked.models), ("--a-a", asked.a_a_runs)) if given]
    if special and (asked.against or len(special) > 1):
        raise UsageError(
            f"{special[0]} is a comparison of its own", move="Leave --against out, or one of the two."
        )
    if special and (files.junit or files.markdown or files.baseline):
        raise UsageError(f"{special[0]} writes no JUnit, Markdown or baseline", move="Use --json or --html.")
    if asked.order.in_batches and (asked.order.budget_usd is not None or asked.at_once):
        raise UsageError(
            "--batch hands all cases in together, so that nothing can stop or pace them on the way",
            move="Leave --budget and --at-once out; generation.budget holds for batches as well.",
        )
    if asked.a_a_runs == 1:
        raise UsageError("--a-a needs at least two runs of each case", move="Write --a-a 4.")
    if asked.models and asked.model:
        raise UsageError("--models and --model are both given", move="Leave one of the two out.")


async def _evaluated(target: Target, asked: Asked, files: Files) -> Evaluated:
    async with ready(target) as flow:
        measures = await measures_with_judges(flow.wiring)
        named = asked.against or _committed(flow)
        wanted = wanted_of(
            flow, measures, _order(flow, asked), reader=asked.reader, who=local_user(), model=asked.model,
            only=asked.case, extra_runs=asked.extra_runs,
        )  # fmt: skip
        _say_power(wanted)
        with telling() as progress, going_on():
            laboratory = _laboratory(flow, progress)
            told = Told(building=lambda one: say(f"note: {one}"), note=lambda note: say(f"note: {note}"))
            ended = await evaluate(flow, laboratory, wanted, against=named, told=told)
        _write(files, ended, measures)
        return ended


async def _models(target: Target, asked: Asked, *, html: Path | None, as_json: bool) -> int:
    async with ready(target) as flow:
        measures = await measures_with_judges(flow.wiring)
        wanted = wanted_of(
            flow, measures, _order(flow, asked), reader=asked.reader, who=local_user(), only=asked.case
        )
        with telling() as progress, going_on():
            laboratory = _laboratory(flow, progress)
            rows = await side_by_side(flow, laboratory, wanted, asked.models)
    if html is not None:
        put(html, models_page(flow.wiring.loaded.name, rows).encode("utf-8", "replace"))
    if as_json:
        show_json(models_json(rows))
    else:
        show_models(rows)
    return 0


async def _against_itself(target: Target, asked: Asked, *, as_json: bool) -> int:
    async with ready(target) as flow:
        measures = await measures_with_judges(flow.wiring)
        order = replace(_order(flow, asked), repeats=asked.a_a_runs)
        wanted = wanted_of(
            flow, measures, order, reader=asked.reader, who=local_user(), model=asked.model, only=asked.case
        )
        with telling() as progress, going_on():
            laboratory = _laboratory(flow, progress)
            found = await against_itself(flow, laboratory, wanted)
    if as_json:
        show_json(a_a_json(found))
    else:
        show_a_a(found)
    return 0


def _laboratory(flow: Flow, progress: Telling) -> Laboratory:
    return Laboratory(
        flow.wiring.database, user=local_user(), progress=progress, noted=lambda note: say(f"note: {note}")
    )


def _order(flow: Flow, asked: Asked) -> Order:
    return replace(asked.order, at_once=asked.at_once or default_width(flow))


def _committed(flow: Flow) -> str:
    """Return the baseline that lies beside the cases, if one does."""
    if not (flow.wiring.folder / COMMITTED).is_file():
        return ""
    say(f"note: compared with {COMMITTED}; --against REF names something else")
    return COMMITTED


def _say_power(wanted: Wanted) -> None:
    count, clusters = len(wanted.cases), len(set(wanted.rules.clusters.values()))
    apart, as_one = (
        detectable(
            cases=count, clusters=groups, flips=FLIPS, repeats=wanted.order.repeats, level=wanted.rules.level
        )
        for groups in (count, clusters)
    )
    say(f"{apart} (if {FLIPS:.0%} of answers change from run to run)")
    if clusters < count:
        say(f"  {as_one} if the cases of each of their {clusters} clusters move as one")


@contextmanager
def going_on() -> Iterator[None]:
    """Say, when it is interrupted, that what was done is kept and how to go on."""
    try:
        yield
    except asyncio.CancelledError:
        say("stopped: what was done is on record; run the same command again and it goes on from there")
        raise


def _write(files: Files, ended: Evaluated, measures: Measures) -> None:
    report = ended.report
    texts: list[tuple[Path | None, bytes]] = [
        (files.junit, junit(report, ended.rows)),
        (files.markdown, markdown(report).encode("utf-8", "replace")),
        (files.html, page(report).encode("utf-8", "replace")),
    ]
    if files.baseline is not None:
        texts.append((files.baseline, baseline_text(ended.experiment, ended.rows, measures.metrics).encode()))
    for file, data in texts:
        if file is not None:
            put(file, data)
