"""`holdfast compare`: what changed from one experiment to another, case by case."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import counted, show, show_json
from holdfast.cli.target import principal_of, target_of
from holdfast.cli.written import put
from holdfast.evaluating.case_by_case import Difference, Ended, SideBySide, side_by_side
from holdfast.evaluating.evaluate import stored_experiment
from holdfast.evaluating.measures import measures_of
from holdfast.evaluation.experiments.page import document, listed
from holdfast.evaluation.experiments.wordwise import in_marks

MOST = 40


def compare(
    *,
    words: list[str],
    folder: Path | None,
    html: Path | None,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Print every case that ended otherwise, with the difference of its texts."""
    target = target_of(words, folder, wanted=2)
    reader = principal_of(user, groups)

    async def work() -> SideBySide:
        async with opened(target.path) as flow:
            audit_assumed(flow, reader, command="compare")
            before, now = (stored_experiment(flow, named) for named in target.words)
            return side_by_side(flow, before, now, measures_of(flow.wiring).metrics, reader=reader)

    found = finish(work())
    if html is not None:
        put(html, _page(found))
    if as_json:
        show_json(_json(found))
    else:
        _show(found)
    return 0


def _show(found: SideBySide) -> None:
    show(f"{found.before.id} -> {found.now.id}: {counted(found.compared, 'case')} compared", style="bold")
    for one in found.differences[:MOST]:
        show()
        show(f"{one.change.case}: {_ends(one)}", style="bold")
        for word, metrics in (("worse", one.change.worse), ("better", one.change.better)):
            if metrics:
                show(f"  {word}: {', '.join(metrics)}")
        for line in _texts(one):
            show(f"  {line}")
    if len(found.differences) > MOST:
        show(f"... and {len(found.differences) - MOST} more; --json or --html have them", style="dim")
    show()
    show(f"{counted(len(found.differences), 'case')} changed, {len(found.reworded)} only reworded")
    if found.hidden:
        show(
            f"{counted(found.hidden, 'case')} more changed, closed to you (--as USER, --group G)", style="dim"
        )
    for note in found.notes:
        show(f"note: {note}", style="dim")


def _ends(one: Difference) -> str:
    before, now = one.change.before, one.change.now
    return before if before == now else f"{before} -> {now}"


def _texts(one: Difference) -> Iterator[str]:
    if not (one.before.is_kept and one.now.is_kept):
        yield "its runs are no longer on record: only figures are left"
        return
    yield in_marks(one.pieces)
    if one.before.cited != one.now.cited:
        yield f"cited {_cited(one.before)}, now {_cited(one.now)}"


def _cited(ended: Ended) -> str:
    return ", ".join(ended.cited) or "nothing"


def _page(found: SideBySide) -> bytes:
    title = f"{found.before.id} and {found.now.id}, case by case"
    parts = [f"<h1>{escape(title)}</h1>", listed(found.notes)]
    parts += [_section(one) for one in (*found.differences, *found.reworded)]
    return document(title, parts).encode("utf-8", "replace")


def _section(one: Difference) -> str:
    marked = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    text = "".join(marked[piece.kind].format(escape(piece.text)) for piece in one.pieces)
    told = "".join(
        f' <span class="{word}">{word}: {escape(", ".join(metrics))}</span>'
        for word, metrics in (("worse", one.change.worse), ("better", one.change.better))
        if metrics
    )
    return f"<h2>{escape(one.change.case)}</h2><p>{escape(_ends(one))}{told}</p><pre>{text}</pre>"


def _json(found: SideBySide) -> dict[str, Any]:
    return {
        "v": 1,
        "before": found.before.id,
        "now": found.now.id,
        "compared": found.compared,
        "changed": [_difference_json(one) for one in found.differences],
        "reworded": [_difference_json(one) for one in found.reworded],
        "hidden": found.hidden,
        "notes": found.notes,
    }


def _difference_json(one: Difference) -> dict[str, Any]:
    return {
        "case": one.change.case,
        "worse": one.change.worse,
        "better": one.change.better,
        "before": {"outcome": one.change.before, "text": one.before.text, "cited": one.before.cited},
        "now": {"outcome": one.change.now, "text": one.now.text, "cited": one.now.cited},
    }
