"""Rules that lower or raise a sentence's score by what it is, beside what the weights have learnt.

They are rules because public data is too poor in codes, units, tables and drafts to learn them from, or
because their mistakes are the dear ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from holdfast.domain.documents import Status
from holdfast.text.codes import WRONG_CODE, code_factor
from holdfast.text.identifiers import identifiers
from holdfast.text.numbered import Numbers, told_numbers
from holdfast.text.numbers import quantities, unit_of
from holdfast.text.periods import Period, asked_periods, fits_row, named_periods, row_periods, table_periods
from holdfast.text.questions import Asked, Wants, commands, rules_on, satisfies
from holdfast.text.ranges import is_out_of_range
from holdfast.text.readings import Reading
from holdfast.text.sentences import Kind
from holdfast.text.tables import cells_of, lacks_cell
from holdfast.text.words import content_stems, stem, words
from holdfast.text.years import other_years


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What the rules need to know of a question."""

    question: str
    asked: Asked
    codes: frozenset[str]
    """Keys of the codes it names."""
    finds_year: bool = False
    """Whether one of the passages may be of a year that it asks about."""
    numbered: Mapping[str, Numbers] = field(default_factory=dict)
    """The numbers by which it calls things."""


def factors_of(fitted: Fitted, reading: Reading) -> Mapping[str, float]:
    """Return each rule's factor that is not 1, by name; a sentence keeps their product of its score."""
    found = ((name, rule(fitted, reading)) for name, rule in RULES.items())
    return {name: factor for name, factor in found if factor != 1.0}


def fits_unit(units: frozenset[str], reading: Reading) -> bool:
    """Return whether a sentence holds a quantity of one of the units; a column's name may bring the unit."""
    if any(quantity.unit in units for quantity in quantities(reading.sentence.text)):
        return True
    return any(unit_of(word) in units for word in words(reading.header.replace("_", " ")))


_ASKING = 0.3
_ECHO = 0.3
_POINTING = 0.3
_LISTED = 3.0
_WRONG_UNIT = 0.3
_NO_NAME = 0.3
_RULED = 1.8
_DRAFT = 0.1
_SUPERSEDED = 0.1
_LABEL = 0.4
_LOOKED_UP = 2.0
_WITHDRAWN = 0.3
_COLUMN = 2.0
_POSED = 3.0
_QUESTION = 2
"""Words of content from which two questions of the same words are the same."""
_NO_TIME = 0.3
_OTHER_PERIOD = 0.3
_NO_REASON = 0.3
_EMPTY = 0.3
_PHRASE = 2
"""Words from which a cell may tell a reason (`Ferry cancelled`)."""
_LETTERS = 3
"""Letters from which a word counts as one of them: `S. Okafor` is none."""
_HOW_OFTEN = re.compile(r"\bhow (?:often|frequently)\b", re.IGNORECASE)
_TURN = re.compile(
    r"\b(?:every|each|per|once|twice|always|never|hourly|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|interval)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b(?:is|are) (?:listed|given|described|shown|found|stated|explained|repeated) in\b"
    r"|\bsee (?:also )?(?:the|chapter|section|page)\b"
    r"|\b(?:of|in|to) (?:the )?(?:chapter|section|appendix|annex|table) \d"
    r"|\blook (?:\w+ )?(?:\w+ )?up in\b"
    r"|\b(?:see|find) (?:the )?(?:attached|enclosed)\b|\b(?:attached|enclosed|im Anhang|anbei)\W*$",
    re.IGNORECASE,
)
_GONE = re.compile(r"\b(?:withdrawn|superseded|obsolete|discontinued|expired)\b", re.IGNORECASE)
_OF_ITSELF = re.compile(
    r"\W*(?P<verb>supersedes|replaces|prepared|issued|ersetzt|erstellt)\b(?:[^.;]|\.(?=\d)){0,80}\.?\s*\Z",
    re.IGNORECASE,
)
"""A sentence without a subject by which a paper says what it replaces or when it was made."""
_LABELLED = re.compile(r"(?P<label>[A-Z][\w ]{1,28}):\s+\S")


def _code(fitted: Fitted, reading: Reading) -> float:
    return code_factor(fitted.codes, reading)


def _numbered(fitted: Fitted, reading: Reading) -> float:
    """A sentence about account 6400 tells nothing of account 6650."""
    for key, own in fitted.numbered.items():
        told = told_numbers(key, reading.passage, reading.sentence, reading.heading)
        if told and told.isdisjoint(own.numbers):
            return WRONG_CODE
    return 1.0


