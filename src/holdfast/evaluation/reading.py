"""Score a list of passages by how soon somebody who reads it has read a case's evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.domain.cases import Case
from holdfast.domain.documents import Document
from holdfast.domain.observed import Wanted
from holdfast.evaluation.quotes import Unplaced, occurrences

PLACES = 10
"""Places of a list that count."""
PLACE_CHARACTERS = 800
"""What one place of the list holds: a longer hit takes as many places as its text fills."""


class Passagelike(Protocol):
    """A slice of a document: a hit, or a passage of a prompt."""

    @property
    def document(self) -> str:
        """Return the path of its document."""
        ...

    @property
    def start(self) -> int:
        """Return where it begins in the canonical text."""
        ...

    @property
    def end(self) -> int:
        """Return where it ends, excluded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A case with what has to be read to answer it."""

    case: Case
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A case that retrieval cannot be measured on, and why."""

    case: str
    reason: str


def targets_of(
    cases: Iterable[Case], document_at: Callable[[str], Document | None]
) -> tuple[tuple[Target, ...], tuple[LeftOut, ...]]:
    """Return the cases whose answer stands in documents, and those of them that cannot be measured.

    Cases that expect no answer, or whose evidence is only in lookups or attachments, are in neither.
    Measurable is a case whose every quote stands in a document that is indexed and its principal may see.
    """
    targets, left_out = [], []
    for case in cases:
        if case.expect.outcome != "answer" or not case.in_documents:
            continue
        reason, wanted = "", []
        for evidence in case.in_documents:
            document = document_at(evidence.document)
            if document is None:
                reason = f"{evidence.document} is not indexed"
            elif not document.access.allows(case.principal):
                reason = f"{case.principal.user} may not see {evidence.document}"
            elif not (found := occurrences(document, evidence.quote, evidence.locator)):
                reason = f"the quote of line {evidence.line} does not stand in {evidence.document}"
            else:
                wanted.append(Wanted(document=evidence.document, occurrences=found))
        if reason:
            left_out.append(LeftOut(case=case.place, reason=reason))
        else:
            targets.append(Target(case=case, wanted=tuple(wanted)))
    return tuple(targets), tuple(left_out)


def wanted_in_attachments(case: Case) -> tuple[tuple[Wanted, ...], str]:
    """Return the places of a case's evidence in what it carries, or none with the reason."""
    wanted = []
    for evidence in case.in_attachments:
        text = Unplaced(text=case.attached_text(evidence.document))
        found = occurrences(text, evidence.quote, evidence.locator)
        if not found:
            return (), f"the quote of line {evidence.line} does not stand in {evidence.document}"
        wanted.append(Wanted(document=evidence.document, occurrences=found))
    return tuple(wanted), ""


def evidence_at_10(hits: Sequence[Passagelike], wanted: Sequence[Wanted]) -> float:
    """Return the discounted share of the evidence in the first ten places, 0 to 1.

    Each piece counts 1 / log2(1 + place) at the place where the last of its words has been read, and
    nothing beyond ten: for a case with one piece that is nDCG@10 (Jarvelin and Kekalainen, 2002). A hit
    longer than a place takes as many as its text fills, so that a list of long chunks is not a longer
    list: positions in the text read instead of ranks are those of the U-measure (Sakai and Dou, SIGIR
    2013). A quote that a chunker cut in two counts when both halves have been read.
    """
    return sum(_discounted(hits, one) for one in wanted) / len(wanted)


def holds_all(passages: Sequence[Passagelike], wanted: Sequence[Wanted]) -> bool:
    """Return whether every piece of the evidence stands in the passages."""
    return all(any(done for _, done in _read(passages, one)) for one in wanted)


def rank_of(passages: Sequence[Passagelike], wanted: Wanted) -> int | None:
    """Return the rank, from 1, of the passage with which the evidence has been read; None: it is not."""
    return next((rank for rank, (_, done) in enumerate(_read(passages, wanted), 1) if done), None)


def _discounted(hits: Sequence[Passagelike], wanted: Wanted) -> float:
    for place, is_read in _read(hits, wanted):
        if place > PLACES:
            break
        if is_read:
            return 1 / math.log2(1 + place)
    return 0.0


def _read(passages: Sequence[Passagelike], wanted: Wanted) -> Iterable[tuple[float, bool]]:
    """Yield for each passage the place that it ends at, and whether the evidence has been read by then."""
    place = 0.0
    left = [set(words) for words in wanted.occurrences]
    for passage in passages:
        place += max(1.0, (passage.end - passage.start) / PLACE_CHARACTERS)
        is_read = False
        if passage.document == wanted.document:
            for words in left:
                inside = [one for one in words if passage.start <= one[0] and one[1] <= passage.end]
                words.difference_update(inside)
            is_read = not all(left) or not left
        yield place, is_read
