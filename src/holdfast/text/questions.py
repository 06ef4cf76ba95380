"""Read what a question asks for: its content words, its codes, and the kind of answer it wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from holdfast.text.identifiers import identifier_keys, identifiers
from holdfast.text.languages import other_small_words
from holdfast.text.names import names
from holdfast.text.numbers import days, quantities, unit_of
from holdfast.text.parts import parts_of
from holdfast.text.sentences import split_sentences
from holdfast.text.words import content_stems, words


class Wants(StrEnum):
    """The kind of answer that a question wants."""

    NUMBER = "number"
    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    STEPS = "steps"
    DEFINITION = "definition"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it was read."""

    stems: frozenset[str]
    beside: frozenset[str]
    """The stems beside its codes: what is asked about them; every stem when it says nothing else."""
    codes: frozenset[str]
    """Keys of its identifiers, from the whole text."""
    numbers: frozenset[float]
    names: frozenset[str]
    """Stems of its proper names."""
    wants: Wants
    target: frozenset[str]
    """Stems of the thing that is asked for by name (`which seal kit`, `how many starts`); often empty."""
    units: frozenset[str]
    """Units one of which the answer must hold; empty when it need not, or when several things are asked."""
    wants_code: bool
    """Whether the answer must be a code or number by which a thing is called."""
    asks_leave: bool
    """Whether it asks if a thing may be done."""

    asks_the: bool
    """Whether it asks what the one thing of a kind is (`what is the price`)."""

    @property
    def is_fact(self) -> bool:
        """Return whether one sentence or row is the whole answer: another value beside it misleads."""
        if self.wants in _FACTS:
            return True
        is_named = bool(self.target or self.units or self.wants_code)
        return is_named and self.wants in (Wants.ANYTHING, Wants.DEFINITION)

    @property
    def wants_value(self) -> bool:
        """Return whether a row may well answer: a fact, or the one thing of a kind (`what is the price`)."""
        return self.is_fact or self.asks_the


@lru_cache(maxsize=256)
def read_question(text: str, topic: str = "") -> Asked:
    """Return what is asked; of a long message only the sentences that ask count as the question.

    `topic` adds words and codes of what it is about, but says nothing of the kind of answer.
    """
    focus = _focus(text)
    small = other_small_words(text)
    about = content_stems(topic, small)
    stems = (*(content_stems(focus, small) or content_stems(text)), *about)
    is_one = len(parts_of(text)) == 1
    return Asked(
        stems=frozenset(stems),
        beside=frozenset(
            (*content_stems(_without_codes(focus), small), *content_stems(_without_codes(topic), small))
            or stems
        ),
        codes=identifier_keys(f"{text} {topic}"),
        numbers=frozenset(quantity.value for quantity in quantities(focus)),
        names=frozenset(stem for name in names(focus) for stem in content_stems(name)),
        wants=wants_of(focus),
        target=target_of(focus),
        units=units_of(text) if is_one else frozenset(),
        wants_code=is_one and wants_code(text),
        asks_leave=asks_leave(text),
        asks_the=bool(_ASKS_THE.search(focus)),
    )


def sentences_of(question: str) -> tuple[str, ...]:
    """Return the sentences of a message of several that can be read alone: none that points to another."""
    pieces = split_sentences(question)
    return tuple(
        piece.text
        for piece in (pieces if len(pieces) > 1 else ())
        if len(content_stems(piece.text)) >= _PART_WORDS and not _POINTS.search(piece.text)
    )


def wants_of(question: str) -> Wants:
    """Return the kind of answer wanted, by the question's own words."""
    text = question.casefold()
    return next((wants for pattern, wants in _CUES if pattern.search(text)), Wants.ANYTHING)


def target_of(question: str) -> frozenset[str]:
    """Return the stems of the thing that is asked for by name (`which seal kit`, `how many starts`)."""
    found = _TARGET.search(question)
    return frozenset(content_stems(found["thing"])) if found else frozenset()


def units_of(question: str) -> frozenset[str]:
    """Return the units one of which the answer must hold: named (`how many hours`, `in dB(A)`) or implied."""
    text = question.casefold()
    named = [unit_of(match[1] or match[2]) for match in _NAMED_UNIT.finditer(text)]
    for unit in filter(None, named):
        return next((kind for kind in _DIMENSIONS if unit in kind), frozenset({unit}))
    return next((units for pattern, units in _MEASURES if pattern.search(text)), frozenset())


def wants_code(question: str) -> bool:
    """Return whether the answer must be a code or number by which a thing is called (`which part number`)."""
    return bool(_WANTS_CODE.search(question))


def asks_leave(question: str) -> bool:
    """Return whether somebody asks if a thing may be done."""
    return bool(_ASKS_LEAVE.search(question))


def rules_on(text: str) -> bool:
    """Return whether a text allows, forbids or limits something."""
    return bool(_RULES_ON.search(text))


def commands(text: str) -> bool:
    """Return whether a sentence tells somebody to do something (`Hold the key`, `To reset, press`)."""
    return bool(_COMMANDS.match(text))