def _range(fitted: Fitted, reading: Reading) -> float:
    is_out = is_out_of_range(fitted.question, reading.header, reading.sentence.text)
    return WRONG_CODE if is_out else 1.0


def _period(fitted: Fitted, reading: Reading) -> float:
    """A row of another month than the asked one is the neighbouring value, and so is a table of one."""
    asked = asked_periods(fitted.question)
    is_fetched = reading.passage.chunk_id is None
    if not asked or not (is_fetched or reading.sentence.kind is Kind.ROW):
        return 1.0
    told = row_periods(reading.sentence.text)
    if not told:
        above = _periods_above(reading)
        return 1.0 if not above or fits_row(asked, tuple(above)) else _OTHER_PERIOD
    if fits_row(asked, told):
        return 1.0
    has_asked = any(fits_row(asked, row) for row in table_periods(reading.passage.text))
    return WRONG_CODE if has_asked else _OTHER_PERIOD


def _year(fitted: Fitted, reading: Reading) -> float:
    """A sentence of another year yields to those of a passage that may be of the asked one.

    Without such a passage it stays before what says of no year when it holds: what is missing is told then.
    """
    if not fitted.finds_year:
        return 1.0
    return _OTHER_PERIOD if other_years(fitted.question, [(reading.passage, reading.sentence.start)]) else 1.0


def _periods_above(reading: Reading) -> frozenset[Period]:
    """Return the months of which the nearest thing above a row is: heading, else the paper and its file."""
    passage = reading.passage
    above = (reading.heading, passage.context, passage.metadata.title, passage.document.rpartition("/")[2])
    return next((told for text in above if (told := named_periods(text))), frozenset())


def _reason(fitted: Fitted, reading: Reading) -> float:
    """Who asks why gets no reason from a row of names and figures."""
    if fitted.asked.wants is not Wants.REASON or reading.sentence.kind is not Kind.ROW:
        return 1.0
    cells = [
        [word for word in words(cell) if word.isalpha() and len(word) >= _LETTERS]
        for cell in cells_of(reading.sentence.text)
    ]
    says = any(
        len(cell) >= _PHRASE and not {stem(word) for word in cell} <= fitted.asked.stems for cell in cells
    )
    return 1.0 if says else _NO_REASON


def _empty(fitted: Fitted, reading: Reading) -> float:
    """A table whose cell in the asked column is empty does not tell it, nor does another of its rows."""
    if reading.sentence.kind is not Kind.ROW:
        return 1.0
    return _EMPTY if lacks_cell(reading.passage.text, reading.header, fitted.asked.beside) else 1.0


def _asks(fitted: Fitted, reading: Reading) -> float:  # noqa: ARG001 - the rules' shape
    """A sentence that asks answers nothing."""
    return _ASKING if reading.sentence.text.endswith("?") else 1.0


def _echo(fitted: Fitted, reading: Reading) -> float:
    """A sentence that only repeats title and question says nothing."""
    asked = fitted.asked
    if reading.stems - asked.stems - reading.above or _told(asked, reading):
        return 1.0
    return 1.0 if asked.asks_leave and rules_on(reading.sentence.text) else _ECHO


def _pointer(fitted: Fitted, reading: Reading) -> float:
    """A sentence that only says where to look is no answer."""
    points = _POINTER.search(reading.sentence.text)
    if not points:
        return 1.0
    told = [q for q in _told(fitted.asked, reading) if not points.start() <= q <= points.end()]
    return 1.0 if told else _POINTING


def _step(fitted: Fitted, reading: Reading) -> float:
    """A list item or command is a step where steps are wanted and the heading names the action."""
    if fitted.asked.wants is not Wants.STEPS or not fitted.asked.stems & reading.place:
        return 1.0
    is_step = reading.sentence.kind is Kind.ITEM or commands(reading.sentence.text)
    return _LISTED if is_step else 1.0


def _unit(fitted: Fitted, reading: Reading) -> float:
    """A sentence without a quantity of the asked kind cannot be the answer."""
    return 1.0 if not fitted.asked.units or fits_unit(fitted.asked.units, reading) else _WRONG_UNIT


def _often(fitted: Fitted, reading: Reading) -> float:
    """Who asks how often a thing is done wants a turn (`every 500 h`, `weekly`) or a time."""
    if not _HOW_OFTEN.search(fitted.question):
        return 1.0
    told = f"{reading.header} {reading.sentence.text}"
    return 1.0 if _TURN.search(told) or satisfies(told, Wants.TIME) else _NO_TIME


