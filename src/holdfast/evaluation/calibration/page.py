"""The parts of an HTML page that show a calibration."""

from __future__ import annotations

from html import escape

from holdfast.evaluation.calibration.calibrating import ERROR, Calibration, Level
from holdfast.evaluation.calibration.plots import reliability_plot, risk_coverage_plot
from holdfast.evaluation.experiments.page import table


def calibration_parts(title: str, made: Calibration) -> list[str]:
    """Return HTML for a page: plots, what is declared, what is promised; all of it escaped."""
    told = f"{made.items} cases, {made.drafts} with an answer drafted, {made.clusters} groups of documents."
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="soft">{escape(told)}</p>']
    if made.reliability is None or made.curve is None:
        return [*parts, "<p>No answer was drafted, so there is no confidence to calibrate.</p>"]
    now = made.now
    stands = (now.answered / made.items, now.wrong / now.answered) if now.answered else None
    rows = [_row("as declared", now, made.items)]
    if made.chosen is not None:
        rows.append(_row("promised", made.chosen, made.items))
    heads = [("", ""), ("answer_at", "n"), ("refuse_below", "n"), ("support_at", "n"), ("answered", "n"),
             ("wrong", "n"), (f"at most, {1 - ERROR:.0%} sure", "n")]  # fmt: skip
    return [
        *parts,
        "<h2>Confidence against correctness</h2>",
        reliability_plot(made.reliability),
        "<h2>Wrong answers against what is answered</h2>",
        risk_coverage_plot(made.curve, budget=made.budgets.wrong, now=stands),
        "<h2>Thresholds</h2>",
        table(heads, rows),
        f"<p>{escape(_promise(made))}</p>",
    ]


def _promise(made: Calibration) -> str:
    budget = f"{100 * made.budgets.wrong:g}%"
    if made.chosen is not None:
        return (
            f"Promised: at most {budget} wrong among what is answered, for items that come as these cases do."
        )
    more = f"; about {made.needed.items} cases are needed" if made.needed.items else ""
    return f"At most {budget} wrong among what is answered cannot be promised with these cases{more}."


def _row(name: str, level: Level, items: int) -> list[tuple[str, str]]:
    at = level.thresholds
    return [
        (name, ""),
        (f"{at.answer_at:g}", "n"),
        (f"{at.refuse_below:g}", "n"),
        (f"{at.support_at:g}", "n"),
        (f"{level.answered} of {items}", "n"),
        (str(level.wrong), "n"),
        (f"{level.bound:.1%}", "n"),
    ]
