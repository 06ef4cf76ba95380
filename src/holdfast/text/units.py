"""Convert a number from one unit to another that measures the same."""

from __future__ import annotations

from holdfast.text.numbers import unit_of

_SAME = (
    {"µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3, "in": 0.0254, "ft": 0.3048, "mile": 1609.344},
    {"N": 1.0, "kN": 1e3},
    {"Pa": 1.0, "mbar": 1e2, "kPa": 1e3, "bar": 1e5, "MPa": 1e6, "psi": 6894.757293168},
    {"ml": 1e-3, "l": 1.0, "m³": 1e3},
    {"l/min": 1.0, "m³/h": 1000 / 60},
    {"mg": 1e-6, "g": 1e-3, "kg": 1.0, "t": 1e3, "lb": 0.45359237},
    {"V": 1.0, "kV": 1e3},
    {"mA": 1e-3, "A": 1.0},
    {"W": 1.0, "kW": 1e3, "MW": 1e6},
    {"Hz": 1.0, "kHz": 1e3, "GHz": 1e9},
    {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0, "week": 604800.0},
    {"month": 1.0, "year": 12.0},
    {"KB": 1.0, "MB": 1e3, "GB": 1e6},
)
"""Units that measure the same, each in terms of one of them. Temperatures need more than a factor."""
_ABOVE_ZERO = {"°C": (1.0, 273.15), "°F": (5 / 9, 459.67 * 5 / 9), "K": (1.0, 0.0)}


def converted(value: float, unit: str, to: str) -> float | None:
    """Return the value in another unit, both as `unit_of` spells them; None where they do not compare.

    A value without unit is taken in the wanted one, as people write in tables.
    """
    if unit == to or not unit or not to:
        return value
    if unit in _ABOVE_ZERO and to in _ABOVE_ZERO:
        (factor, offset), (other, below) = _ABOVE_ZERO[unit], _ABOVE_ZERO[to]
        return (value * factor + offset - below) / other
    for scale in _SAME:
        if unit in scale and to in scale:
            return value * scale[unit] / scale[to]
    return None


def canonical(unit: str) -> str:
    """Return the unit as `quantities` spells it; one that is not known stays as written."""
    return unit_of(unit) or unit
