"""Tell a document's standing among its revisions: approved, draft, superseded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.domain.documents import Status
from holdfast.stages.enriching.giving_way import said_to_be_over, said_to_give_way
from holdfast.stages.enriching.head import Labelled, head_lines, labelled_lines
from holdfast.stages.enriching.replacing import (
    SUPERSEDED_BY,
    SUPERSEDES,
    said_of_others,
    said_of_successor,
    split_references,
)

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

_STAMP = re.compile(r"\W*(draft|entwurf|superseded|obsolete|withdrawn|ersetzt|ungültig)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a document says about itself and its revisions."""

    status: Status = Status.APPROVED
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""


def standing_of(
    text: str, properties: Mapping[str, str], *, by_path: Status | None = None, title: str = ""
) -> Standing:
    """Return the standing; a declared path wins, then front matter, then the first lines of the text.

    A document that names its successor is superseded whatever else it says.
    """
    lines = tuple(labelled_lines(text))
    head = head_lines(text)
    superseded_by = (
        split_references(_property(properties, "superseded by", "replaced by"))
        or _labelled(lines, SUPERSEDED_BY)
        or said_of_successor(text, title)
        or said_to_be_over(text)
    )
    supersedes = (
        split_references(_property(properties, "supersedes", "replaces"))
        or _labelled(lines, SUPERSEDES)
        or said_of_others(text, title)
        or said_to_give_way(text)
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
    values = (split_references(line.value) for line in lines if labels.fullmatch(line.label))
    return next(filter(None, values), ())
