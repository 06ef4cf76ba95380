"""Score whether a run states what it has to, without stating what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.domain.cases import Fact
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Escalation, Outcome, Question, kind_of
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.marks import missing, score
from holdfast.evaluation.scoring.outcome import NO_CASE
from holdfast.stages.checking.claims import without_marks
from holdfast.text.numbers import Quantity, quantities
from holdfast.text.units import canonical, converted
from holdfast.text.words import words

FACTS_STATED = Metric(
    name="facts_stated", unit="share", higher_is_better=True, margin=0.05,
    says="share of the expected facts that are stated",
)  # fmt: skip
FORBIDDEN_STATED = Metric(
    name="forbidden_stated", unit="count", higher_is_better=False, is_protective=True,
    says="how many things were stated that must not be",
)  # fmt: skip
_ROUNDING = 1e-9


class FactsEvaluator:
    """Looks for words in their order, and for numbers within their tolerance."""

    metrics: tuple[Metric, ...] = (FACTS_STATED, FORBIDDEN_STATED)

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the two scores."""
        if seen.case is None:
            return tuple(missing(metric, NO_CASE) for metric in self.metrics)
        expect = seen.case.expect
        return (
            facts_score(said_in(seen.run.outcome), expect.facts, kind_of(seen.run.outcome)),
            _forbidden(shown_in(seen.run.outcome), expect.must_not_state),
        )


def facts_score(text: str, facts: tuple[Fact, ...], kind: str = "answer") -> Score:
    """Return the share of facts that a text states."""
    if not facts:
        return missing(FACTS_STATED, "the case names no fact")
    left_out = [fact for fact in facts if not states(text, fact)]
    why = "; ".join(f"{fact}: not in the {kind}" for fact in left_out)
    return score(FACTS_STATED, 1 - len(left_out) / len(facts), why)


def states(text: str, fact: Fact) -> bool:
    """Return whether a text states a fact: its words in this order, or its number in a unit that fits."""
    plain = without_marks(text)
    if fact.number is None:
        return has_words(plain, fact.text) or _has_quantity(plain, fact.text)
    return any(_is_number(one, fact) for one in quantities(plain))


def has_words(text: str, wanted: str) -> bool:
    """Return whether the words stand in the text in this order; case and punctuation do not count."""
    inner = words(wanted)
    if not inner:  # a text of signs alone (`≥`, emoji) is looked for as it is
        return bool(wanted.strip()) and wanted.strip() in text
    return f" {' '.join(inner)} " in f" {' '.join(words(text))} "


def said_in(outcome: Outcome) -> str:
    """Return all text of an outcome, a draft for a person among it."""
    draft = outcome.draft if isinstance(outcome, Escalation) else ""
    return "\n".join(part for part in (shown_in(outcome), draft) if part)


def shown_in(outcome: Outcome) -> str:
    """Return what whoever asked can read of an outcome."""
    more = outcome.options if isinstance(outcome, Question) else ()
    output = getattr(outcome, "output", None)
    return "\n".join([outcome.text, *more, *_texts(output)])


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the leaves of structured output as text, as deep as output may be."""
    if value is None or depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _texts(inner, depth + 1)
    else:
        yield str(value)


_DEEPEST = 50


def _is_number(stated: Quantity, fact: Fact) -> bool:
    assert fact.number is not None
    value = converted(stated.value, stated.unit, canonical(fact.unit))
    if value is None:
        return False
    return abs(value - fact.number) <= fact.tolerance + _ROUNDING * max(1.0, abs(fact.number))


def _has_quantity(text: str, wanted: str) -> bool:
    """Return whether a fact that is nothing but a quantity (`24Nm`) is stated in another spelling."""
    inner = quantities(wanted)
    if len(inner) != 1 or inner[0].text != wanted.strip():
        return False
    fact = Fact(number=inner[0].value, unit=inner[0].unit)
    return any(_is_number(one, fact) and (one.unit or not fact.unit) for one in quantities(text))


def _forbidden(text: str, must_not: tuple[str, ...]) -> Score:
    if not must_not:
        return missing(FORBIDDEN_STATED, "the case forbids no statement")
    stated = [one for one in must_not if one.strip() and states(text, Fact(text=one))]
    return score(FORBIDDEN_STATED, len(stated), "; ".join(f"states {one!r}" for one in stated))
