"""The people who work in the workbench, with what each role may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from holdfast.domain.access import Principal
from holdfast.workspace import PersonSettings


class Role(StrEnum):
    """What a person is here for; each may do what those before it may."""

    ASKER = "asker"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    OWNER = "owner"


class Right(StrEnum):
    """Something that not every role may do."""

    SEE_ALL_RUNS = "see_all_runs"
    """Runs that others asked for, as far as their evidence may be seen."""
    DECIDE = "decide"
    """Decide about drafts that others asked for."""
    SEE_QUALITY = "see_quality"
    """Experiments, with those of their cases whose evidence may be seen."""
    OPERATE = "operate"
    """Sync, see problems and permissions, see as another person, see figures of operation."""


_RIGHTS = {
    Role.ASKER: frozenset[Right](),
    Role.REVIEWER: frozenset({Right.SEE_ALL_RUNS, Right.DECIDE, Right.SEE_QUALITY}),
    Role.ENGINEER: frozenset(Right),
    Role.OWNER: frozenset(Right),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here."""

    principal: Principal
    role: Role

    @property
    def name(self) -> str:
        """Return the name by which access lists know the person."""
        return self.principal.user

    def may(self, right: Right) -> bool:
        """Return whether the role gives this right."""
        return right in _RIGHTS[self.role]

    @property
    def only_own_runs_of(self) -> str:
        """Return whose runs alone the person may see: their own name, or empty for no such limit."""
        return "" if self.may(Right.SEE_ALL_RUNS) else self.name


def declared_people(settings: Iterable[PersonSettings]) -> dict[str, Person]:
    """Return the declared people by name."""
    return {
        one.name: Person(
            principal=Principal(user=one.name, groups=frozenset(one.groups)), role=Role(one.role)
        )
        for one in settings
    }
