"""Turn what a reviewer decided into a golden case that a second person confirms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from holdfast.app import Wiring
from holdfast.casework import cases_seen_by, change_held, confirm_case, keep_correction, renew_correction
from holdfast.domain.access import Principal
from holdfast.domain.cases import HIGH_RISK, Case, ExpectedField, Fact
from holdfast.domain.reviews import Action
from holdfast.domain.stages import Stage
from holdfast.errors import UsageError
from holdfast.evaluation.case_fields import field_faults, fields_of
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.corrections import CORRECTION, Correction, plain_text
from holdfast.reviewing.record_sources import sources_of_verdict
from holdfast.reviewing.review import ReviewCase
from holdfast.reviewing.sources import citation_of
from holdfast.reviewing.verdicts import Verdict, record_of, verdict_of
from holdfast.storage.places import placed
from holdfast.storage.runs import StoredRun

STAGE = "review"


def make_case(wiring: Wiring, run_id: str, principal: Principal, *, id: str = "") -> Case:  # noqa: A002 - the word that cases use
    """Write the held golden case that the last decision about a run makes, quotes and locators filled in.

    One that an earlier decision made and that still waits is made anew. Raises UsageError when nothing was
    decided yet or its case counts already, and what writing into `golden/` raises.
    """
    case = wiring.review.case(run_id, principal)
    reply = verdict_of(case.run, case.decisions)
    if reply is None:
        raise UsageError(
            f"nothing was decided about the case {case.item.run[:8]} yet",
            stage=STAGE,
            move="Approve, edit or reject it first.",
        )
    earlier = next(reversed(cases_of_run(wiring, case.item.run)), None)
    schema = schema_of(wiring, reply)
    if earlier and (not earlier.held or is_of(earlier, case, reply, schema)):
        raise UsageError(
            f"{earlier.place} was made of this correction already", stage=STAGE, move="Change that one."
        )
    correction = correction_of(case, reply, schema)
    kind = HIGH_RISK if case.item.risk == "high" and correction.outcome == "answer" else ""
    run = _with_sources(wiring, case.run, reply)
    if earlier:
        return renew_correction(wiring, run, correction, earlier, writer=principal.user, kind=kind)
    return keep_correction(wiring, run, correction, writer=principal.user, id=id, kind=kind)


def schema_of(wiring: Wiring, reply: Verdict) -> Mapping[str, Any] | None:
    """Return the schema of a reply that is a record, None for a text."""
    shape = wiring.review.shape if reply.record is not None else None
    return shape.spec.schema if shape is not None else None


def is_of(made: Case, case: ReviewCase, reply: Verdict, schema: Mapping[str, Any] | None = None) -> bool:
    """Return whether a golden case expects what was decided last."""
    last, expect = correction_of(case, reply, schema), made.expect
    if last.fields and dict(expect.fields) != dict(last.fields):
        return False
    return (expect.outcome, expect.answer) == (last.outcome, plain_text(last))


def correction_of(case: ReviewCase, reply: Verdict, schema: Mapping[str, Any] | None = None) -> Correction:
    """Return what a decision says of the run; of a record of this schema which fields it has to have.

    A rule's hand-over (there is no draft) was right: the case expects it again.
    """
    if reply.action is Action.REJECT:
        return Correction(outcome="refusal", text=reply.words, evidence=())
    if case.run.summary.kind == "escalation" and not case.draft and not _was_unfilled(case.run, reply):
        return Correction(outcome="escalation", text=reply.text)
    drafted = record_of(case.run)
    fields = (
        fields_of(reply.record.output, drafted.output if drafted else None, schema)
        if reply.record is not None and schema is not None
        else {}
    )
    return Correction(outcome="answer", text=reply.text, fields=fields)


def _was_unfilled(run: StoredRun, reply: Verdict) -> bool:
    """Return whether a person filled the record that no model could: no rule handed it over."""
    return reply.record is not None and any(one.stage == Stage.GENERATION for one in run.stages)


def _with_sources(wiring: Wiring, run: StoredRun, reply: Verdict) -> StoredRun:
    """Return the run as citing what the reply names; a reply without marks rests on what the draft cited.

    Each quote has the place of its own words: a passage of a mail may begin in the headers and go on in
    the body.
    """
    named = sources_of_verdict(run, reply)
    if not named:
        return run
    with wiring.database.read() as connection:
        citations = placed(connection, map(citation_of, named))
    drafted = {str(one["document"]) for one in run.outcome.get("citations") or ()}
    return replace(
        run,
        item={**run.item, "rests_on": sorted({*(run.item.get("rests_on") or ()), *drafted})},
        outcome={**run.outcome, "citations": [asdict(one) for one in citations]},
    )  # fmt: skip


def confirm(wiring: Wiring, case_id: str, principal: Principal) -> Case:
    """Confirm a held case as a second person; raise UsageError when there is none that they may see."""
    held_case(wiring, case_id, principal)
    return confirm_case(wiring, case_id, who=principal.user)


def discard(wiring: Wiring, case_id: str, principal: Principal, *, words: str = "") -> Case:
    """Take a held case out of its file for good and return it; raises what `held_case` raises."""
    case = held_case(wiring, case_id, principal)
    change_held(wiring, case, None, who=principal.user, words=words)
    return case


def change(
    wiring: Wiring,
    case_id: str,
    principal: Principal,
    *,
    answer: str,
    facts: Sequence[str],
    must_not_state: Sequence[str],
    fields: Mapping[str, ExpectedField] | None = None,
) -> Case:
    """Change what a held case expects and return it; whoever does has written it, another person confirms.

    Facts that are as they were keep their number, unit and tolerance, without `fields` all fields stay.
    Raises UsageError for fields that the declared output cannot have so, and what `held_case` raises.
    """
    case = held_case(wiring, case_id, principal)
    known = {str(one): one for one in case.expect.facts}
    kept = tuple(known.get(one) or Fact(text=one) for one in _lines(facts))
    expect = replace(
        case.expect, answer=answer.strip(), facts=kept, must_not_state=tuple(_lines(must_not_state))
    )
    if fields is not None:
        expect = replace(expect, fields=fields)
        _held_to_output(wiring, replace(case, expect=expect))
    changed = replace(case, expect=expect, written_by=principal.user)
    change_held(wiring, case, changed, who=principal.user)
    return changed


def _held_to_output(wiring: Wiring, case: Case) -> None:
    shape = wiring.review.shape
    if faults := list(field_faults(case, shape.spec.schema if shape is not None else {})):
        raise UsageError(
            f"the case '{case.id}' {'; '.join(what for what, _ in faults)}",
            stage=STAGE,
            move=f"Nothing was stored: {'; '.join(dict.fromkeys(move for _, move in faults))}.",
        )


def _lines(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(stripped for one in texts if (stripped := one.strip())))


def held_case(wiring: Wiring, case_id: str, principal: Principal) -> Case:
    """Return a case that waits for a second person, who may review.

    Raises NotAllowed for anybody else, and UsageError when they may see none of that id.
    """
    wiring.review.needs_reviewer(principal)
    found = next((one for one in held_cases(wiring, principal) if one.id == case_id), None)
    if found is None:
        raise UsageError(
            f"there is no held case '{case_id}' that {principal.user} may see",
            stage=STAGE,
            move="`holdfast review` lists them.",
        )
    return found


def held_cases(wiring: Wiring, principal: Principal) -> tuple[Case, ...]:
    """Return the cases that wait for a second person, as far as the principal may see them.

    One without evidence that was made of a review shows to the reviewers who may see that review's case:
    else nobody but its writer could confirm it.
    """
    return _shown(wiring, [one for one in load_cases(wiring.folder) if one.held], principal)


def shown_cases(wiring: Wiring, principal: Principal) -> tuple[Case, ...]:
    """Return every golden case, held or not, that the principal may see, by the rule of `held_cases`."""
    return _shown(wiring, load_cases(wiring.folder), principal)


def _shown(wiring: Wiring, cases: Sequence[Case], principal: Principal) -> tuple[Case, ...]:
    seen = {one.id for one in cases_seen_by(wiring, cases, principal)}
    return tuple(one for one in cases if one.id in seen or _reviews(wiring, one, principal))


def _reviews(wiring: Wiring, case: Case, principal: Principal) -> bool:
    if case.beside_it or case.origin != CORRECTION or not wiring.review.may_review(principal):
        return False
    if not cases_seen_by(wiring, [replace(case, run="")], principal):
        return False  # what its history tells is closed to them
    try:
        wiring.review.case(case.run, principal)
    except UsageError:
        return False
    return True


def cases_of_run(wiring: Wiring, run: str) -> tuple[Case, ...]:
    """Return the golden cases that corrections of a run made."""
    return tuple(one for one in load_cases(wiring.folder) if one.run == run and one.origin == CORRECTION)
