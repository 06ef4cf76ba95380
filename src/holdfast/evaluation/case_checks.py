"""Find what is wrong with golden cases before anything is measured on them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import Any, Literal

from holdfast.declaring.mending import nearest
from holdfast.domain.cases import (
    AMBIGUOUS,
    ESCALATE,
    FORBIDDEN,
    KINDS,
    REFUSE,
    Case,
    Evidence,
    Expectation,
    OutcomeKind,
)
from holdfast.domain.documents import Document
from holdfast.domain.locating import locate
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.evaluation.case_access import Access, may_see
from holdfast.evaluation.case_fields import field_faults
from holdfast.evaluation.cases import FOLDER
from holdfast.evaluation.quotes import Unplaced, agrees, occurrences

FindingKind = Literal[
    "document", "quote", "place", "access", "duplicate", "contradiction", "outcome", "nothing expected",
    "no evidence", "fact", "held", "confirmation", "kind", "field",
]  # fmt: skip
ADVICE: frozenset[FindingKind] = frozenset({"no evidence", "fact", "held", "kind"})
"""What may be meant so: told, and no reason for `--strict` to fail."""
MEANS: Mapping[str, tuple[OutcomeKind, ...]] = {
    REFUSE: ("refusal",),
    FORBIDDEN: ("refusal",),
    ESCALATE: ("escalation",),
}
"""Outcomes that go with a kind; the others go with any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinding:
    """One thing that is wrong with a case, or with the whole set."""

    kind: FindingKind
    case: str
    """Its id; empty for the whole set."""
    file: str
    line: int
    says: str
    move: str

    @property
    def is_advice(self) -> bool:
        """Return whether it may be meant so."""
        return self.kind in ADVICE

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        case = f" ({self.case})" if self.case else ""
        return f"{place}{case}: {self.says}; {self.move}"


def check_cases(
    cases: Sequence[Case],
    *,
    documents: Mapping[str, Sequence[Document]],
    access: Access,
    known: Iterable[str] = (),
    output: Mapping[str, Any] | None = None,
    cites_attachments: bool = True,
) -> tuple[CaseFinding, ...]:
    """Return the findings by file and line, those on the whole set last.

    `documents` are those that the cases' evidence names, `access` who may see them and the lookups,
    `known` every indexed path (for what was probably meant), `output` the declared output's schema (empty:
    none is declared; None: it is not known), `cites_attachments` whether its fields may cite attachments.
    """
    paths = tuple(known)
    found: list[CaseFinding] = []
    for case in cases:
        found += _of_expectation(case)
        found += (_finding(case, "field", *told) for told in field_faults(case, output))
        for evidence in case.in_attachments:
            found += _of_attached(case, evidence, is_cited=cites_attachments)
        for evidence in case.beside_it:
            found += _of_evidence(case, evidence, documents, access, paths)
        found += _of_access(case, access)
        found += _of_confirmation(case)
    found += _of_pairs(cases)
    found.sort(key=lambda one: (one.file, one.line))
    return (*found, *_of_set(cases))


def _finding(case: Case, kind: FindingKind, says: str, move: str, *, line: int = 0) -> CaseFinding:
    return CaseFinding(
        kind=kind, case=case.id, file=case.file, line=line or case.line, says=says, move=move
    )  # fmt: skip


