"""Say which outcomes a person has to look at, how urgent each is, whose it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.cases import Risk
from holdfast.domain.outcomes import Answer, Escalation, Outcome
from holdfast.domain.reviews import Admission, Cause


def admission_of(settings: ReviewSettings, outcome: Outcome, *, at: datetime) -> Admission | None:
    """Return how an outcome enters the queue, None when nobody has to look at it.

    Every escalation does, and an answer whose confidence is below the declared one. An answer without a
    model or a document behind it (a rule's fixed text has confidence 1) is none of them.
    """
    match outcome:
        case Escalation(route=route, confidence=confidence):
            return admission_to(settings, route, cause=Cause.ESCALATION, at=at, confidence=confidence)
        case Answer(confidence=confidence) if confidence < settings.below:
            return admission_to(settings, "", cause=Cause.LOW_CONFIDENCE, at=at, confidence=confidence)
        case _:
            return None


def admission_to(
    settings: ReviewSettings, to: str, *, cause: Cause, at: datetime, confidence: float = 0.0
) -> Admission:
    """Return how a case enters the queue by a route; a name that is no route's is the owner's own."""
    risk = (
        settings.low_confidence_risk
        if cause is Cause.LOW_CONFIDENCE
        else settings.risks.get(to, settings.risk)
    )
    owner = settings.owners.get(to, "")
    return Admission(
        cause=cause, risk=risk, route=to, confidence=confidence, due_at=at + due_in(settings, risk),
        owner=owner, substitute=settings.substitutes.get(owner, ""),
    )  # fmt: skip


def due_in(settings: ReviewSettings, risk: Risk) -> timedelta:
    """Return how long a case of this risk may wait."""
    hours = {
        "high": settings.due_hours.high,
        "medium": settings.due_hours.medium,
        "low": settings.due_hours.low,
    }
    return timedelta(hours=hours[risk])
