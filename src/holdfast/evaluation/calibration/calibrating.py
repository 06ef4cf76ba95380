"""Calibrate an answering workflow on drafts whose correctness is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.evaluation.calibration.bounds import Counted, answered_needed, counted
from holdfast.evaluation.calibration.drafts import Columns, Draft, Flags, Thresholds, columns_of
from holdfast.evaluation.calibration.promises import Promise, promised
from holdfast.evaluation.calibration.reliability import Reliability, reliability_of
from holdfast.evaluation.calibration.risk_coverage import RiskCoverage, risk_coverage_of
from holdfast.evaluation.calibration.thresholds import (
    STEPS,
    answered_at,
    path_of,
    refusals_of,
    refused_at,
)
from holdfast.evaluation.clusters import folds_of

ERROR = 0.05
"""Chance that a promise does not hold, of each of the two promises."""
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What is to be promised."""

    wrong: float
    """Largest share of wrong answers among those given without a person, 0 to 1."""
    missed: float
    """Largest share of right drafts among those refused outright, 0 to 1."""

    def __post_init__(self) -> None:
        """Refuse what can never or always be promised."""
        for name in ("wrong", "missed"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise ValueError(f"calibration: a budget of {value} is not between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What some thresholds do with the drafts."""

    thresholds: Thresholds
    answered: int
    wrong: int
    bound: float
    """A share of wrong answers that the true one exceeds with the chance `ERROR` at most, for these
    thresholds alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """How many cases it takes until something can be promised, about."""

    at_least: int
    """Answered drafts, when not one of them is wrong."""
    items: int | None
    """Items in all that it takes at the most favourable thresholds, with errors about as frequent as they
    were there; None: errors are too frequent at all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Thresholds chosen on four fifths of the drafts, tried on the fifth that had no part in it."""

    answered: int
    wrong: int
    chosen_in: int
    """Folds, of `FOLDS`, in which thresholds could be promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """From which answerability on an item is refused outright, with what that gives up."""

    now: int
    """Drafts that are refused outright as declared."""
    now_right: int
    """Those of them that were right."""
    refuse_below: float | None
    """The largest threshold that keeps the budget; None: that is shown for none."""
    refused: int = 0
    right: int = 0
    bound: float = 1.0
    """A share of right drafts that the true one exceeds with the chance `ERROR` at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Everything that drafts say of confidence."""

    items: int
    """All that were asked, those without a draft among them."""
    drafts: int
    clusters: int
    budgets: Budgets
    reliability: Reliability | None
    """None: nothing was drafted."""
    curve: RiskCoverage | None
    now: Level
    chosen: Level | None
    """The promised level; its bound holds for all levels together. None: nothing can be promised."""
    promise: Promise | None
    needed: Needed
    held_out: HeldOut
    refusing: Refusing
    wrong: tuple[Draft, ...]
    """The wrong drafts that are answered now, the most confident first."""

    def changes(self) -> dict[str, float]:
        """Return the settings to change, by name; empty: what is declared stays."""
        return self.now.thresholds.changes_to(self.chosen.thresholds) if self.chosen else {}


def calibrate(
    drafts: Sequence[Draft], now: Thresholds, budgets: Budgets, *, items: int, seed: int = 7
) -> Calibration:
    """Return the calibration of these drafts, out of so many items, under the declared thresholds.

    The same drafts and seed give the same figures. Raises ValueError for fewer items than drafts.
    """
    if items < len(drafts):
        raise ValueError(f"calibration: {len(drafts)} drafts of only {items} items")
    columns, path = columns_of(drafts), path_of(now, drafts)
    answered = answered_at(path, drafts)
    levels = [counted(~columns.is_right, columns.clusters, among) for among in answered]
    promise = promised(levels, budget=budgets.wrong, error=ERROR, declared=STEPS)
    if promise is not None:
        promise = _least_change(promise, levels)
    return Calibration(
        items=items,
        drafts=len(drafts),
        clusters=len(np.unique(columns.clusters)),
        budgets=budgets,
        reliability=reliability_of(columns, seed=seed) if drafts else None,
        curve=risk_coverage_of(columns, items=items, seed=seed) if drafts else None,
        now=_level(now, levels[STEPS]),
        chosen=_level(path[promise.level], levels[promise.level], promise.bound) if promise else None,
        promise=promise,
        needed=_needed(levels, budgets.wrong, items),
        held_out=_held_out(columns, answered, budgets.wrong, seed=seed),
        refusing=_refusing(columns, drafts, now, budgets.missed),
        wrong=_worst(drafts, answered[STEPS]),
    )


def _level(thresholds: Thresholds, level: Counted, bound: float | None = None) -> Level:
    return Level(
        thresholds=thresholds,
        answered=level.of,
        wrong=level.count,
        bound=level.bound(ERROR) if bound is None else bound,
    )


def _least_change(promise: Promise, levels: Sequence[Counted]) -> Promise:
    """Return the promise at the place nearest to what is declared that answers the same drafts."""
    same = [place for place, level in enumerate(levels) if level.of == levels[promise.level].of]
    place = min(same, key=lambda one: abs(one - STEPS))
    return Promise(level=place, bound=promise.bound, tail=promise.tail)


def _needed(levels: Sequence[Counted], budget: float, items: int) -> Needed:
    """Return the need of the level that needs least; rates of few are drawn to the middle (Jeffreys)."""
    found: list[int] = []
    for level in {(level.of, level.count): level for level in levels if level.of}.values():
        needed = answered_needed((level.count + 0.5) / (level.of + 1), budget=budget, tail=ERROR)
        if needed is not None:
            # Drafts that lean on one document count for less than as many that do not.
            found.append(math.ceil(needed * (level.of / len(level.sizes)) * items / level.of))
    at_least = answered_needed(0.0, budget=budget, tail=ERROR)
    assert at_least is not None
    return Needed(at_least=at_least, items=min(found, default=None))


def _held_out(columns: Columns, answered: Sequence[Flags], budget: float, *, seed: int) -> HeldOut:
    """Return what thresholds that were chosen without them do with the drafts of each fold."""
    if not len(columns.confidence):
        return HeldOut(answered=0, wrong=0, chosen_in=0)
    sizes = np.bincount(columns.clusters).astype(np.float64)
    fold_of = folds_of(sizes, FOLDS, np.random.default_rng(seed))[columns.clusters]
    given, wrong, chosen = 0, 0, 0
    for fold in range(FOLDS):
        rest, here = fold_of != fold, fold_of == fold
        levels = [counted(~columns.is_right, columns.clusters, among & rest) for among in answered]
        promise = promised(levels, budget=budget, error=ERROR, declared=STEPS)
        if promise is not None:
            taken = answered[promise.level] & here
            given, wrong = given + int(taken.sum()), wrong + int((taken & ~columns.is_right).sum())
            chosen += 1
    return HeldOut(answered=given, wrong=wrong, chosen_in=chosen)


def _refusing(columns: Columns, drafts: Sequence[Draft], now: Thresholds, budget: float) -> Refusing:
    """Return the same for what is refused outright: there a right draft is the error."""
    path = refusals_of(now)
    levels = [
        counted(columns.is_right, columns.clusters, among) for among in refused_at(path, drafts)
    ]  # fmt: skip
    as_declared = counted(columns.is_right, columns.clusters, refused_at([now], drafts)[0])
    promise = promised(levels, budget=budget, error=ERROR)
    if promise is None:
        return Refusing(now=as_declared.of, now_right=as_declared.count, refuse_below=None)
    level = levels[promise.level]
    return Refusing(
        now=as_declared.of,
        now_right=as_declared.count,
        refuse_below=path[promise.level].refuse_below,
        refused=level.of,
        right=level.count,
        bound=promise.bound,
    )


def _worst(drafts: Sequence[Draft], answered: Flags) -> tuple[Draft, ...]:
    given = [draft for draft, is_given in zip(drafts, answered, strict=True) if is_given]
    return tuple(sorted((draft for draft in given if not draft.is_right), key=lambda one: -one.confidence))
