"""Find telephone numbers, with the numbering plans of the `phonenumbers` library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from holdfast.stages.guardrails.pii_patterns import Span, is_reference

_CANDIDATE = re.compile(
    r"(?<![\w.,/@#$-])(?:\+|00)?\(?[0-9](?:[0-9]|[ ().\-/\u2010-\u2013]{1,3}[0-9]){5,18}(?!\w|[.,-][0-9])"
)
_LABEL_BEFORE = re.compile(
    r"(?i)\b(?:tel|telephone|phone|fon|telefon|mobile|mobil|cell|fax|whatsapp|handy|landline|hotline"
    r"|call(?: me| us)?|reach (?:me|us)|ring)"
    r"(?:\.|\s{0,2}(?:number|no\.?|nr\.?|at|on|is|under|:|-)){0,3}\s{0,3}$"
)
_LABEL_AFTER = re.compile(r"(?i)\s{0,2}\(?(?:office|fax|mobile|cell|phone|home|direct)\b")
_DATE = re.compile(
    r"(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4})(?![0-9])"
)
_GROUP = re.compile(r"[0-9]+")
_WIDEST_LABEL = 32
_FEWEST_DIGITS, _MOST_DIGITS, _FEWEST_GROUPS = 7, 15, 3
_LONGEST_GROUP = 3
"""A row of two-digit numbers is more often a table's than a phone."""


def phones(text: str, *, regions: Sequence[str]) -> Iterator[Span]:
    """Yield numbers that are valid, in one of the regions or internationally, or labelled as phones."""
    for match in _CANDIDATE.finditer(text):
        value = match.group()
        count = sum(char.isdigit() for char in value)
        if (
            not _FEWEST_DIGITS <= count <= _MOST_DIGITS
            or _DATE.match(value)
            or is_reference(text, match.start())
        ):
            continue
        is_set_like_one = _is_set_like_one(value) and _is_valid(value, regions)
        if is_set_like_one or _is_labelled(text, *match.span()):
            yield Span(start=match.start(), end=match.end(), kind="phone")


def _is_labelled(text: str, start: int, end: int) -> bool:
    before = _LABEL_BEFORE.search(text, max(0, start - _WIDEST_LABEL), start)
    return before is not None or _LABEL_AFTER.match(text, end) is not None


def _is_set_like_one(value: str) -> bool:
    """Return whether it is set like a phone: ten plain digits are more often an order, two groups a house."""
    groups = _GROUP.findall(value)
    is_grouped = len(groups) >= _FEWEST_GROUPS and max(map(len, groups)) >= _LONGEST_GROUP
    return value[0] in "+(0" or is_grouped


def _is_valid(value: str, regions: Sequence[str]) -> bool:
    # 60-100 ms to import, so only once a text holds something like a number
    import phonenumbers  # noqa: PLC0415

    international = "+" + value[2:] if value.startswith("00") else value
    for region in (None,) if international.startswith("+") else regions:
        try:
            number = phonenumbers.parse(international, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False
