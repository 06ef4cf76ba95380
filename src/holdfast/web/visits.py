"""Who is here, at which workflow, in which language: what every page has to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Depends, Request

from holdfast.correcting import held_cases
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.domain.reviews import Event, Notice
from holdfast.errors import HoldfastError
from holdfast.web.people import Person, Right
from holdfast.web.wording import Wording, language_of, wording
from holdfast.web.workbench import Desk, Workbench

PERSON, THEME, LANGUAGE = "holdfast_person", "holdfast_theme", "holdfast_language"
"""Names of the cookies."""
CHANGED = "holdfast_changed"
"""Name of the cookie that holds the page to which somebody goes back as another person."""
MOST_NOTICES = 3
"""Lines above a page; further ones come when these were seen."""
MOST_COUNTED = 99
"""Cases of the queue that a page counts."""
THEMES = ("auto", "light", "dark")


class Missing(Exception):
    """There is no such thing, or none that this person may see; the two look the same."""


class NotForRole(Exception):
    """The page is not for this person's role."""


class Unknown(Exception):
    """Nobody said who is here, and the workspace declares people."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request's person, workflow and language."""

    workbench: Workbench
    desk: Desk
    person: Person
    t: Wording
    theme: str
    url: str
    """Path and query of the page."""
    is_fault: bool = False
    """Whether an error is told: nothing is read from the records then."""

    @property
    def principal(self) -> Principal:
        """Return on whose behalf everything here is read."""
        return self.person.principal

    @property
    def home(self) -> str:
        """Return the path that this workflow's pages begin with."""
        return f"/w/{quote(self.desk.name, safe='')}"

    def notices(self) -> tuple[Notice, ...]:
        """Return answers of reviewers, and cases given to the person, that they have not seen yet."""
        if self.is_fault:
            return ()
        review = self.desk.flow.review
        told = review.notices(self.principal)
        opened = [one.run for one in told if one.event is Event.OPENED]
        open_ = review.still_open(opened) if opened and self.person.may(Right.DECIDE) else ()
        return tuple(
            one for one in told
            if one.event is Event.ANSWERED or (one.event is Event.OPENED and one.run in open_)
        )[:MOST_NOTICES]  # fmt: skip

    @cached_property
    def waiting(self) -> int:
        """Return how many cases wait for who is here: theirs and nobody's, as far as they may see them."""
        review = self.desk.flow.review
        if self.is_fault or not self.person.may(Right.DECIDE) or not review.may_review(self.principal):
            return 0
        name = self.person.name
        return sum(
            name in (one.owner, one.substitute) or not one.owner
            for one in review.queue(self.principal, limit=MOST_COUNTED).items
            if one.claimed_by in ("", name) and not review.is_closed_to(one, self.principal)
        )

    @cached_property
    def held(self) -> tuple[tuple[Case, ...], str]:
        """Return the golden cases that wait for a second person, and what is wrong with the golden files."""
        try:
            return held_cases(self.desk.flow.wiring, self.principal), ""
        except HoldfastError as error:
            return (), str(error)

    @cached_property
    def to_confirm(self) -> int:
        """Return how many golden cases who is here may confirm: those that another wrote."""
        if self.is_fault or not self.person.may(Right.DECIDE):
            return 0
        return sum(one.written_by != self.person.name for one in self.held[0])

    def needs(self, right: Right) -> None:
        """Raise NotForRole unless the person has the right."""
        if not self.person.may(right):
            raise NotForRole

    def may(self, right: str) -> bool:
        """Return whether the person has the right; for templates."""
        return self.person.may(Right(right))


def visit_of(request: Request) -> Visit:
    """Return who is here; raise Unknown where nobody said so and Missing for a workflow that is none."""
    workbench: Workbench = request.app.state.workbench
    name = request.path_params.get("workflow") or request.query_params.get("workflow")
    desk = workbench.desks.get(name) if name else workbench.first
    if desk is None:
        raise Missing
    return Visit(
        workbench=workbench,
        desk=desk,
        person=person_of(request),
        t=wording_of(request),
        theme=theme_of(request),
        url=address_of(request),
    )


Here = Annotated[Visit, Depends(visit_of)]


def visit_at_fault(request: Request) -> Visit | None:
    """Return the visit whose page cannot be shown, at the first workflow where there is no such one.

    None where nobody said who is here.
    """
    workbench: Workbench = request.app.state.workbench
    try:
        person = person_of(request)
    except Unknown:
        return None
    named = request.path_params.get("workflow") or request.query_params.get("workflow")
    desk = workbench.desks.get(named or "", workbench.first)
    return Visit(
        workbench=workbench, desk=desk, person=person, t=wording_of(request), theme=theme_of(request),
        url=address_of(request) if request.method == "GET" else "/", is_fault=True,
    )  # fmt: skip


def address_of(request: Request) -> str:
    """Return the path and query of a page."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def person_of(request: Request) -> Person:
    """Return who is here: the one chosen in the page, the local user where nobody is declared."""
    workbench: Workbench = request.app.state.workbench
    if not workbench.people:
        return workbench.local
    person = workbench.people.get(unquote(request.cookies.get(PERSON, "")))
    if person is None:
        raise Unknown
    return person


def wording_of(request: Request) -> Wording:
    """Return the texts in the language of the request."""
    accepted = request.headers.get("accept-language", "")
    return wording(language_of(request.cookies.get(LANGUAGE, ""), accepted))


def theme_of(request: Request) -> str:
    """Return the chosen theme."""
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else THEMES[0]
