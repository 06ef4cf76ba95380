"""Compare what tuning promises with what its choice is worth on questions that it never saw.

    python bench/tune.py $HOLDFAST_DATA/retrieval/codebase_ctx [--splits 20] [--minutes 60] [--start retrieval.sparse_weight=0.2]
    python bench/tune.py examples/engineering-support

Every candidate is measured once on all questions. Then, in each split, the questions are parted into two
halves by groups of documents: `holdfast tune`'s rule chooses on one half, and its choice is scored on the
other. `--start` declares one setting otherwise first, so that there is something to gain. Printed are means over splits: the choice's gain on the half that chose it, the out-of-fold gain that
would be printed, and the gain on the unseen half.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.domain.cases import Case, Expectation
from holdfast.domain.observed import Wanted
from holdfast.evaluation.beir import SUFFIX, BeirSource, judged_queries
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.evaluation.clusters import clusters_of, folds_of
from holdfast.evaluation.reading import Target, targets_of
from holdfast.evaluation.retrieval_benchmark import READER
from holdfast.evaluation.search_space import candidates_of
from holdfast.evaluation.trying import Clock, Measured, measure
from holdfast.evaluation.tuning import judged
from holdfast.session import Flow
from holdfast.trials import Trials
from holdfast.wire import wire, wire_corpus
from holdfast.workflow import Workflow


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1])
    splits, minutes = int(_option("--splits", "20")), float(_option("--minutes", "60"))
    with TemporaryDirectory() as state:
        measured, targets = asyncio.run(_measured(folder, Path(state), minutes))
    means = measured.evidence.mean(axis=1)
    print(f"{folder.name}: {len(targets)} questions, {len(means)} settings, complete: {measured.is_complete}")
    for row in sorted(range(len(means)), key=lambda row: -means[row])[:6]:
        print(f"  {means[row]:.4f} {means[row] - means[0]:+.4f}  {measured.candidates[row]}")
    spreads = (measured.evidence - measured.evidence[0])[1:].std(axis=1)
    print(
        f"standard deviation of paired differences: median {np.median(spreads):.3f}, most {spreads.max():.3f}"
    )
    whole = judged(measured, targets)
    print(f"all questions: {whole.recommended or 'keep'} ({whole.chosen}), out of fold {whole.choice.gain}")
    _print_halves(measured, targets, splits)


async def _measured(folder: Path, state: Path, minutes: float) -> tuple[Measured, Sequence[Target]]:
    is_beir = (folder / "qrels").is_dir()
    wiring = wire_corpus(BeirSource(folder), state=state) if is_beir else wire(folder)
    async with Flow(wiring) as flow:
        await flow.sync()
        candidates = candidates_of(_started(wiring.settings))
        trials = Trials(wiring, deepest=max(one.settings.retrieval.depth for one in candidates))
        targets = _of_queries(folder) if is_beir else _of_cases(folder, trials)
        clock = Clock.of_minutes(minutes)
        measured = await measure(candidates, targets, trials.open, clock=clock, progress=_told)
        return measured, targets


def _started(settings: Workflow) -> Workflow:
    key, _, value = _option("--start", "").partition("=")
    if not key:
        return settings
    section, _, name = key.partition(".")
    made = getattr(settings, section).model_copy(update={name: json.loads(value)})
    return settings.model_copy(update={section: made})


def _of_queries(folder: Path) -> list[Target]:
    return [
        Target(
            case=Case(id=one.id, question=one.text, principal=READER, expect=Expectation(outcome="answer")),
            wanted=tuple(
                Wanted(document=f"{name}{SUFFIX}") for name, grade in one.relevance.items() if grade
            ),
        )
        for one in judged_queries(folder)
    ]


def _of_cases(folder: Path, trials: Trials) -> Sequence[Target]:
    cases = to_run(load_cases(folder))
    paths = {evidence.document for case in cases for evidence in case.in_documents}
    return targets_of(cases, trials.documents(paths).get)[0]


def _print_halves(measured: Measured, targets: Sequence[Target], splits: int) -> None:
    clusters = clusters_of([{one.document for one in target.wanted} for target in targets])
    sizes = np.bincount(clusters).astype(float)
    rows = []
    for split in range(splits):
        shown = folds_of(sizes, 2, np.random.default_rng(split))[clusters] == 0
        half = replace(measured, evidence=measured.evidence[:, shown], in_prompt=measured.in_prompt[:, shown])
        tuned = judged(
            half, [one for one, is_shown in zip(targets, shown, strict=True) if is_shown], seed=split
        )
        gains = measured.evidence[tuned.choice.chosen] - measured.evidence[0]
        rows.append(
            (gains[shown].mean(), tuned.choice.gain.mean, gains[~shown].mean(), tuned.recommended is not None)
        )
    inside, promised, unseen, recommended = (np.array(column) for column in zip(*rows, strict=True))
    print(
        f"{splits} halves: in-fold {inside.mean():+.4f}, out of fold {promised.mean():+.4f}, "
        f"unseen half {unseen.mean():+.4f}; recommended in {recommended.sum()}"
    )
    if recommended.any():
        told, found = promised[recommended], unseen[recommended]
        print(
            f"  where recommended: in-fold {inside[recommended].mean():+.4f}, out of fold {told.mean():+.4f}, "
            f"unseen half {found.mean():+.4f}, below 0 on it in {(found < 0).sum()}"
        )


def _told(what: str, done: int, total: int) -> None:
    print(f"{what}: {done} of {total}", file=sys.stderr)


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    main()
