"""Which fields of an item a declaration reads, for the form of the Ask page."""

from __future__ import annotations

import re

from holdfast.workflow import Workflow

_IN_RULES = re.compile(r"\bfields\.([A-Za-z_]\w*)")


def declared_fields(settings: Workflow) -> tuple[str, ...]:
    """Return their names: those of lookups' parameters, then those that rules and rungs compare."""
    names = [
        parameter.field
        for lookup in settings.lookups
        for parameter in lookup.parameters.values()
        if parameter.field
    ]
    for rule in settings.deciding.rules:
        names += _IN_RULES.findall(rule.when)
    return tuple(dict.fromkeys(names))
