"""Number words of other languages than English, up to ninety-nine, and their hundreds and thousands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_LISTS = {
    # from two on: "one" is an article everywhere
    "de": """zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
        siebzehn achtzehn neunzehn""",
    "fr": """deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept
        dix-huit dix-neuf""",
    "es": """dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis
        diecisiete dieciocho diecinueve""",
    "it": """due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici
        sedici diciassette diciotto diciannove""",
    "nl": """twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien
        zeventien achttien negentien""",
}
_TENS = {
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
}
ALSO_WORDS = frozenset(
    """acht due dos elf neuf nove once onze quince sei seis sept sette six tien tre tres vier zes zeven otto
    cent cento dix mil mille quattro venti""".split()  # noqa: SIM905 - a list of words reads better than a list of literals
)
"""Words of these languages that mean something else in one of them or in English: they count with a unit."""


@cache
def number_words() -> Mapping[str, int]:
    """Return the value of each number word, in lower case."""
    found: dict[str, int] = {}
    for language, few in _LISTS.items():
        ones, tens = dict(zip(few.split(), range(2, 20), strict=True)), _TENS[language].split()
        tens_of = {word: 10 * place for place, word in enumerate(tens, 2)}
        for word, value in (ones | tens_of).items():
            found.setdefault(word, value)
        units = {word: value for word, value in ones.items() if value <= 9}  # noqa: PLR2004
        for word, value in tens_of.items():
            for one, more in _joined(language, word, units):
                found.setdefault(one, value + more)
        for hundreds, more in (*_HUNDREDS[language].items(), *_many(language, units)):
            found.setdefault(hundreds, more)
    return found


_HUNDREDS = {
    "de": {"hundert": 100, "einhundert": 100, "tausend": 1000, "eintausend": 1000},
    "fr": {"cent": 100, "mille": 1000},
    "es": {"cien": 100, "mil": 1000},
    "it": {"cento": 100, "mille": 1000},
    "nl": {"honderd": 100, "duizend": 1000},
}


def _many(language: str, units: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the hundreds that are one word: `zweihundert`."""
    hundred = {"de": "hundert", "nl": "honderd", "it": "cento"}.get(language)
    return [(one + hundred, 100 * value) for one, value in units.items()] if hundred else []


def _joined(language: str, tens: str, units: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the words between two tens: `einundzwanzig`, `vingt-deux`, `ventidue`."""
    match language:
        case "de":
            return [(f"{one}und{tens}", value) for one, value in {"ein": 1, **units}.items()]
        case "nl":
            between = {one: "ën" if one.endswith("e") else "en" for one in units}
            return [(f"{one}{between[one]}{tens}", value) for one, value in units.items()]
        case "fr":
            stem = tens.removesuffix("s")
            beyond = {"soixante-dix": "soixante", "quatre-vingt-dix": "quatre-vingt"}.get(tens)
            if beyond:
                more = _LISTS["fr"].split()[9:18]  # onze to dix-neuf
                return [(f"{beyond}-{one}", value) for value, one in enumerate(more, 1)]
            return [(f"{tens} et un", 1), *((f"{stem}-{one}", value) for one, value in units.items())]
        case "it":
            return [(f"{tens}{one}", value) for one, value in units.items()]
    return []