def satisfies(text: str, wants: Wants, stated: frozenset[float] = frozenset()) -> bool:
    """Return whether a text holds something of the wanted kind beside the numbers the question states."""
    if wants is Wants.NUMBER:
        return any(quantity.value not in stated for quantity in quantities(text))
    if wants is Wants.TIME:
        return bool(days(text)) or any(
            q.unit in _TIME_UNITS or _FIRST_YEAR <= q.value <= _LAST_YEAR
            for q in quantities(text)
            if q.value not in stated
        )
    if wants in (Wants.PERSON, Wants.PLACE):
        return bool(names(text))
    pattern = _SIGNS.get(wants)
    return bool(pattern and pattern.search(text.casefold()))


_VERBS = (
    "is|are|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have|had|if|about|happen|happens"
    "|happened|fit|fits|i|we|you|they|it|he|she|the|a|an"
)
_LINKS = "of|for|in|on|at|to|from|with|by|per|that|and|or"
_TARGET = re.compile(
    rf"\b(?:which|what|how many|how much)\s+(?P<thing>(?!(?:{_VERBS}|{_LINKS})\b)\w[\w-]*"
    rf"(?:\s+(?!(?:{_VERBS}|{_LINKS})\b)[\w-]+){{0,2}})",
    re.IGNORECASE,
)
_ASKS_THE = re.compile(r"\bwhat(?:'s| is| are| was| were) (?:the|its|their|our|my)\b", re.IGNORECASE)
_FACTS = frozenset({Wants.NUMBER, Wants.TIME, Wants.PERSON, Wants.PLACE})
_LONG_QUESTION = 30
_PART_WORDS = 2
_POINTS = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|one|ones|he|she)\b", re.IGNORECASE)
_CLOSING = " \"'\u201d\u2019)"
_TIME_UNITS = frozenset({"s", "min", "h", "day", "week", "month", "year"})
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_QUANTITIES = (
    "number|amount|price|cost|fee|rate|percentage|torque|pressure|temperature|weight|size|length|limit|value|speed"
    "|power|voltage|flow|capacity|distance|population|age|gap|dose|diameter|clearance"
)
_QUANTITY = (
    r"\bhow (?:many|much|far|old|tall|high|big|large|heavy|deep|fast|hot|wide|thick)\b"
    rf"|\bwhat (?:is|are|was) the (?:\w+ ){{0,3}}(?:{_QUANTITIES})\b"
    r"|\b(?:torque|pressure|temperature|weight|voltage|diameter|gap|price|fee|clearance|speed) (?:of|for)\b"
    r"|\bwie ?viele?\b|\bwie (?:hoch|alt|weit|gro(?:ß|ss)|schwer|tief|schnell|warm|breit|dick|lang)\b"
    r"|\bwas kostete?n?\b"
)
_CUES = tuple(
    (re.compile(pattern), wants)
    for pattern, wants in (
        (
            (
                r"\bhow (?:long|often)\b|\bwhen\b|\b(?:what|which|in what) (?:year|date|day|month|time)\b"
                r"|\bwann\b|\bwie (?:lange|oft)\b|\bwelche[mnrs]? (?:jahr|datum|tag|monat|frist|termin)\b"
            ),
            Wants.TIME,
        ),
        (_QUANTITY, Wants.NUMBER),
        (r"\bwho(?:m|se)?\b|\bwe(?:r|m|n|ssen)\b", Wants.PERSON),
        (
            (
                r"\bwhere\b|\b(?:what|which) (?:country|city|town|state|place|county|island|continent)\b"
                r"|\bwo(?:hin|her)?\b|\bwelche[mnrs]? (?:land|stadt|ort|staat)\b"
            ),
            Wants.PLACE,
        ),
        (
            r"\bwhy\b|\bwhat (?:causes?|caused)\b|\breasons?\b|\b(?:warum|weshalb|wieso)\b|\bgr(?:u|ü)nde?\b",
            Wants.REASON,
        ),
        (r"\bhow (?:do|does|did|can|could|should|to|is|are|was|were|must|would)\b|\bsteps\b", Wants.STEPS),
        (r"^\s*(?:what|who) (?:is|are|was|were)\b|\bdefin|\bmeaning of\b|\bstands? for\b", Wants.DEFINITION),
    )
)
_SIGNS = {
    Wants.REASON: re.compile(
        r"\b(?:because|since|due to|as a result|therefore|caus\w+|reason\w*|so that|in order to|leads? to"
        r"|led to|in response|owing to|to (?:prevent|avoid|protect|allow|reduce|ensure)"
        r"|weil|denn|wegen|aufgrund|grund|ursache|deshalb|daher|damit)\b"
    ),
    Wants.STEPS: re.compile(
        r"^\W*(?:\d+[.)]|step\b|first\b|then\b)"
        r"|\b(?:by \w+ing|using|through|must be|should be|you can|process|method)\b"
    ),
    Wants.DEFINITION: re.compile(
        r"\b(?:is|are|was|were) (?:an?|the|any|one of)\b|\brefers? to\b|\bmeans\b|\bknown as\b"
    ),
}