def _of_expectation(case: Case) -> Iterator[CaseFinding]:
    expect = case.expect
    if case.kind not in KINDS and (meant_kind := nearest(case.kind, KINDS)):
        says = f"is of a kind of your own, '{case.kind}'"
        yield _finding(case, "kind", says, f"did you mean {meant_kind}?")
    meant = MEANS.get(case.kind, ())
    if meant and expect.outcome not in meant:
        says = f"is of the kind {case.kind} and expects the outcome '{expect.outcome}'"
        yield _finding(case, "outcome", says, f"expect {meant[0]}, or give it another kind")
    if case.kind == AMBIGUOUS and expect.outcome == "refusal":
        yield _finding(
            case, "outcome", "is ambiguous and expects a refusal",
            "expect question (what to ask back) or answer, or call it refuse",
        )  # fmt: skip
    if expect.outcome == "answer" and not expect.facts and not expect.fields:
        says = "expects an answer and names no fact: any answer would do"
        yield _finding(case, "nothing expected", says, "write under `facts` what it has to state")
    yield from _without_evidence(case)
    quoted = " | ".join(normal(one.quote) for one in expect.evidence)
    for fact in expect.facts:
        if fact.text and quoted and normal(fact.text) not in quoted:
            says = f"no quote states the fact {fact.text!r}"
            yield _finding(case, "fact", says, "quote where it stands, or write the fact as it stands there")
        for forbidden in expect.must_not_state:
            if f" {normal(forbidden)} " in f" {normal(str(fact))} ":
                says = f"the fact {str(fact)!r} holds {forbidden!r}, which must not be stated"
                yield _finding(case, "contradiction", says, "keep one of the two")


def _without_evidence(case: Case) -> Iterator[CaseFinding]:
    if case.expect.outcome == "answer" and not case.expect.evidence:
        says = "expects an answer and names no evidence, so that retrieval and citations are not measured"
        yield _finding(case, "no evidence", says, "write under `evidence` the quote it rests on")
    if case.kind == FORBIDDEN and case.expect.must_not_state and not case.beside_it:
        says = "says what must not be told and names no evidence, so that it is shown to nobody"
        yield _finding(case, "no evidence", says, "write under `evidence` where it stands")


def _of_attached(case: Case, evidence: Evidence, *, is_cited: bool) -> Iterator[CaseFinding]:
    name, line = evidence.document, evidence.line
    if not is_cited:
        says = f"rests on {name}, and the workflow cites nothing that is attached"
        yield _finding(case, "document", says, "set output.cite_attachments, or leave it out", line=line)
    if not occurrences(Unplaced(text=case.attached_text(name)), evidence.quote, NOWHERE):
        says = f"the quote {_short(evidence.quote)!r} does not stand in {name}"
        yield _finding(case, "quote", says, "quote what stands there", line=line)


def _of_evidence(
    case: Case,
    evidence: Evidence,
    documents: Mapping[str, Sequence[Document]],
    access: Access,
    known: Sequence[str],
) -> Iterator[CaseFinding]:
    if not access.get(evidence.document):
        meant = [one.document for one in case.attachments if one.name == evidence.document]
        yield _finding(case, "document", *_unknown(evidence, known, meant), line=evidence.line)
        return
    if not evidence.is_in_a_document:
        return
    found = [
        locate(document.sections, words[0][0])
        for document in documents.get(evidence.document, ())
        for words in occurrences(document, evidence.quote, NOWHERE)
    ]
    if not found:
        says = f"the quote {_short(evidence.quote)!r} does not stand in {evidence.document}"
        yield _finding(case, "quote", says, "quote what stands there now", line=evidence.line)
    elif not any(agrees(there, evidence.locator) for there in found):
        quote, there = _short(evidence.quote), _said(found[0])
        says = f"the quote {quote!r} stands at {there}, not at {_said(evidence.locator)}"
        yield _finding(case, "place", says, "correct the locator", line=evidence.line)


def _unknown(evidence: Evidence, known: Sequence[str], meant: Sequence[str]) -> tuple[str, str]:
    if not evidence.is_in_a_document:
        return f"there is no {evidence.document}", "name a lookup of workflow.yaml"
    near = meant or get_close_matches(evidence.document, known, n=1)
    move = f"did you mean {near[0]}?" if near else "name a document of the corpus, or run `holdfast sync`"
    return f"{evidence.document} is not indexed", move


