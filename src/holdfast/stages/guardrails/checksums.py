"""Tell real card, bank and tax numbers from other digits by their checksums."""

from __future__ import annotations

import re
from collections import Counter

_CARD_ISSUERS = (
    (re.compile(r"4"), {13, 16, 19}),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),  # Mastercard
    (re.compile(r"3[47]"), {15}),  # American Express
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),  # Discover
    (re.compile(r"30[0-5]|3095|3[689]"), {14, 15, 16, 17, 18, 19}),  # Diners Club
    (re.compile(r"35"), {16, 17, 18, 19}),  # JCB
    (re.compile(r"2131|1800"), {15}),  # JCB, older
    (re.compile(r"62"), {16, 17, 18, 19}),  # UnionPay
    (re.compile(r"50|5[6-8]|6304|6759|676[1-3]"), set(range(12, 20))),  # Maestro
)

_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FO FI GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "HR LI LV CH",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTH_OF = {country: length for length, countries in _IBAN_LENGTHS.items() for country in countries.split()}


def is_card(value: str) -> bool:
    """Return whether an issuer gives out such numbers, and the Luhn digit agrees."""
    digits = _digits(value)
    is_issued = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _CARD_ISSUERS)
    return is_issued and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(number - 9 * (number > 9) for number in doubled)) % 10 == 0  # noqa: PLR2004


def iban_length(country: str) -> int:
    """Return how many characters an IBAN of the country has; 0 where there are none."""
    return _LENGTH_OF.get(country.upper(), 0)


def is_iban(value: str) -> bool:
    """Return whether the country's length and the remainder by 97 (ISO 7064) agree."""
    compact = re.sub(r"[ -]", "", value).upper()
    if len(compact) != iban_length(compact[:2]) or not compact.isascii() or not compact.isalnum():
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def is_german_tax_id(value: str) -> bool:
    """Return whether eleven digits follow the rules of the Steuer-ID (ISO 7064 mod 11, 10)."""
    digits = _digits(value)
    repeats = sorted(Counter(digits[:10]).values(), reverse=True)
    if len(digits) != 11 or repeats[0] not in {2, 3} or (len(repeats) > 1 and repeats[1] > 1):  # noqa: PLR2004
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def _digits(value: str) -> str:
    return re.sub(r"[^0-9]", "", value)
