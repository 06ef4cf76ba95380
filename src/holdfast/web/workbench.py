"""What the workbench serves: opened workflows for the people who work with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.session import Flow
from holdfast.web.fields import declared_fields
from holdfast.web.figures import Figures
from holdfast.web.page_pictures import PagePictures
from holdfast.web.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One workflow in the workbench."""

    name: str
    """As it stands in addresses."""
    flow: Flow

    @property
    def title(self) -> str:
        """Return the declared name."""
        return self.flow.wiring.loaded.name

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields that the declaration reads from an item."""
        return declared_fields(self.flow.wiring.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Everything that the server needs."""

    desks: Mapping[str, Desk]
    """By name, at least one."""
    local: Person
    """Who works here when nobody is declared: the user who started the server."""
    people: Mapping[str, Person] = field(default_factory=dict)
    """Those declared in holdfast.yaml, by name."""
    hosts: frozenset[str] = frozenset()
    """Values of the Host header that are ours (`holdfast.example`); empty: every loopback name at any port.

    A proxy on this machine has a port of its own. A name that was pointed at us is none of these.
    """

    pictures: PagePictures = field(default_factory=PagePictures)
    figures: Figures = field(default_factory=Figures)

    def close(self) -> None:
        """End what the pages started; the workflows belong to whoever opened them."""
        self.pictures.close()
        self.figures.close()

    @property
    def first(self) -> Desk:
        """Return the workflow that opens when none is named."""
        return next(iter(self.desks.values()))
