"""Remark on what an asker typed that does not go with what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from holdfast.cli.screen import say
from holdfast.domain.access import EVERYONE, USER_PREFIX, Principal
from holdfast.domain.items import WorkItem
from holdfast.session import Flow
from holdfast.stages.deciding.expressions import Condition, parse
from holdfast.storage.access_lists import lists_in_use


def remark_groups(flow: Flow, principal: Principal) -> None:
    """Say which groups of the principal nobody wrote into an access list, a rule or a list of people."""
    strange = principal.groups - {EVERYONE}
    if not strange:
        return
    known = frozenset(_groups(flow))
    for group in sorted(strange - known):
        if known:
            say(f"note: no access list and no rule names the group {group!r}{_meant(group, known)}")


def remark_person(flow: Flow, principal: Principal) -> None:
    """Say which groups the workspace gives to who asks, and the command or the item does not.

    What only these groups may see is not found, and nothing else would say why.
    """
    for person in flow.wiring.workspace.people:
        left = frozenset(person.groups) - principal.groups - {EVERYONE}
        if person.name == principal.user and left:
            own = ", ".join(sorted(left))
            say(
                f"note: in holdfast.yaml {person.name} is in {own}; a command takes groups from --group only,"
                " an item of a file from its `groups`"
            )


def remark_fields(flow: Flow, item: WorkItem) -> None:
    """Say which fields of the item nothing reads, where one that is read may have been meant."""
    known = frozenset(_fields(flow))
    for name in sorted(item.fields.keys() - known):
        if meant := _meant(name, known - item.fields.keys()):
            say(f"note: no rule and no lookup reads the field {name!r}{meant}")


def _groups(flow: Flow) -> Iterator[str]:
    wiring = flow.wiring
    with wiring.database.read() as connection:
        for entries in lists_in_use(connection).values():
            yield from entries
    for lookup in wiring.settings.lookups:
        yield from lookup.access
    for condition in _conditions(flow):
        yield from condition.groups
    yield from (group for group in wiring.settings.review.groups if not group.startswith(USER_PREFIX))
    for person in wiring.workspace.people:
        yield from person.groups


def _fields(flow: Flow) -> Iterator[str]:
    for condition in _conditions(flow):
        yield from condition.fields
    for lookup in flow.wiring.settings.lookups:
        yield from (parameter.field for parameter in lookup.parameters.values() if parameter.field)


def _conditions(flow: Flow) -> Iterator[Condition]:
    settings = flow.wiring.settings
    yield from (parse(rule.when) for rule in settings.deciding.rules)
    yield from (parse(rung.when) for rung in settings.generation.rungs if rung.when)


def _meant(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word as the end of a sentence, or empty."""
    near = get_close_matches(word, [one for one in known if not one.startswith(USER_PREFIX)], n=1)
    return f"; did you mean {near[0]}?" if near else ""