def _of_access(case: Case, access: Access) -> Iterator[CaseFinding]:
    names = [one.document for one in case.expect.evidence if access.get(one.document)]
    hidden = [one for one in dict.fromkeys(names) if not may_see(case.principal, one, access=access)]
    groups = ", ".join(sorted(case.principal.groups))
    who = f"{case.principal.user}{f' in {groups}' if groups else ''}"
    if hidden and case.expect.outcome == "answer":
        says = f"expects an answer, and {who} may not see {', '.join(hidden)}"
        yield _finding(case, "access", says, "give the principal a group that may, or expect a refusal")
    if case.kind == FORBIDDEN and names and not hidden:
        says = f"is of the kind {FORBIDDEN}, and {who} may see all that it rests on"
        yield _finding(case, "access", says, "ask as somebody who may not, or give it another kind")


def _of_confirmation(case: Case) -> Iterator[CaseFinding]:
    if case.held:
        writer = f" by {case.written_by}" if case.written_by else ""
        says = f"was written{writer} and waits for a second person: it is not run"
        yield _finding(case, "held", says, f"holdfast cases confirm {case.id}")
    if case.held and case.confirmed_by:
        says = f"is confirmed by {case.confirmed_by} and still held"
        yield _finding(case, "confirmation", says, "take `held` or `confirmed_by` out")
    if case.confirmed_by and case.confirmed_by == case.written_by:
        says = f"was written and confirmed by {case.written_by}"
        yield _finding(case, "confirmation", says, "let a second person confirm it")


def _of_pairs(cases: Sequence[Case]) -> Iterator[CaseFinding]:
    """Yield, against the first of each, the cases that ask the same of the same people."""
    for key in (_same_person, _same_groups):
        ordered = sorted(cases, key=key)
        for _, group in groupby(ordered, key=key):
            first, *others = sorted(group, key=lambda case: (case.file, case.line))
            for other in others:
                same = _expects(first.expect) == _expects(other.expect)
                at = f"the case '{first.id}' ({first.file} line {first.line})"
                if same and key is _same_groups:
                    says = f"asks and expects the same as {at}"
                    yield _finding(other, "duplicate", says, "keep one of the two")
                elif not same and key is _same_person:
                    says = f"asks the same as {at} and expects something else"
                    yield _finding(other, "contradiction", says, "decide which is right")


def item_key(case: Case) -> str:
    """Return a text that cases with the same item share: words only, whatever their case and spacing."""
    parts = [
        normal(case.question),
        *(f"{key}={normal(value)}" for key, value in sorted(case.fields.items())),
        *(f"{turn.speaker}:{normal(turn.text)}" for turn in case.history),
        *(f"{one.name}:{normal(one.text)}" for one in case.attachments),
    ]
    return "\n".join(parts)


def _same_person(case: Case) -> tuple[str, ...]:
    return (item_key(case), case.principal.user, *sorted(case.principal.groups))


def _same_groups(case: Case) -> tuple[str, ...]:
    return (item_key(case), *sorted(case.principal.groups))


def _expects(expect: Expectation) -> tuple[object, ...]:
    return (
        expect.outcome,
        frozenset(normal(str(fact)) for fact in expect.facts),
        frozenset(map(normal, expect.must_not_state)),
        repr(sorted(expect.fields.items())),
    )


def _of_set(cases: Sequence[Case]) -> Iterator[CaseFinding]:
    def told(says: str, move: str) -> CaseFinding:
        return CaseFinding(kind="kind", case="", file=f"{FOLDER}/", line=0, says=says, move=move)

    if not cases:
        yield told("there is no case", "write one: docs/golden.md, or `holdfast cases from-run RUN`")
        return
    if len(cases) == 1:
        yield told("there is one case: no difference can be shown on it", "write more")
    missing = [kind for kind in KINDS if not any(case.kind == kind for case in cases)]
    if missing:
        yield told(f"no case is of the kind {', '.join(missing)}", "write one of each that can happen")


def normal(text: str) -> str:
    """Return a text as it is compared: letters, digits, signs of numbers, one blank between."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = (one if one.isalnum() or one in ".,+-/%°" else " " for one in plain)
    return " ".join(word for part in "".join(kept).split() if (word := part.strip(".,-/")))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}..."  # noqa: PLR2004 - a line of a terminal


def _said(locator: Locator) -> str:
    return str(locator) or "no place in particular"
