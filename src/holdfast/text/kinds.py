"""Tell which kind of value a question asks for, by the words that it asks with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.text.numbers import days, quantities, unit_of
from holdfast.text.parts import parts_of
from holdfast.text.questions import read_question
from holdfast.text.words import words


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueKind:
    """A kind of value that the answer must hold."""

    name: str
    """With its article, for people (`a temperature`)."""
    units: frozenset[str] = frozenset()
    """Units one of which it has; empty: a number of any kind."""
    said: re.Pattern[str] | None = None
    """Words that say it without a number (`free of charge`, `weekly`)."""


def kind_asked(question: str) -> ValueKind | None:
    """Return the kind of value asked for; None when it may be anything, or several things are asked."""
    if len(parts_of(question)) > 1:
        return None
    found = _NAMED.search(question) or _LED.search(question)
    if found:
        return next(kind for noun, kind in _KINDS.items() if re.fullmatch(noun, found["noun"], re.IGNORECASE))
    opened = _OPENED.search(question)
    if opened is None:
        return _RATE if _PAID_PER.search(question) else None
    return MOMENT if opened["when"] else _COUNT


def holds_kind(kind: ValueKind, question: str, text: str, header: str = "") -> bool:
    """Return whether a text, a row under its header, holds such a value that the question does not state."""
    if kind.said and kind.said.search(text):
        return True
    told = quantities(text)
    if not kind.units:
        stated = read_question(question).numbers
        return any(one.value not in stated for one in told) or bool(days(text))
    if any(one.unit in kind.units for one in told) or (kind.units == _TIME and days(text)):
        return True
    return bool(told) and any(unit_of(word) in kind.units for word in words(header.replace("_", " ")))


_TIME = frozenset({"ms", "s", "min", "h", "day", "week", "month", "year"})
_ANY_NUMBER = re.compile(
    r"\b(?:no|none|never|every|several|many|few|once|twice|unlimited|all|both|half|dozen|hundreds?|thousands?"
    r"|millions?|hourly|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|always|permanent(?:ly)?|single|one)\b",
    re.IGNORECASE,
)
_ANY_TIME = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:january|february|march|april|may|june|july|august"
    r"|september|october|november|december|century|spring|summer|autumn|fall|winter|mornings?|evenings?|noon"
    r"|midnight|nights?|daily|weekly|monthly|annually|years?|months?|weeks?|days?|hours?|season|episode|during"
    r"|after|before|until|since|once|when|whenever|while|upon|as soon as|today|now|currently|first|last"
    r"|always|never|immediately|if|at the end|at the beginning)\b",
    re.IGNORECASE,
)
_COUNT = ValueKind(name="a number", said=_ANY_NUMBER)
MOMENT = ValueKind(name="a time", said=_ANY_TIME)
_MONEY = ValueKind(
    name="an amount of money",
    units=frozenset({"EUR", "USD", "GBP", "CHF", "JPY", "%"}),
    said=re.compile(
        r"\b(?:free|waived|no (?:\w+ )?(?:fee|charge|cost)s?|without charge|none)\b", re.IGNORECASE
    ),
)
_RATE = ValueKind(name="an amount", said=_MONEY.said)
_SPAN = ValueKind(
    name="a length of time",
    units=_TIME,
    said=re.compile(
        r"\b(?:hour|day|week|month|year|minute)s?\b|\b(?:dai|week|month|year)ly\b", re.IGNORECASE
    ),
)
_KINDS = {
    r"temperatures?": ValueKind(name="a temperature", units=frozenset({"°C", "°F", "K"})),
    r"pressures?": ValueKind(
        name="a pressure", units=frozenset({"bar", "mbar", "psi", "Pa", "kPa", "MPa"})
    ),
    r"torques?": ValueKind(name="a torque", units=frozenset({"Nm"})),
    r"weights?": ValueKind(name="a weight", units=frozenset({"kg", "g", "mg", "t", "lb"})),
    r"voltages?": ValueKind(name="a voltage", units=frozenset({"V", "kV"})),
    r"(?:sound|noise) levels?": ValueKind(name="a sound level", units=frozenset({"dB"})),
    r"flow rates?": ValueKind(name="a flow", units=frozenset({"l/min", "m³/h"})),
    r"prices?|costs?|fees?|charges?|discounts?|surcharges?|salary"
    r"|(?:hourly|daily|day|labou?r|interest|commission) rates?": _MONEY,
    r"lead times?|delivery times?|intervals?|durations?|(?:warranty|notice|payment|storage|waiting) periods?"
    r"|(?:life|service life) ?times?": _SPAN,
}  # fmt: skip
_NOUN = "(?P<noun>" + "|".join(_KINDS) + ")"
_SMALL = (
    "is|are|was|were|do|does|did|can|may|must|should|will|has|have|of|for|in|on|at|to|from|with|by|per|that|and|or"
    "|between|if|when"
)
_BEFORE = rf"(?:(?!(?:{_SMALL})\b)[\w()-]+ ){{0,3}}?"
"""Words that belong to the noun (`the highest permitted`); a small word among them begins something else."""
_NAMED = re.compile(
    rf"\b(?:what|which)(?:'s| is| are| was| were)?\s+(?:(?:the|its|their|our|my|an?|your) )?{_BEFORE}{_NOUN}"
    rf"(?=\s*(?:[?.,]|$|(?:{_SMALL})\b))",
    re.IGNORECASE,
)
_LED = re.compile(
    rf"(?:^|[?.!,;:-]\s+)(?:(?:the|its) )?{_BEFORE}{_NOUN}\s*(?:(?:of|for|on)\b|\?)", re.IGNORECASE
)
"""A noun that is asked for without a verb: `Torque for the gland bolts?`, `HX-200: hourly rate?`."""
_OPENED = re.compile(
    r"(?:^|[?.!,;:]\s+|\band )\s*(?:\w+ ){0,2}?"
    r"(?:how (?:many|much|long|often|old|far|high|big|tall|large|heavy|fast|wide|thick|deep)\b"
    r"|(?P<when>when (?:is|are|was|were|did|does|do|will|can|has|have)\b"
    r"|(?:what|which|in what|in which) (?:year|date|day|month)\b))",
    re.IGNORECASE,
)
_PAID_PER = re.compile(
    r"\bwhat\b[^?]*?\b(?:gets?|earns?|pays?|paid|costs?|charged?|charges|receives?|owes?)\b[^?]*?\bper\s+[^\W\d]+",
    re.IGNORECASE,
)
"""What somebody gets or pays for a unit of something (`What does a partner get per hour?`)."""