def _name(fitted: Fitted, reading: Reading) -> float:
    """Where a code or number of a thing is wanted, a sentence must hold one that the question does not."""
    if not fitted.asked.wants_code:
        return 1.0
    known = frozenset(words(fitted.question))
    told = (word for word in words(reading.sentence.text) if word not in known)
    return 1.0 if any(any(character.isdigit() for character in word) for word in told) else _NO_NAME


def _leave(fitted: Fitted, reading: Reading) -> float:
    """Whoever asks whether a thing may be done wants a sentence that allows, forbids or limits."""
    return _RULED if fitted.asked.asks_leave and rules_on(reading.sentence.text) else 1.0


def _standing(fitted: Fitted, reading: Reading) -> float:
    """A draft or a superseded paper answers only what is asked about itself."""
    metadata = reading.passage.metadata
    if metadata.status is Status.APPROVED or fitted.asked.codes & _own_names(reading):
        return 1.0
    return _DRAFT if metadata.status is Status.DRAFT else _SUPERSEDED


def _posed(fitted: Fitted, reading: Reading) -> float:
    """What stands under the very question in a paper answers it, whatever words it has."""
    is_same = reading.posed == fitted.asked.stems and len(reading.posed) >= _QUESTION
    return _POSED if is_same and not reading.sentence.text.endswith("?") else 1.0


def _column(fitted: Fitted, reading: Reading) -> float:
    """A row whose table has a column for the asked thing (`which coupling`: `Coupling`) tells it."""
    target = fitted.asked.target
    if not target or not reading.header:
        return 1.0
    labels = [frozenset(content_stems(cell.replace("_", " "))) for cell in cells_of(reading.header)]
    return _COLUMN if any(label and label <= target for label in labels) else 1.0


def _withdrawn(fitted: Fitted, reading: Reading) -> float:
    """A row on a thing that is withdrawn answers only what is asked about that."""
    found = _GONE.search(reading.sentence.text) if reading.sentence.kind is Kind.ROW else None
    is_asked = found is not None and stem(found[0].casefold()) in fitted.asked.stems
    return _WITHDRAWN if found and not is_asked else 1.0


def _fetched(fitted: Fitted, reading: Reading) -> float:
    """A row that a lookup fetched is about the item itself, though its words are names of columns."""
    is_row_like = fitted.asked.wants not in (Wants.PERSON, Wants.PLACE, Wants.STEPS)
    return _LOOKED_UP if reading.passage.chunk_id is None and is_row_like else 1.0


def _label(fitted: Fitted, reading: Reading) -> float:
    """A line of a paper's head (`Revision: D`) answers only what asks for its label."""
    is_fetched = reading.passage.chunk_id is None
    own = _OF_ITSELF.match(reading.sentence.text)
    if own and not is_fetched and reading.sentence.kind is Kind.PROSE:
        is_asked = fitted.asked.wants is Wants.TIME or stem(own["verb"].casefold()) in fitted.asked.stems
        return 1.0 if is_asked else _LABEL
    labelled = _LABELLED.match(reading.sentence.text)
    if labelled is None or is_fetched or reading.sentence.kind is not Kind.PROSE:
        return 1.0
    return 1.0 if fitted.asked.stems & frozenset(content_stems(labelled["label"])) else _LABEL


RULES: Mapping[str, Callable[[Fitted, Reading], float]] = {
    "code": _code,
    "numbered": _numbered,
    "range": _range,
    "period": _period,
    "year": _year,
    "reason": _reason,
    "empty": _empty,
    "asks": _asks,
    "echo": _echo,
    "pointer": _pointer,
    "step": _step,
    "unit": _unit,
    "often": _often,
    "name": _name,
    "leave": _leave,
    "standing": _standing,
    "label": _label,
    "column": _column,
    "posed": _posed,
    "withdrawn": _withdrawn,
    "fetched": _fetched,
}


def _told(asked: Asked, reading: Reading) -> list[int]:
    """Return the places of the quantities that the question does not state."""
    return [q.start for q in quantities(reading.sentence.text) if q.value not in asked.numbers]


def _own_names(reading: Reading) -> frozenset[str]:
    """Return the keys of the first code in a paper's title and in its file's name: what it is called."""
    passage = reading.passage
    named = (identifiers(passage.metadata.title), identifiers(passage.document.rpartition("/")[2]))
    return frozenset(codes[0].key for codes in named if codes)