_TIME = frozenset({"ms", "s", "min", "h", "day", "week", "month", "year"})
_MONEY = frozenset({"EUR", "USD", "GBP", "CHF", "JPY", "%"})
_PRESSURE = frozenset({"bar", "mbar", "psi", "Pa", "kPa", "MPa"})
_HEAT = frozenset({"°C", "°F", "K"})
_MASS = frozenset({"kg", "g", "mg", "t", "lb"})
_TORQUE = frozenset({"Nm"})
_LENGTH = frozenset({"mm", "cm", "m", "km", "µm", "in", "ft", "mile"})
_VOLUME = frozenset({"m³", "l", "ml"})
_DIMENSIONS = (
    _TIME,
    _MONEY,
    _PRESSURE,
    _HEAT,
    _MASS,
    _VOLUME,
    _LENGTH,
)
_NAMED_UNIT = re.compile(
    r"\bhow many ([^\W\d_]+)\b(?! (?:an?|per) )|\bin ([^\W\d_]{2,}(?:/[^\W_]+)?)(?:\([a-z]\))?\s*\?"
)
_MEASURES = (
    (re.compile(r"\bhow (?:tight|firm)(?:ly)?\b(?!.*\bbend)|\btorque\b(?! wrench)"), _TORQUE),
    (re.compile(r"\bhow (?:wide|deep|thick|tall)\b"), _LENGTH),
    (re.compile(r"\bhow (?:hot|warm|cold)\b|\bwhat temperature\b"), _HEAT),
    (re.compile(r"\bhow heavy\b|\bhow much does\b.*\bweigh\b"), _MASS),
    (re.compile(r"\bhow loud\b"), frozenset({"dB"})),
    (re.compile(r"\b(?:how much|what) (?:\w+ ){0,2}pressure\b"), _PRESSURE),
    (re.compile(r"\bhow much\b.*\b(?:paid|pay|cost|charged?)\b|\bhow expensive\b"), _MONEY),
)


_WANTS_CODE = re.compile(
    r"\b(?:part|serial|order|article|item|model|catalogue|phone|telephone) numbers?\b"
    r"(?=.*\?|\s+(?:of|for|and)\b)"
    r"|\b(?:need|want|give me|tell me|what is|what's|which is) the (?:\w+ ){0,2}(?:code|password|number)\b"
    r"|\b(?:what|which) (?:\w+ )?(?:code|password)\b",
    re.IGNORECASE,
)


_ASKS_LEAVE = re.compile(
    r"(?:^|[.?!,;:-]\s+|\band\s+)(?:can|could|may|should|must|shall|will|would)"
    r" (?:i|we|they|he|she|you|it|the|an?|one|this|that|my|our)\b"
    r"|\b(?:is|are) (?:it|they|this|that|we|\w+ing) (?:ok|okay|fine|safe|allowed|permitted|possible)\b"
    r"|\b(?:do|does) (?:we|you|it|they|\w+) (?:allow|permit|accept)\b"
    r"|\b(?:fine|ok|okay|allowed|permitted)\s*\?",
    re.IGNORECASE,
)
_RULES_ON = re.compile(
    r"\b(?:must|may|allowed|permitted|forbidden|prohibited|never|only|cannot|need not|suitable"
    r"|do not|are not|is not|approved|acceptable)\b|[|\t]\s*(?:yes|no)\b",
    re.IGNORECASE,
)


_COMMANDS = re.compile(
    r"\W*(?:\d+[.)]\s+)?(?:(?:to|after|before|when|if|then|first|with)\b[^.,;]{2,60},\s+)?"
    r"(?:always |please |then )?"
    r"(?:add|adjust|align|apply|ask|attach|bring|call|change|check|choose|clean|clear|click|close|collect|compare"
    r"|configure|connect|copy|count|create|cut|delete|disconnect|drain|draw|drive|enter|fasten|fill|find|fit|fix"
    r"|flush|follow|heat|hold|insert|install|keep|let|lift|lock|look|loosen|make|mark|measure|mix|move|note|oil"
    r"|open|pass|place|plug|pour|press|pull|push|put|read|remove|replace|report|reset|return|rinse|run|save|screw"
    r"|select|send|set|sign|slacken|slide|start|stop|store|submit|switch|take|tap|test|tie|tighten|turn|type"
    r"|undo|unscrew|update|use|wait|warm|wash|watch|wipe|write)\b",
    re.IGNORECASE,
)


def _without_codes(text: str) -> str:
    for code in reversed(identifiers(text)):
        text = f"{text[: code.start]} {text[code.end :]}"
    return text


def _focus(text: str) -> str:
    """Return the asking sentences of a long message, else the text itself."""
    if len(words(text)) <= _LONG_QUESTION:
        return text
    asking = [
        sentence.text for sentence in split_sentences(text) if sentence.text.rstrip(_CLOSING).endswith("?")
    ]
    return " ".join(asking) or text
