"""Read sentences in which not the newer document replaces but the older one gives way.

`FIN-3 is no longer valid`, `Withdrawn: use QP-22 instead`, `Die RL-08 wird aufgehoben`. The older document
must be named by a code, alone or behind a word for a document, or by such a word with a year, and the
sentence must end behind what it says of that: parts and products are withdrawn as well.
"""

from __future__ import annotations

import re

from holdfast.stages.enriching.replacing import (
    IDENTIFIER,
    KIND,
    THIS,
    lowered_head,
    split_references,
    windows,
    without_marks,
)


def said_to_give_way(text: str) -> tuple[str, ...]:
    """Return the code of the document that the first such sentence says is over; empty when there is none."""
    return _first(text, _OVER, _BY_THIS, _IN_PLACE)


def said_to_be_over(text: str) -> tuple[str, ...]:
    """Return the code of the document that stands in this one's place, by a stamp or a sentence."""
    return _first(text, _STAMPED, _THIS_BY)


_THE = r"(?:(?:the|die|das|der|la|le)\s+|l['\u2019])?"
_NAME = rf"(?P<name>{IDENTIFIER})"
_ENDS = r"(?=\s*(?:[.,;!]|$)|\s+(?:and|und|et|on|as|from|vom|since|ab)\s)"
_PAPER = (
    rf"{_THE}(?:(?P<dated>(?:[^\W\d]+\s+){{0,3}}?{KIND}\s+(?:\d{{1,4}}/\d{{2,4}}|(?:19|20)\d\d))"
    rf"|(?:(?:[^\W\d]+\s+){{0,2}}?{KIND}\s+)?{_NAME})"
)
"""A code, or the word for a document with a number or a year of its own (`Circular 4/2022`)."""
_SINCE = (
    r"(?:(?:as of|from|with effect from|since|ab|mit wirkung vom|seit|à partir du)\s+[^.,;]{1,40}?,?\s+)?"
    r"(?:note:\s+)?"
)
_VALID = (
    r"(?:(?:is|are)\s+no longer\s+(?:valid|in force|applicable|in effect)"
    r"|(?:is|was|has been)\s+(?:hereby\s+)?"
    r"(?:revoked|repealed|rescinded)|ist\s+(?:hiermit\s+)?"
    r"(?:nicht mehr\s+(?:gültig|in kraft)|ungültig|gegenstandslos)"
    r"|wird\s+(?:hiermit\s+)?(?:aufgehoben|ungültig|außer kraft gesetzt)"
    r"|verliert\s+(?:\w+\s+)?ihre\s+gültigkeit"
    r"|est\s+abrogée?|n['\u2019]est plus\s+(?:valable|applicable|en vigueur))"
)
_TAKEN_BACK = r"(?:is|was|has been)\s+(?:hereby\s+)?(?:withdrawn|cancelled)"
_OVER = re.compile(
    rf"\W*(?:{_SINCE}{_PAPER}\s+{_VALID}"
    rf"|{_SINCE}{_THE}(?:[^\W\d]+\s+){{0,2}}?{KIND}\s+(?P<kept>{IDENTIFIER})\s+{_TAKEN_BACK}"
    rf"|(?:with|by)\s+[^.,;]{{0,40}}\b{THIS}\s+{KIND},?\s+{_THE}(?P<led>{IDENTIFIER})\s+{_TAKEN_BACK}"
    rf"|mit\s+[^.,;]{{0,40}}\b(?:dieser|diesem)\s+{KIND}\s+wird\s+{_THE}(?P<ended>{IDENTIFIER})\s+"
    rf"(?:ungültig|aufgehoben|außer kraft gesetzt)){_ENDS}",
    re.IGNORECASE,
)
_BY_THIS = re.compile(
    rf"\W*{_PAPER}\s+(?:(?:is|was|has been)\s+(?:hereby\s+)?(?:superseded|replaced)\s+by|wird\s+durch|est\s+"
    rf"remplacée?\s+par)\s+{THIS}\s+{KIND}(?:\s+(?:ersetzt|abgelöst))?{_ENDS}",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    rf"\W*(?:ersatz für|en remplacement de|replacement for|in place of)\s+{_PAPER}{_ENDS}", re.IGNORECASE
)
_GONE = (
    r"(?:withdrawn|obsolete|retired|superseded|cancelled|no longer\s+(?:valid|in force)|ungültig"
    r"|zurückgezogen|veraltet|nicht mehr gültig|aufgehoben|périmée?|obsolète|annulée?)"
)
_NOW = (
    r"(?:please\s+)?(?:use|see|refer to|superseded by:?|replaced by:?|es gilt|siehe|ersetzt durch"
    r"|abgelöst durch|voir|(?:et\s+)?remplacée? par)"
)
_STAMPED = re.compile(
    rf"\W*(?:(?:status|stand|statut)\s*:\s*)?(?:{THIS}\s+{KIND}\s+(?:is|ist|est)\s+)?"
    rf"{_GONE}"
    rf"(?:\s+(?:on|am|le|since|seit|as of)\s+[^.,;]{{1,30}})?(?:\s*[.,;:!\u2013-]+\s*|\s+){_NOW}\s+"
    rf"{_THE}{_NAME}(?:\s+instead)?{_ENDS}",
    re.IGNORECASE,
)
_THIS_BY = re.compile(
    rf"\W*{THIS}\s+(?:[^\W\d]+\s+){{0,2}}?{KIND}\s+(?:(?:wurde|wird|ist)\s+durch\s+{_THE}{_NAME}\s+(?:ersetzt|abgelöst)"
    rf"|(?:est|a été)\s+remplacée?\s+par\s+{_THE}(?P<french>{IDENTIFIER})){_ENDS}",
    re.IGNORECASE,
)


_STEMS = (
    "no longer", "revoked", "repealed", "rescinded", "withdrawn", "cancelled", "superseded", "replace",
    "in place of", "obsol", "retired", "nicht mehr", "ungültig", "gegenstandslos", "aufgehoben",
    "ausser kraft", "gültigkeit", "ersatz für", "ersetzt", "abgelöst", "wird durch", "zurückgezogen",
    "veraltet", "abrog", "est plus", "remplac", "périm", "annul",
)  # fmt: skip
"""Each of the forms above has one of these; most documents have none, and the forms take their time."""


def _first(text: str, *forms: re.Pattern[str]) -> tuple[str, ...]:
    head = without_marks(lowered_head(text))  # a sentence runs over lines
    if not any(stem in head for stem in _STEMS):
        return ()
    for window in windows(text):
        for form in forms:
            if match := form.match(window):
                return split_references(next(filter(None, match.groupdict().values())))
    return ()
