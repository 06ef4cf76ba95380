"""Read from golden runs how confident each reply was, and whether giving it would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.domain.cases import Case
from holdfast.domain.checks import Checks
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Question
from holdfast.domain.prompts import Reply
from holdfast.evaluation.calibration import Point
from holdfast.evaluation.scoring.citations import touches
from holdfast.evaluation.scoring.facts import states
from holdfast.evaluation.scoring.made import checks_of, reply_of
from holdfast.stages.deciding.settings import DecidingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidences:
    """Points by the setting that their confidence is compared with."""

    points: dict[str, tuple[Point, ...]]
    """`deciding.answer_at` (answerability, where the reply brings its own estimate) or
    `deciding.support_at` (support of the weakest claim, where a model wrote)."""
    left_out: tuple[tuple[str, str], ...]
    """Case and reason, for those that tell nothing."""


def confidences_of(seen: Iterable[Observed], settings: DecidingSettings) -> Confidences:
    """Return what golden runs tell of confidence.

    A reply counts whether it was given or held back, so that lower thresholds can be judged too; one
    that other rules hold back in any case (no citation, a mark of nothing, a claim below `support_at`
    where `answer_at` is chosen) is left out.
    """
    points: dict[str, list[Point]] = {}
    left_out: list[tuple[str, str]] = []
    for one in seen:
        case, reply, checks = one.case, reply_of(one.run), checks_of(one.run)
        if case is None:
            continue
        why = _untold(case, reply, checks, one, settings)
        if why or reply is None or checks is None:
            left_out.append((case.id, why))
            continue
        has_own = reply.answerability is not None
        setting = "deciding.answer_at" if has_own else "deciding.support_at"
        confidence = checks.answerability if has_own else checks.support
        point = Point(case=case.id, confidence=confidence, is_right=_is_right(one, case, reply, checks))
        points.setdefault(setting, []).append(point)
    return Confidences(
        points={name: tuple(found) for name, found in points.items()}, left_out=tuple(left_out)
    )


def _untold(  # noqa: PLR0911 -- a reason a line
    case: Case, reply: Reply | None, checks: Checks | None, seen: Observed, settings: DecidingSettings
) -> str:
    """Return why a case tells nothing of confidence, or empty."""
    if reply is None or checks is None:
        return "no reply was checked: a rule decided, or nothing was found"
    if reply.finish == "nothing" or not checks.claims:
        return "the model gave no answer"
    if isinstance(seen.run.outcome, Question):
        return "it asks back before any threshold counts"
    if checks.unresolved or not checks.citations:
        return "the reply cites nothing, or what it was not given; it is held back at any threshold"
    if reply.answerability is not None and checks.support < settings.support_at:
        return "a claim is below deciding.support_at; it is held back at any answerability"
    if case.expect.outcome == "answer" and not case.expect.facts and not seen.wanted:
        return "the case names neither facts nor evidence in a document, so right and wrong cannot be told"
    return ""


def _is_right(seen: Observed, case: Case, reply: Reply, checks: Checks) -> bool:
    """Return whether giving the reply as an answer would have been right."""
    expect = case.expect
    if expect.outcome != "answer":
        return False
    if not all(states(reply.text, fact) for fact in expect.facts):
        return False
    return bool(expect.facts) or any(touches(cited, one) for cited in checks.citations for one in seen.wanted)
