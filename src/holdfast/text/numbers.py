"""Read the quantities and dates of a text: value, unit, place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from holdfast.text.number_words import ALSO_WORDS, number_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit in canonical spelling, or without one."""

    value: float
    unit: str
    text: str
    start: int
    end: int

    def agrees(self, other: Quantity) -> bool:
        """Return whether both say the same; a number without unit agrees with any unit."""
        same_unit = not self.unit or not other.unit or self.unit == other.unit
        return same_unit and abs(self.value - other.value) <= 1e-9 * max(1.0, abs(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date as far as it is given; 0 stands for what is not."""

    year: int
    month: int
    day: int
    text: str
    start: int
    end: int

    def agrees(self, other: Day) -> bool:
        """Return whether every part that both give is the same."""
        mine, theirs = (self.year, self.month, self.day), (other.year, other.month, other.day)
        return all(not a or not b or a == b for a, b in zip(mine, theirs, strict=True))


@lru_cache(maxsize=1 << 11)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a text in order: digits and number words, with their units.

    A point before three digits groups where nothing else is meant: twice (`1.500.000`), before a decimal
    comma (`1.500,50`), and in an amount of money (`15.000 EUR`); so does a blank in an amount (`15 000 EUR`).
    `1.500 mm` is one and a half.
    """
    amounts = [*map(_from_spaced, _spaced().finditer(text))]
    rest = _spaced().sub(lambda amount: " " * len(amount.group()), text) if amounts else text
    found = [
        *amounts,
        *map(_from_digits, _digits().finditer(rest)),
        *map(_from_word, _words().finditer(rest)),
        *_from_other_words(rest),
    ]
    return tuple(sorted((quantity for quantity in found if quantity), key=lambda quantity: quantity.start))


@lru_cache(maxsize=1 << 11)
def days(text: str) -> tuple[Day, ...]:
    """Return the calendar dates of a text in order; a bare year counts as a number, not as a date."""
    found: list[Day] = []
    for pattern in _dates():
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = _month(parts["m"])
            year, day = int(parts["y"] or 0), int(parts.get("d") or 0)
            if 1 <= month <= 12 and 0 <= day <= 31:  # noqa: PLR2004 - the calendar
                found.append(
                    Day(
                        year=year,
                        month=month,
                        day=day,
                        text=match.group(),
                        start=match.start(),
                        end=match.end(),
                    )
                )
    return _outermost(found)


def unit_of(text: str) -> str:
    """Return the canonical unit that a word spells (`hours` is `h`), or empty."""
    return _UNIT.get(text.lower(), "")


def is_unit(text: str) -> bool:
    """Return whether the text is a unit's spelling (`m3/h`)."""
    return text.lower() in _UNIT


_UNITS = {
    "mm": "mm millimetre millimetres millimeter millimeters",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "m": "m metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "µm": "µm μm um micrometre micrometres micron microns",
    "in": "inch inches",
    "ft": "ft foot feet",
    "mile": "mile miles mi",
    "Nm": "nm n·m n.m newton-metre newton-metres newton-meter newton-meters newton_metre newton_metres "
    "newton_meter newton_meters",
    "N": "n newton newtons",
    "kN": "kn",
    "bar": "bar bars",
    "mbar": "mbar",
    "psi": "psi",
    "Pa": "pa",
    "kPa": "kpa",
    "MPa": "mpa",
    "°C": "°c celsius ℃",
    "°F": "°f fahrenheit",
    "K": "kelvin",
    "rpm": "rpm 1/min min-1 r/min",
    "l/min": "l/min lpm",
    "m³/h": "m³/h m3/h",
    "m³": "m³ m3",
    "m²": "m² m2 sqm",
    "l": "l litre litres liter liters",
    "ml": "ml",
    "kg": "kg kilogram kilograms kilogramme kilogrammes",
    "g": "g gram grams",
    "mg": "mg",
    "t": "t tonne tonnes",
    "lb": "lb lbs pound pounds",
    "%": "% percent pct prozent pour_cent",
    "V": "v volt volts",
    "kV": "kv",
    "A": "a ampere amperes amp amps",
    "mA": "ma",
    "W": "w watt watts",
    "kW": "kw kilowatt kilowatts",
    "MW": "mw",
    "kWh": "kwh",
    "Hz": "hz hertz",
    "kHz": "khz",
    "GHz": "ghz",
    "dB": "db",
    "s": "s sec second seconds sekunde sekunden seconde secondes",
    "ms": "ms millisecond milliseconds",
    "min": "min mins minute minutes minuten",
    "h": "h hr hrs hour hours stunde stunden heure heures hora horas",
    "day": "d day days tage tagen jour jours día días giorni dagen",
    "week": "week weeks wk wks woche wochen semaine semaines semana semanas settimane weken",
    "month": "month months monat monate monaten mois meses mesi maanden",
    "year": "year years yr yrs jahr jahre jahren ans année années años anni",
    "KB": "kb",
    "MB": "mb",
    "GB": "gb",
    "EUR": "eur euro euros € teur keur t€ k€ meur m€",
    "USD": "usd dollar dollars $ us$",
    "GBP": "gbp £",
    "CHF": "chf francs franken tchf kchf mchf",
    "JPY": "jpy yen ¥",
}
_UNIT = {
    spelling.replace("_", " "): unit for unit, spellings in _UNITS.items() for spelling in spellings.split()
}
CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF", "JPY"})
SCALES = {
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "billion": 1e9,
    "billions": 1e9,
    "bn": 1e9,
    "tausend": 1e3,
    "tsd": 1e3,
    "millionen": 1e6,
    "milliarden": 1e9,
    "mrd": 1e9,
}
LARGE = {"t": 1e3, "k": 1e3, "m": 1e6}
"""What stands before a currency: `15 TEUR`, `3 M€`."""
_UNIT_PATTERN = "|".join(sorted(map(re.escape, _UNIT), key=len, reverse=True))
_SCALE = r"thousand|million|billion|tausend|tsd|mio|millionen|milliarden|mrd"


@cache
def _digits() -> re.Pattern[str]:
    """Return the pattern of a number in digits; compiled when a text is read, not by every command."""
    return re.compile(
        r"(?<![\w.])"
        r"(?P<number>\d{1,3}(?:,\d{3}){1,8}(?!\d)(?:\.\d+)?"
        r"|\d{1,3}(?:['’\u00a0\u202f]\d{3}){1,8}(?!\d)(?:\.\d+|,\d{1,2}(?!\d))?"  # noqa: RUF001
        r"|[1-9]\d{0,2}(?:\.\d{3}){1,8},\d{1,2}(?!\d)|[1-9]\d{0,2}(?:\.\d{3}){2,8}(?![\d.]\d)|\d+(?:[.,]\d+)?)"
        rf"(?:[ \u00a0](?P<scale>{_SCALE})\b\.?|(?P<short>k|mn|bn)\b)?"
        rf"(?:[ \u00a0-]{{0,2}}(?P<unit>{_UNIT_PATTERN})(?![\w/]))?",
        re.IGNORECASE,
    )


_MONEY = "|".join(
    sorted((re.escape(one) for one, unit in _UNIT.items() if unit in CURRENCIES), key=len, reverse=True)
)


@cache
def _spaced() -> re.Pattern[str]:
    """Return the pattern of an amount whose groups stand apart."""
    return re.compile(
        r"(?:(?<!\w)(?P<before>US\$|[$€£¥]|(?:EUR|USD|GBP|CHF|JPY)\b)[ \u00a0]?)?(?<![\w.,])"
        r"(?P<number>[1-9]\d{0,2}(?: \d{3}){1,3}(?!\d)(?:[.,]\d{1,2}(?!\d))?)"
        rf"(?(before)|[ \u00a0]?(?P<after>{_MONEY})(?!\w))",
        re.IGNORECASE,
    )


_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_APART = re.compile(r"['’\u00a0\u202f]")  # noqa: RUF001
_POINTS_GROUP = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}")
_MAY_GROUP = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?!\d|[.,]\d)")
_BEFORE = re.compile(r"(?P<code>[^\W\d_](?:\w{0,12}[-−/]){1,4})?(?P<sign>(?<!\w)[-−])?\Z")  # noqa: RUF001 - minus signs
_CURRENCY_BEFORE = re.compile(r"(US\$|[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY))[ \u00a0]{0,2}\Z", re.IGNORECASE)
_ONES = ["two", "three", "four", "five", "six", "seven", "eight", "nine"]  # "one" is mostly a pronoun
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBER_WORDS = (
    {"zero": 0, "nineteen": 19, "dozen": 12}
    | {word: value for value, word in enumerate(_ONES, 2)}
    | {word: value for value, word in enumerate(_TEENS, 10)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
)


@cache
def _words() -> re.Pattern[str]:
    """Return the pattern of a number in words."""
    return re.compile(
        rf"\b(?P<word>{'|'.join(_NUMBER_WORDS)})\b(?:[ -](?P<ones>{'|'.join(_ONES)})\b)?"
        r"(?:[ -](?P<scale>hundred|thousand|million|billion)\b)?"
        rf"(?:[ \u00a0-](?P<unit>{'|'.join(unit for unit in map(re.escape, _UNIT) if unit[2:])})\b)?",
        re.IGNORECASE,
    )


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_OTHER_MONTHS = {
    "mär": "mar", "mai": "may", "okt": "oct", "dez": "dec", "fév": "feb", "avr": "apr", "aoû": "aug",
    "déc": "dec", "ene": "jan", "abr": "apr", "ago": "aug", "dic": "dec", "gen": "jan", "mag": "may",
    "giu": "jun", "lug": "jul", "set": "sep", "ott": "oct", "maa": "mar", "mei": "may",
}  # fmt: skip
_MONTH = (
    r"(?P<m>janvier|janv|février|févr?|mars|avril|avr|juin|juillet|juil|août|octobre|déc(?:embre)?"
    r"|(?:sept|nov)embre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre"
    r"|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|novembre|dicembre"
    r"|januari|februari|maart|mei|augustus|jan(?:uary?)?|feb(?:ruary?)?|mar(?:ch)?|märz|apr(?:il)?|ma[yi]|jun[ei]?|jul[yi]?|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)


_YEAR_AFTER = r"(?:\s*,?\s+(?:de\s+)?(?P<y>\d{4}))?"


@cache
def _dates() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a date."""
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            r"(?<![\d-])(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?![\d-])",
            r"(?<![\d.])(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})(?!\d)",
            rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:(?:of|de)\s+)?{_MONTH}{_YEAR_AFTER}\b",
            rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:\s*,?\s+(?P<y>\d{{4}}))?",
            rf"\b{_MONTH}\s*,?\s+(?P<y>\d{{4}})\b",
        )
    )


def _from_digits(match: re.Match[str]) -> Quantity | None:
    """Return the quantity, or None where the digits belong to a code (`HX-200`)."""
    lead = match.string[max(0, match.start() - 24) : match.start()]
    before = _BEFORE.search(lead)
    assert before is not None  # the pattern matches the empty text
    if before["code"]:
        return None
    start = match.start() - (1 if before["sign"] else 0)
    currency = _CURRENCY_BEFORE.search(lead[:-1] if before["sign"] else lead)
    spelled = (currency[1] if currency else match["unit"] or "").lower()
    unit = _UNIT.get(spelled, "")
    value = _value(match["number"], is_money=unit in CURRENCIES) * _large(spelled, unit)
    value *= SCALES.get((match["scale"] or match["short"] or "").lower(), 1.0)
    return Quantity(
        value=-value if before["sign"] else value,
        unit=unit,
        text=match.string[start - (len(currency[0]) if currency else 0) : match.end()].strip(),
        start=start,
        end=match.end(),
    )


def _value(digits: str, *, is_money: bool) -> float:
    """Return the value; a comma before three digits groups, any other is a decimal comma."""
    digits = _APART.sub("", digits)
    if _GROUPED.fullmatch(digits):
        return float(digits.replace(",", ""))
    if _POINTS_GROUP.fullmatch(digits) or (is_money and _MAY_GROUP.fullmatch(digits)):
        digits = digits.replace(".", "")
    return float(digits.replace(",", "."))


def _large(spelled: str, unit: str) -> float:
    """Return by what a currency's spelling multiplies: `TEUR`, `k€`, `MCHF`."""
    return LARGE.get(spelled[0], 1.0) if unit in CURRENCIES and _UNIT.get(spelled[1:]) == unit else 1.0


def _from_spaced(match: re.Match[str]) -> Quantity:
    """Return an amount of money whose thousands stand apart: `15 000,50 EUR`."""
    spelled = (match["before"] or match["after"]).lower()
    unit = _UNIT[spelled]
    value = float(match["number"].replace(" ", "").replace(",", ".")) * _large(spelled, unit)
    return Quantity(value=value, unit=unit, text=match.group(), start=match.start(), end=match.end())


def _from_word(match: re.Match[str]) -> Quantity:
    scale = (match["scale"] or "").lower()
    word = _NUMBER_WORDS[match["word"].lower()] + _NUMBER_WORDS.get((match["ones"] or "").lower(), 0)
    value = word * (100.0 if scale == "hundred" else SCALES.get(scale, 1.0))
    unit = _UNIT.get((match["unit"] or "").lower(), "")
    return Quantity(value=value, unit=unit, text=match.group(), start=match.start(), end=match.end())


def _from_other_words(text: str) -> Iterator[Quantity]:
    """Yield the numbers in words of other languages than English: `sieben Tage`, `trois mois`."""
    for match in _WORD.finditer(text):
        word, end = match[0].casefold(), match.end()
        if match["one"]:
            known = word.removesuffix("e") in number_words()  # `vingt et une`
            word, end = (
                (word.removesuffix("e"), end) if known else (word[: -len(match["one"])], match.start("one"))
            )
        if (value := number_words().get(word)) is None or word in _NUMBER_WORDS:
            continue
        measured = _unit_after().match(text, end)
        if measured or word not in ALSO_WORDS:
            unit, end = (_UNIT[measured["unit"].lower()], measured.end()) if measured else ("", end)
            start = match.start()
            yield Quantity(value=float(value), unit=unit, text=text[start:end], start=start, end=end)


@cache
def _unit_after() -> re.Pattern[str]:
    units = "|".join(unit for unit in map(re.escape, _UNIT) if unit[2:])
    return re.compile(rf"[ \u00a0](?P<unit>{units})\b", re.IGNORECASE)


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?P<one> et une?\b)?", re.IGNORECASE)


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    spelled = text[:3].lower()
    if spelled == "jui":  # French: juin, juillet
        return 6 if text[:4].lower() == "juin" else 7
    return _MONTHS.index(_OTHER_MONTHS.get(spelled, spelled)) + 1


def _outermost(found: list[Day]) -> tuple[Day, ...]:
    """Return the dates in order without those that lie within a longer one."""
    kept: list[Day] = []
    for day in sorted(found, key=lambda day: (day.start, -day.end)):
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
    return tuple(kept)
