"""Turn what a reviewer decided into a golden case that a second person confirms."""

from __future__ import annotations

import re

from holdfast.app import Wiring
from holdfast.casework import cases_seen_by, confirm_case, draft_of_correction, keep
from holdfast.domain.access import Principal
from holdfast.domain.cases import HIGH_RISK, Case, OutcomeKind
from holdfast.domain.reviews import Action
from holdfast.errors import UsageError
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.corrections import CORRECTION, Correction, cited
from holdfast.reviewing.review import Reply, ReviewCase, reply_of

STAGE = "review"
_MARKS = re.compile(r"\[(\d{1,3}(?:,\s*\d{1,3})*)\]")


def make_case(wiring: Wiring, run_id: str, principal: Principal, *, id: str = "") -> Case:  # noqa: A002 - the word that cases use
    """Write the held golden case that the last decision about a run makes, quotes and locators filled in.

    Raises UsageError when nothing was decided yet or its case is there already, and what writing into
    `golden/` raises.
    """
    case = wiring.review.case(run_id, principal)
    reply = reply_of(case.run, case.decisions)
    if reply is None:
        raise UsageError(
            f"nothing was decided about the case {case.item.run[:8]} yet",
            stage=STAGE,
            move="Approve, edit or reject it first.",
        )
    if there := cases_of_run(wiring, case.item.run):
        raise UsageError(
            f"{there[-1].place} was made of this correction already", stage=STAGE, move="Change that one."
        )
    correction = correction_of(case, reply)
    is_dear = case.item.risk == "high" and correction.outcome == "answer"
    drafted = draft_of_correction(
        wiring, case.run, correction, writer=principal.user, id=id, kind=HIGH_RISK if is_dear else ""
    )
    return keep(wiring, drafted, who=principal.user)[0]


def correction_of(case: ReviewCase, reply: Reply) -> Correction:
    """Return what a decision says of the run.

    A rule's hand-over (there is no draft) was right: the case expects it again. Sources that an edited
    text no longer names are no evidence; a text that names none keeps all.
    """
    if reply.action is Action.REJECT:
        return Correction(outcome="refusal", text=reply.words, evidence=())
    is_by_rule = case.run.summary.kind == "escalation" and not case.draft
    outcome: OutcomeKind = "escalation" if is_by_rule else "answer"
    named = {int(one) for found in _MARKS.findall(reply.text) for one in found.split(",")}
    kept = [one for one in case.run.outcome.get("citations") or () if one["n"] in named]
    documents = {str(one["document"]) for one in kept}
    quotes = {" ".join(str(one["quote"]).replace("|", " ").split()) for one in kept}
    evidence = tuple(
        one
        for one in cited(case.run, {})
        if one.document in documents and " ".join(one.quote.split()) in quotes
    )
    return Correction(outcome=outcome, text=reply.text, evidence=evidence if kept else None)


def confirm(wiring: Wiring, case_id: str, principal: Principal) -> Case:
    """Confirm a held case as a second person; raise UsageError when there is none that they may see."""
    seen = cases_seen_by(wiring, load_cases(wiring.folder), principal)
    if not any(one.id == case_id for one in seen):
        raise UsageError(
            f"there is no case '{case_id}' that {principal.user} may see",
            stage=STAGE,
            move="`holdfast cases` lists them.",
        )
    return confirm_case(wiring, case_id, who=principal.user)


def held_cases(wiring: Wiring, principal: Principal) -> tuple[Case, ...]:
    """Return the cases that wait for a second person, as far as the principal may see them."""
    return tuple(one for one in cases_seen_by(wiring, load_cases(wiring.folder), principal) if one.held)


def cases_of_run(wiring: Wiring, run: str) -> tuple[Case, ...]:
    """Return the golden cases that corrections of a run made."""
    return tuple(one for one in load_cases(wiring.folder) if one.run == run and one.origin == CORRECTION)
