"""Print a run for people: outcome, text, numbered sources."""

from __future__ import annotations

import textwrap

from holdfast.cli.harmless import named
from holdfast.cli.screen import show, told_cost
from holdfast.domain.checks import Citation
from holdfast.domain.outcomes import Answer, Escalation, Question, Refusal, citations_of, kind_of
from holdfast.domain.outputs import field_lines
from holdfast.domain.reviews import EarlierCorrection
from holdfast.domain.runs import Run

WIDTH = 96
LONGEST_QUOTE = 400
LONGEST_FIELD = 32
TITLES = {"answer": "Answer", "question": "Question back", "refusal": "Refused", "escalation": "Handed over"}


def show_run(run: Run) -> None:
    """Print how the item ended, with its evidence."""
    outcome = run.outcome
    kind = kind_of(outcome)
    confidence = f" (confidence {outcome.confidence:.2f})" if isinstance(outcome, Answer) else ""
    show(f"{TITLES[kind]}{confidence}", style="bold")
    if isinstance(outcome, Escalation):
        show(
            _wrapped(f"to {outcome.route or 'a person'}{f' <{outcome.contact}>' if outcome.contact else ''}")
        )
    if isinstance(outcome, Answer) and outcome.output is not None:
        _show_output(outcome)
    else:
        show(_wrapped(outcome.text))
    if isinstance(outcome, Question):
        for option in outcome.options:
            show(_wrapped(f"- {option}"))
    if outcome.reason and outcome.reason != outcome.text:
        show(_wrapped(f"Why: {outcome.reason}"), style="dim")
    citations = outcome.nearest if isinstance(outcome, Refusal) else citations_of(outcome)
    if citations:
        show()
        show(_wrapped("Sources" if kind == "answer" else "Nearest sources"))
    for citation in citations:
        _show_citation(citation)
    for earlier in run.corrected_before:
        _show_earlier(earlier)
    show(_footer(run), style="dim")


def _show_output(answer: Answer) -> None:
    """Print the fields of structured output in two columns, each value with its marks."""
    lines = field_lines(answer.output, answer.cites)
    width = min(LONGEST_FIELD, max((len(line.path) for line in lines), default=0))
    for line in lines:
        margin = f"  {line.path:<{width}}  "
        shown = line.text.removeprefix(f"{line.path}: ")
        show(textwrap.fill(shown, WIDTH, initial_indent=margin, subsequent_indent=" " * (width + 4)))


def _show_citation(citation: Citation) -> None:
    place = str(citation.locator)
    show(_wrapped(f"[{citation.n}] {named(citation.document)}{', ' + place if place else ''}"), style="bold")
    quote = " ".join(citation.quote.split())
    if len(quote) > LONGEST_QUOTE:
        quote = quote[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " ..."
    show(_wrapped(f'"{quote}"', indent=6))


def _show_earlier(one: EarlierCorrection) -> None:
    """Print what a reviewer answered to the same question, and where its sources are others now."""
    what = "this question" if one.is_same_words else "nearly this question"
    show()
    show(
        _wrapped(f"Corrected before: on {one.at.astimezone():%Y-%m-%d} {one.who} answered {what}:"),
        style="bold",
    )
    show(_wrapped(one.text, indent=6))
    for citation in one.citations:
        place = str(citation.locator)
        show(_wrapped(f"[{citation.n}] {named(citation.document)}{', ' + place if place else ''}", indent=6))
    for says, documents in (("Changed since then", one.changed), ("Superseded now", one.superseded)):
        if documents:
            show(_wrapped(f"{says}: {', '.join(documents)}", indent=6))


def _footer(run: Run) -> str:
    cost = f", {told_cost(run.known_cost_usd)}" if run.known_cost_usd != 0 else ""
    mark = f"; degraded: {run.degraded}" if run.degraded else ""
    if run.fallback and not run.degraded:
        mark = f"; fallback: {run.fallback}"
    return f"  {run.model or 'no model'}, {run.took_ms:.0f} ms{cost}; run {run.id[:8]}{mark}"


def _wrapped(text: str, indent: int = 2) -> str:
    margin = " " * indent
    lines = [
        textwrap.fill(line, WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False)
        for line in text.splitlines()
    ]
    return "\n".join(lines)
