"""What a cell's text is: a figure, a year, the first part of a figure written with spaces."""

from __future__ import annotations

import re

_DASHES = "\u2010-\u2015\u2212-"
_SIGN = rf"[(\[<>~\u2248\u00b1+$\u20ac\u00a3\u00a5%*\u2020\u2021\u00a7{_DASHES}]"
_DIGITS = rf"\d[\d.,:/ \u00a0'\u2019{_DASHES}]*"
_NONE = rf"n/?a|nil|[.\u2026{_DASHES}]+"
_FIGURE = re.compile(
    rf"^{_SIGN}*(?:{_DIGITS}|{_NONE})[%)\]*\u2020\u2021\u00a7a-zA-Z\u00b0]{{0,4}}$", re.IGNORECASE
)
_YEARS = re.compile(r"^(?:19|20)\d\d(?:\s?[-/\u2013]\s?(?:\d\d|(?:19|20)\d\d))?$")
_ONE = re.compile(rf"^{_SIGN}*\d[\d.,]*[)%]?$")
_THOUSANDS = re.compile(r"^\d{3}$")
_DIGIT = re.compile(r"\d")


def is_figure(text: str) -> bool:
    """Tell a number, a range, an amount, or the dash that stands for none."""
    return bool(_FIGURE.match(text))


def is_years(text: str) -> bool:
    """Tell a year or a span of years, which as often names a column as it fills a cell."""
    return bool(_YEARS.match(text))


def are_two_figures(left: str, right: str) -> bool:
    """Tell two figures side by side from one whose thousands are set apart by a space."""
    return bool(_ONE.match(left) and _ONE.match(right)) and not _THOUSANDS.match(right)


def has_digit(text: str) -> bool:
    """Tell whether there is a digit."""
    return bool(_DIGIT.search(text))
