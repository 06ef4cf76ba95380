"""Tell a document's standing among its revisions: approved, draft, superseded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.domain.documents import Status
from holdfast.stages.enriching.head import Labelled, head_lines, labelled_lines

_WORDS = {
    Status.DRAFT: "draft|entwurf|brouillon|borrador|bozza|concept|preliminary|vorläufig|wip|work in progress|"
    "in review|under review|for review|for comment|proposed|proposal|unreleased|not approved|in bearbeitung",
    Status.SUPERSEDED: "superseded|obsolete|withdrawn|replaced|deprecated|archived|expired|retired|cancelled|"
    "ersetzt|ungültig|zurückgezogen|veraltet|abgelöst|remplacé|annulé|obsoleto|sostituito|vervallen|"
    "no longer valid|not valid|out of date|invalid",
    Status.APPROVED: "approved|final|released|published|effective|current|in force|active|valid|issued|"
    "freigegeben|gültig|genehmigt|approuvé|aprobado|approvato|goedgekeurd",
}
_STATUS = {status: re.compile(rf"(?:{words})\b", re.IGNORECASE) for status, words in _WORDS.items()}
_STATUS_LABELS = re.compile(
    r"(?:document |revision |approval |dokument(?:en)?)?(?:status|state|statut|stato|estado)"
)

_SUPERSEDED_BY = re.compile(
    r"superseded by|replaced by|obsoleted by|ersetzt durch|abgelöst durch|remplacée? par|"
    r"reemplazad[oa] por|sostituit[oa] da|vervangen door",
    re.IGNORECASE,
)
_SUPERSEDES = re.compile(
    r"supersedes|replaces|obsoletes|ersetzt|löst ab|remplace|reemplaza a?|sostituisce|vervangt", re.IGNORECASE
)
_IDENTIFIER = r"(?=[\w./-]*\d)[^\W_][\w./-]*[^\W_]"
_THIS = (
    r"(?:.*?\b(?:this|dieses?|diese[rm]?|ce|cette|este|esta|questo|questa|deze|dit)\s+(?:[^\W\d]+\s+){1,5}?)?"
)
"""A sentence has to be about the document: `HX-300 replaces HX-200` is about products."""
_UP_TO_FOUR_WORDS = r"(?:[^\W\d]+\s+){0,4}?"
_BY_SENTENCE = re.compile(
    rf"\W*{_THIS}(?<!not )(?:{_SUPERSEDED_BY.pattern})\s+{_UP_TO_FOUR_WORDS}({_IDENTIFIER})", re.IGNORECASE
)
_THESE_SENTENCE = re.compile(
    rf"\W*{_THIS}(?<!not )(?:{_SUPERSEDES.pattern})\s+{_UP_TO_FOUR_WORDS}"
    rf"({_IDENTIFIER}(?:(?:\s*,\s*|\s+(?:and|und|et|y|e|en|&)\s+){_IDENTIFIER})*)",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\W*(draft|entwurf|superseded|obsolete|withdrawn|ersetzt|ungültig)\W*", re.IGNORECASE)
_SPLIT = re.compile(r"\s*[,;\n]\s*|\s+(?:and|und|et|&)\s+")
_NOTHING = frozenset(
    {"", "-", "\u2013", "\u2014", "none", "n/a", "na", "nil", "keine", "kein", "no", "null", "~", "tbd"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a document says about itself and its revisions."""

    status: Status = Status.APPROVED
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""


def standing_of(text: str, properties: Mapping[str, str], *, by_path: Status | None = None) -> Standing:
    """Return the standing; a declared path wins, then front matter, then the first lines of the text.

    A document that names its successor is superseded whatever else it says.
    """
    lines = tuple(labelled_lines(text))
    head = head_lines(text)
    superseded_by = (
        _references(_property(properties, "superseded by", "replaced by"))
        or _labelled(lines, _SUPERSEDED_BY)
        or _in_sentence(head, _BY_SENTENCE)
    )
    supersedes = (
        _references(_property(properties, "supersedes", "replaces"))
        or _labelled(lines, _SUPERSEDES)
        or _in_sentence(head, _THESE_SENTENCE)
    )
    stated = status_of_word(_property(properties, "status", "state")) or _stated(lines, head)
    status = by_path or (Status.SUPERSEDED if superseded_by else stated) or Status.APPROVED
    return Standing(
        status=status, supersedes=supersedes, superseded_by=superseded_by[0] if superseded_by else ""
    )


def status_of_word(word: str) -> Status | None:
    """Return the status that a word such as `Released` or `in review` means, None for any other."""
    word = word.strip()
    return next((status for status, words in _STATUS.items() if words.match(word)), None)


def _property(properties: Mapping[str, str], *names: str) -> str:
    spellings = (
        spelling for name in names for spelling in (name, name.replace(" ", "_"), name.replace(" ", "-"))
    )
    return next((properties[name] for name in spellings if properties.get(name)), "")


def _stated(lines: Iterable[Labelled], head: Iterable[str]) -> Status | None:
    for line in lines:
        if _STATUS_LABELS.fullmatch(line.label) and (status := status_of_word(line.value)):
            return status
    stamps = (_STAMP.fullmatch(line) for line in head)
    return next((status_of_word(stamp[1]) for stamp in stamps if stamp), None)


def _labelled(lines: Iterable[Labelled], labels: re.Pattern[str]) -> tuple[str, ...]:
    values = (_references(line.value) for line in lines if labels.fullmatch(line.label))
    return next(filter(None, values), ())


def _in_sentence(head: Iterable[str], sentence: re.Pattern[str]) -> tuple[str, ...]:
    match = next(filter(None, (sentence.match(line[:500]) for line in head)), None)
    return _references(match[1].rstrip(".")) if match else ()


def _references(value: str) -> tuple[str, ...]:
    """Return the documents that a value names: `SB-2023-01 and SB-2023-02` names two."""
    names = (name.strip(" \t\"'`[]()*.") for name in _SPLIT.split(value))
    return tuple(dict.fromkeys(name for name in names if name.casefold() not in _NOTHING))
