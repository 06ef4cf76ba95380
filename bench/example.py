"""Work the golden cases of a workflow and count, by kind and tag, which ended as expected.

    python bench/example.py [examples/engineering-support] [--show KIND]

Cases tagged `held-out` are counted apart and never shown one by one: nothing may be tuned on them.
An answer counts as right when the outcome is an answer, every expected fact stands in it, nothing that must not be
stated does, and one of the expected documents is cited. A refusal or a question back to an unanswerable or forbidden
case counts as held back.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import holdfast
from holdfast.domain.cases import Case
from holdfast.domain.outcomes import citations_of, kind_of
from holdfast.domain.runs import Run
from holdfast.evaluation.cases import load_cases, to_run

HELD_OUT = "held-out"


def main() -> None:
    """Print one line per group of cases, and the failures of the kind asked for."""
    arguments = [one for one in sys.argv[1:] if not one.startswith("--")]
    folder = Path(arguments[0] if arguments else "examples/engineering-support")
    shown = arguments[1] if "--show" in sys.argv and len(arguments) > 1 else ""
    cases = to_run(load_cases(folder))
    results = asyncio.run(_worked(folder, cases))
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for case, run in results:
        verdict = verdict_of(case, run)
        for group in groups_of(case):
            groups[group][verdict] += 1
        if shown in (case.kind, "all") and verdict != "right" and HELD_OUT not in case.tags:
            print(
                f"{case.id}: {verdict}: {case.question[:90]!r} -> {kind_of(run.outcome)} {run.outcome.text[:160]!r}"
            )
    for group, verdicts in sorted(
        groups.items(), key=lambda pair: (pair[0][0], pair[0][1] != "all", pair[0][1])
    ):
        total = sum(verdicts.values())
        rest = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()) if name != "right")
        name = " ".join(filter(None, group))
        print(f"{name:<30} {verdicts['right']:>3} of {total:<3} {verdicts['right'] / total:.0%}  {rest}")


def groups_of(case: Case) -> list[tuple[str, str]]:
    """Return the groups a case counts in: all, its kind and its tags, held-out cases in groups of their own."""
    tags = [tag for tag in case.tags if tag != HELD_OUT]
    side = HELD_OUT if len(tags) < len(case.tags) else ""
    return [(side, name) for name in ("all", f"kind {case.kind}", *(f"tag {tag}" for tag in tags))]


async def _worked(folder: Path, cases: Sequence[Case]) -> list[tuple[Case, Run]]:
    async with holdfast.open(folder) as flow:
        await flow.sync()
        return [(case, await flow.ask(case.item())) for case in cases]


def verdict_of(case: Case, run: Run) -> str:
    """Return `right`, or in a few words how it ended instead."""
    expected, kind = case.expect, kind_of(run.outcome)
    said = _flat(
        run.outcome.text + " " + " ".join(one.quote for one in citations_of(run.outcome) if kind == "answer")
    )
    if any(_flat(value) in said for value in expected.must_not_state) and kind == "answer":
        return "states what it must not"
    if expected.outcome == "refusal":
        return "right" if kind in ("refusal", "question") else f"{kind} instead"
    if kind != expected.outcome:
        return f"{kind} instead"
    if kind != "answer":
        return "right"
    cited = {one.document for one in citations_of(run.outcome)}
    wanted = {evidence.document for evidence in expected.evidence}
    if wanted and not cited & wanted:
        return "another document cited"
    return (
        "right"
        if all(_flat(fact.text or f"{fact.number:g} {fact.unit}") in said for fact in expected.facts)
        else "fact missing"
    )


def _flat(text: str) -> str:
    return " ".join(text.replace("|", " ").split()).casefold()


if __name__ == "__main__":
    main()
