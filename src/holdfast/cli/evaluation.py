"""The commands that measure a workflow, on one page: eval, compare, plan, report, calibrate, scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.options import As, Folder, Groups, Json
from holdfast.cli.running import run

evaluation = typer.Typer(rich_markup_mode=None)
Page = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one HTML page.")]
Comment = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write Markdown for a pull request.")
]
Budget = Annotated[
    float | None, typer.Option("--budget", metavar="USD", min=0, help="Begin no case that may go over this.")
]
Sample = Annotated[int, typer.Option("--sample", min=0, help="Only so many cases, of every kind; 0: all.")]


@evaluation.command(
    "eval",
    epilog="Examples:  holdfast eval   |   holdfast eval --against main --html report.html   |   "
    "holdfast eval --against last --json   |   holdfast eval --models openai:a,openai:b   |   "
    "holdfast eval --sample 50 --budget 0.50   |   holdfast eval --a-a 4",
)
def evaluate(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="REF", help="Compare with a git ref, an experiment, `last`, a Version, a FILE.json."
        ),
    ] = "",
    model: Annotated[str, typer.Option(metavar="PROVIDER:NAME", help="Ask this model first.")] = "",
    models: Annotated[str, typer.Option(metavar="A,B", help="Put models side by side.")] = "",
    case: Annotated[
        list[str] | None, typer.Option("--case", metavar="ID", help="Only this case (repeat).")
    ] = None,
    sample: Sample = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and the intervals.")] = 7,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Work each case so often.")] = 1,
    extra_runs: Annotated[
        int | None,
        typer.Option("--extra-runs", min=0, help="Most runs spent on undecided cases, both sides together."),
    ] = None,
    a_a: Annotated[
        int, typer.Option("--a-a", metavar="N", min=0, help="Run the same N times; measure false alarms.")
    ] = 0,
    budget: Budget = None,
    at_once: Annotated[
        int | None, typer.Option("--at-once", min=1, max=1000, help="Cases under way at the same time.")
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="By the provider's batches, slower at half the price.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Go on with no stopped experiment.")] = False,
    save_baseline: Annotated[
        Path | None,
        typer.Option("--save-baseline", metavar="FILE.json", help="Write the scores of each case."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown for a comment.")
    ] = None,
    html: Page = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Work the golden cases; tell how good the workflow is, and whether a change made it worse.

    Each case is asked as its own principal; --as and --group say who reads the result: a case whose
    evidence they may not see is told without its reason. Exit code 1 when the gate fails.
    """
    run("holdfast.cli.commands.evaluate:evaluate_cases", words=path or [], folder=workflow, against=against,
        model=model, models=models, case=case or [], sample=sample, seed=seed, repeats=repeats,
        extra_runs=extra_runs, a_a_runs=a_a, budget=budget, at_once=at_once, batch=batch, fresh=fresh,
        save_baseline=save_baseline, junit_file=junit, markdown_file=markdown, html=html, user=user,
        groups=group, as_json=json)  # fmt: skip


@evaluation.command(
    epilog="Examples:  holdfast compare 3fa9c2 last   |   holdfast compare 3fa9c2 7be011 --html changes.html"
)
def compare(
    words: Annotated[list[str] | None, typer.Argument(metavar="[PATH] A B", show_default=False)] = None,
    workflow: Folder = None,
    html: Page = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Show case by case what changed from experiment A to B, with the difference of the texts."""
    run("holdfast.cli.commands.compare:compare", words=words or [], folder=workflow, html=html, user=user,
        groups=group, as_json=json)  # fmt: skip


@evaluation.command(
    epilog="Examples:  holdfast plan   |   holdfast plan --against main --markdown plan.md   |   "
    "holdfast plan --no-run"
)
def plan(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    against: Annotated[str, typer.Option(metavar="REF", help="Git ref to compare with.")] = "HEAD",
    run_cases: Annotated[bool, typer.Option("--run/--no-run", help="Work the golden cases on both.")] = True,
    sample: Sample = 0,
    budget: Budget = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown for a pull request.")
    ] = None,
    html: Page = None,
    user: As = None,
    group: Groups = None,
    json: Json = False,
) -> None:
    """Say what a changed declaration or prompt does: in words, the new Version, cases that end otherwise."""
    run("holdfast.cli.commands.plan:plan_change", words=path or [], folder=workflow, against=against,
        run_cases=run_cases, sample=sample, budget=budget, markdown=markdown, html=html, user=user,
        groups=group, as_json=json)  # fmt: skip


@evaluation.command(
    epilog="Examples:  holdfast report --week   |   holdfast report --days 30 --markdown month.md"
)
def report(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    week: Annotated[bool, typer.Option("--week", help="The last 7 days, as without --days.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3660, help="The last so many days.")] = 7,
    markdown: Comment = None,
    json: Json = False,
) -> None:
    """Sum up some days: how items ended, golden cases that fail by kind, corrections, new cases, cost."""
    run("holdfast.cli.commands.report:report", words=path or [], folder=workflow, days=7 if week else days,
        markdown=markdown, as_json=json)  # fmt: skip


@evaluation.command(
    epilog="Examples:  holdfast calibrate   |   holdfast calibrate --error-budget 0.05 --html page.html   "
    "|   holdfast calibrate --apply"
)
def calibrate(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    error_budget: Annotated[
        float,
        typer.Option(min=0.0001, max=0.5, help="Largest share of wrong answers among those given."),
    ] = 0.02,
    missed_budget: Annotated[
        float,
        typer.Option(min=0.0001, max=0.5, help="Of right drafts among those refused."),
    ] = 0.05,
    model: Annotated[str, typer.Option(metavar="PROVIDER:NAME", help="Ask this model first.")] = "",
    sample: Sample = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample, the folds and the intervals.")] = 7,
    budget: Budget = None,
    at_once: Annotated[
        int | None, typer.Option("--at-once", min=1, max=1000, help="Cases under way at the same time.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Work all cases anew.")] = False,
    html: Page = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write what is promised to workflow.yaml.")] = False,
    json: Json = False,
) -> None:
    """Hold confidence against correctness; choose thresholds that a share of errors can be promised for.

    Works the golden cases as eval does; what is on record is not worked again. Nothing is
    changed unless the promise is shown, and nothing is written without --apply.
    """
    run("holdfast.cli.commands.calibrate:calibrate_confidence", words=path or [], folder=workflow,
        error_budget=error_budget, missed_budget=missed_budget, model=model, sample=sample, seed=seed,
        budget=budget, at_once=at_once, fresh=fresh, html=html, apply_it=apply, as_json=json)  # fmt: skip


@evaluation.command(epilog="Examples:  holdfast scores   |   holdfast scores --days 30 --no-work --json")
def scores(
    path: Annotated[list[str] | None, typer.Argument(metavar="[PATH]", show_default=False)] = None,
    workflow: Folder = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Of the last so many days.")] = 7,
    work: Annotated[bool, typer.Option("--work/--no-work", help="Score what is due first.")] = True,
    json: Json = False,
) -> None:
    """Score the declared sample of production runs; list each metric by day.

    `evaluation.online.share` says how many of the runs; the same ones whenever it is asked.
    """
    run("holdfast.cli.commands.scores:list_scores", words=path or [], folder=workflow, days=days, work=work,
        as_json=json)  # fmt: skip
