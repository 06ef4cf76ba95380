"""Tell whether a text names a number, in whatever spelling, unit or scale a field's name implies."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.stages.checking.support import is_negated
from holdfast.text.numbers import Quantity, quantities, unit_of
from holdfast.text.words import words

_SCALES = {"thousand": 1e3, "thousands": 1e3, "million": 1e6, "millions": 1e6, "mio": 1e6, "billion": 1e9}
_SHARES = frozenset(("share", "rate", "ratio", "fraction", "probability", "quota", "discount"))
_AMBIGUOUS = frozenset(("a", "d", "f", "g", "h", "in", "k", "l", "m", "min", "n", "s", "t", "v", "w", "mo"))
"""Units whose spelling ends names of fields that have no unit (`listed_in`, `price_min`, `plan_a`)."""
_PERCENT = 100


def is_number_told(value: float, label: str, text: str) -> bool:
    """Return whether the text names the number.

    `label` is the field's name in words: its last word may be a unit (`torque nm`), a scale (`revenue
    million`) or a share (`discount rate`, 0.15 for 15 %). A number without a unit agrees with any unit.
    """
    told = quantities(text)
    if any(one.agrees(other) for one in _readings(value, label) for other in told):
        return True
    if value == 1:  # no quantity elsewhere, for it is mostly a pronoun
        return any(word in ("one", "single", "once") for word in words(text))
    return value == 0 and is_negated(text)


def _readings(value: float, label: str) -> Iterator[Quantity]:
    """Yield the quantities as which a text may name the value."""
    named = label.split()
    unit = next((unit_of(word) for word in reversed(named[1:]) if word not in _AMBIGUOUS), "")
    scale = next((_SCALES[word] for word in named if word in _SCALES), 1.0)
    yield _quantity(value * scale, unit)
    if _SHARES & set(named) and abs(value) <= 1:
        yield _quantity(value * _PERCENT, "%")
    if scale != 1.0:
        yield _quantity(value, "")


def _quantity(value: float, unit: str) -> Quantity:
    return Quantity(value=float(value), unit=unit, text=str(value), start=0, end=0)
