"""Read amounts of money in every way in which people write them.

`text/numbers.py` reads what a document means; here a rule asks whether an item *may* speak of so much, so a
number that can be read in two ways (`12.500`) has both readings.
"""

from __future__ import annotations

import re
from functools import lru_cache

from holdfast.text.numbers import LARGE, SCALES, quantities

CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD
TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
""".split()  # noqa: SIM905 - a list of codes is read as words
"""ISO 4217."""
_SPELLINGS = {
    "EUR": "€ euro euros",
    "USD": "$ us$ dollar dollars",
    "GBP": "£ pound pounds sterling",
    "CHF": "sfr franken francs",
    "JPY": "¥ yen",
    "PLN": "zł złoty zloty zlotys",
    "CZK": "kč koruna korun",
    "INR": "₹ rupee rupees",
    "CNY": "rmb yuan",
    "TRY": "₺ lira",
    "UAH": "₴",
    "ILS": "₪ shekel shekels",
    "KRW": "₩ won",
}
_CODE = {word: code for code, words in _SPELLINGS.items() for word in words.split()} | {
    code.lower(): code for code in CODES
}
_GROUP = " ,.'’\u00a0\u202f"  # noqa: RUF001 - marks between thousands
_NUMBER = (
    rf"(?P<number>\d{{1,3}}(?P<mark>[{_GROUP}])\d{{3}}(?:(?P=mark)\d{{3}}){{0,4}}(?!\d)(?:[.,]\d{{1,2}}(?!\d))?"
    r"|\d+(?:[.,]\d+)?)"
)
_SCALE = rf"(?:[.,]?[-–]{{1,2}}(?!\d))?(?:[ \u00a0]?(?P<scale>{'|'.join(SCALES)})(?![^\W\d_])\.?)?"  # noqa: RUF001
_GAP = r"[ \u00a0\u202f]{0,2}"
_START = rf"(?<![\w])(?<!\w[-{_GROUP[1:3]}])"


def currency_of(name: str) -> str:
    """Return the code of a currency by its code, sign or word (`€`, `euros`), or empty."""
    return _CODE.get(name.strip().lower(), "")


def amounts(text: str, currency: str) -> tuple[float, ...]:
    """Return the amounts of a currency (its code) in a text, each in every reading that it has."""
    found: list[float] = []
    for pattern in _of_currency(currency):
        for match in pattern.finditer(text):
            found += _read(match)
    found += [one.value for one in quantities(text) if one.unit == currency and one.value not in found]
    return tuple(dict.fromkeys(found))


def readings(text: str) -> tuple[float, ...]:
    """Return what a text that is one amount, or one bare number, may stand for; empty where it is neither."""
    match = _WHOLE.fullmatch(text.strip())
    return _read(match) if match else ()


def is_thousands(number: str) -> bool:
    """Return whether a decimal number is written as thousands are in half of Europe (`10.000`)."""
    return re.fullmatch(r"[1-9]\d{0,2}\.\d\d0", number) is not None


def _read(match: re.Match[str]) -> tuple[float, ...]:
    parts = match.groupdict()
    factor = SCALES.get((parts["scale"] or "").lower(), 1.0)
    factor *= LARGE.get((parts.get("lead") or parts.get("trail") or "").lower(), 1.0)
    sign = -1.0 if parts["sign"] else 1.0
    return tuple(sign * factor * value for value in _values(match["number"]))


def _values(number: str) -> tuple[float, ...]:
    grouped = re.fullmatch(rf"(\d{{1,3}}(?:([{_GROUP}])\d{{3}})(?:\2\d{{3}})*)(?:[.,](\d{{1,2}}))?", number)
    if grouped is None:
        return (float(number.replace(",", ".")),)
    whole = float(re.sub(r"\D", "", grouped[1]) + "." + (grouped[3] or "0"))
    may_be_decimal = number.count(".") == 1 and re.fullmatch(r"\d{1,3}\.\d{3}", number)
    if not may_be_decimal:
        return (whole,)
    return (float(number),) if number.startswith("0") else (float(number), whole)


@lru_cache(maxsize=64)
def _of_currency(currency: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the mark before the number, and behind it."""
    marks = _marks({currency})
    sign = r"(?P<sign>[-−](?=\d))?"  # noqa: RUF001 - minus signs
    before = rf"(?<![^\W\d_])(?P<lead>[TkM])?(?:{marks}){_GAP}{sign}{_NUMBER}{_SCALE}"
    behind = rf"{_START}(?P<sign>(?<!\w)[-−])?{_NUMBER}{_SCALE}{_GAP}(?P<trail>[TkM])?(?:{marks})(?![^\W_])"  # noqa: RUF001
    return re.compile(before, re.IGNORECASE), re.compile(behind, re.IGNORECASE)


def _marks(codes: set[str]) -> str:
    words = [word for word, code in _CODE.items() if code in codes]
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_ANY = _marks(set(_CODE.values()))
_WHOLE = re.compile(
    rf"(?:(?P<lead>[TkM])?(?:{_ANY}){_GAP})?(?P<sign>[-−])?{_NUMBER}{_SCALE}{_GAP}(?:(?P<trail>[TkM])?(?:{_ANY}))?",  # noqa: RUF001
    re.IGNORECASE,
)
