"""`holdfast why`: what became of a document on its way to the answer."""

from __future__ import annotations

import textwrap
from pathlib import Path

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import show, show_json
from holdfast.cli.target import Target, local_user, principal_of, target_of
from holdfast.contract import why_json
from holdfast.diagnosis.why import Nearest, Why
from holdfast.domain.access import Principal
from holdfast.errors import UsageError

WIDTH = 96
LONGEST = 300


def why(
    *,
    words: list[str],
    folder: Path | None,
    user: str | None,
    groups: list[str] | None,
    source: str,
    model: str,
    as_json: bool,
) -> int:
    """Ask, and print the steps with the reason that stopped the document."""
    principal = principal_of(user, groups)
    target = target_of(words, folder, wanted=2)
    if len(target.words) < 2 or not " ".join(target.words[1:]).strip():  # noqa: PLR2004
        raise UsageError(
            "a document and a question are needed", move='holdfast why manual.pdf "How tight is the gland?"'
        )
    found = finish(_why(target, principal, source, model))
    show_json(why_json(found)) if as_json else _show(found)
    return 0


async def _why(target: Target, principal: Principal, source: str, model: str) -> Why:
    document, *question = target.words
    async with ready(target) as flow:
        return await flow.why(
            document.removeprefix("./"), " ".join(question), principal=principal, who=local_user(),
            source=source, model=model,
        )  # fmt: skip


def _show(found: Why) -> None:
    groups = ", ".join(sorted(found.principal.groups))
    show(
        f"{found.document}, asked by {found.principal.user}{f' in {groups}' if groups else ''}", style="bold"
    )
    for step in found.steps:
        _line(
            f"{'yes' if step.holds else 'NO':<4}{step.name:<10}{step.says}",
            style="" if step.holds else "bold red",
        )
    if found.nearest is not None:
        _show_nearest(found.nearest, is_visible=found.is_visible)
    stopped = found.stopped_by
    show()
    if stopped is None:
        show("It is cited; nothing stopped it.", style="bold")
        return
    _line(f"Stopped by: {stopped.name}. {stopped.says[:1].upper()}{stopped.says[1:]}.", style="bold")
    if stopped.move:
        _line(f"Next: {stopped.move.rstrip('.?')}{'?' if stopped.move.endswith('?') else '.'}")


def _show_nearest(nearest: Nearest, *, is_visible: bool) -> None:
    hit = nearest.hit
    places = [f"{leg} {at.rank} ({at.score:.3f})" for leg, at in sorted(nearest.legs.items())]
    if nearest.fused is not None:
        places.append(f"fused {nearest.fused.rank} ({nearest.fused.score:.3f})")
    if nearest.reranked is not None:
        places.append(f"reranked {nearest.reranked}")
    seen = "" if is_visible else " (as one who may see it)"
    show(
        f"    nearest: chunk {hit.ordinal}, characters {hit.start}-{hit.end}; {', '.join(places)}{seen}",
        style="dim",
    )
    if is_visible:
        text = " ".join(hit.text.split())
        _line(f'    "{text[:LONGEST]}{" ..." if len(text) > LONGEST else ""}"', style="dim")


def _line(text: str, *, style: str = "") -> None:
    show(textwrap.fill(text, WIDTH, subsequent_indent=" " * 14, break_long_words=False), style=style)
