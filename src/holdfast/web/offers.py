"""What a page offers somebody to decide about a run, in words that fit who they are."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain.reviews import FINISHING, Action
from holdfast.reviewing.admission import due_in
from holdfast.reviewing.doubts import MEASURED
from holdfast.storage.runs import StoredRun
from holdfast.web.people import Right
from holdfast.web.record_told import address_of, is_record
from holdfast.web.visits import Visit

OF_WHO_ASKED = (Action.ACCEPT, Action.REJECT, Action.HAND_OVER)
"""An edit is a reviewer's: what who asked would rather have read stands in the words of a rejection."""
FOLDING = (Action.EDIT, Action.REJECT, Action.HAND_OVER)
"""Decisions that ask for something more before they are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """People who take questions over, as a page offers them."""

    name: str
    contact: str
    purpose: str
    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What may be decided, with everything the fields show."""

    actions: tuple[str, ...]
    folding: tuple[str, ...]
    is_own: bool
    """Who is here asked: the words are theirs."""
    asker: str
    chosen: str
    """What who is here decided last, outside of a review."""
    is_for_another: bool
    """Who is here reviews, and somebody else has to correct what they asked themselves."""
    reasons: tuple[str, ...]
    desks: tuple[Desk, ...]
    record_href: str = ""
    """Where a record is edited; empty: an edit is a text."""


def offers_of(visit: Visit, run: StoredRun | None = None) -> Offers:
    """Return what who is here may decide about a run; without one, about what they ask next."""
    asker = run.summary.user if run is not None else visit.person.name
    is_own, settings = asker == visit.person.name, visit.desk.flow.wiring.settings.review
    return Offers(
        actions=tuple(one.value for one in _actions(visit, run, is_own=is_own)),
        folding=tuple(one.value for one in FOLDING), is_own=is_own, asker=asker,
        chosen=chosen_by(visit, run.summary.id) if run is not None else "",
        is_for_another=is_own and _may_review(visit) and settings.own_cases == "refuse",
        reasons=settings.categories, desks=_desks(visit),
        record_href=address_of(visit, run.summary.id) if run is not None and is_record(visit, run) else "",
    )  # fmt: skip


def chosen_by(visit: Visit, run: str) -> str:
    """Return what who is here decided last about a run outside of a review, empty where nothing."""
    made = visit.desk.flow.review.decisions(run)
    mine = [one.action.value for one in made if one.who == visit.person.name and not one.in_review]
    return next(iter(mine[-1:]), "")


def _actions(visit: Visit, run: StoredRun | None, *, is_own: bool) -> tuple[Action, ...]:
    if run is not None and run.item.get("origin") in MEASURED:
        return ()  # nobody waits for what was only measured
    if is_own:
        return OF_WHO_ASKED
    return (*FINISHING, Action.HAND_OVER) if _may_review(visit) else ()


def _may_review(visit: Visit) -> bool:
    return visit.person.may(Right.DECIDE) and visit.desk.flow.review.may_review(visit.principal)


def _desks(visit: Visit) -> tuple[Desk, ...]:
    settings, t = visit.desk.flow.wiring.settings, visit.t
    because = {rule.to: rule.because for rule in reversed(settings.deciding.rules) if rule.to}
    found = []
    for name, route in settings.deciding.routes.items():
        risk = settings.review.risks.get(name, settings.review.risk)
        within = t("span.hours", n=f"{due_in(settings.review, risk).total_seconds() / 3600:g}")
        found.append(
            Desk(
                name=name, contact=route.contact, purpose=route.purpose or because.get(name, ""),
                within=t("decide.within", risk=t(f"risk.{risk}"), span=within),
            )
        )  # fmt: skip
    return tuple(found)
