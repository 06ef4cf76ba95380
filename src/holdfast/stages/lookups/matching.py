"""Find the values of a query's parameters in an item."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping

from holdfast.domain.items import Speaker, WorkItem
from holdfast.stages.lookups.settings import ParameterSettings

_SEARCHED_CHARACTERS = 20_000
"""Of each text; a declared pattern must not make a long mail slow."""


def bindings_in(
    item: WorkItem, parameters: Mapping[str, ParameterSettings], *, at_most: int
) -> tuple[tuple[dict[str, str], ...], str]:
    """Return the sets of values to run a query with, or none and in words what is missing."""
    values: dict[str, tuple[str, ...]] = {}
    for name, parameter in parameters.items():
        found = _values_of(item, parameter)
        if not found:
            return (), _missing(name, parameter)
        values[name] = found
    combined = itertools.product(*values.values())
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in itertools.islice(combined, at_most)), ""


def _values_of(item: WorkItem, parameter: ParameterSettings) -> tuple[str, ...]:
    """Return distinct values in order of appearance: from the field, else from the item's texts."""
    held = item.fields.get(parameter.field, "").strip() if parameter.field else ""
    if not parameter.pattern:
        return (held,) if held else ()
    pattern = re.compile(parameter.pattern)
    texts = (held, *_texts_of(item))
    return _matches(pattern, texts) or _in_capitals_or_not(pattern, texts)


def _texts_of(item: WorkItem) -> Iterable[str]:
    """Yield question, other fields, what came attached, then what the person said before, latest first."""
    yield item.question
    yield from item.fields.values()
    yield from (attached.text for attached in item.attachments)
    yield from (turn.text for turn in reversed(item.history) if turn.speaker is Speaker.PERSON)


def _in_capitals_or_not(pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return the values of texts that have them in other capitals (`so-10423`), spelled as declared."""
    values = _matches(re.compile(pattern.pattern, pattern.flags | re.IGNORECASE), texts)
    return tuple(dict.fromkeys(_as_declared(pattern, value) for value in values))


def _as_declared(pattern: re.Pattern[str], value: str) -> str:
    return next((one for one in (value.upper(), value.lower()) if pattern.search(one)), value)


def _matches(pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return the values in the first of the texts that holds any."""
    for text in texts:
        found = pattern.finditer(text[:_SEARCHED_CHARACTERS])
        values = dict.fromkeys((match[1] if pattern.groups else match[0]) or "" for match in found)
        if kept := tuple(value for value in values if value):
            return kept
    return ()


def _missing(name: str, parameter: ParameterSettings) -> str:
    if parameter.field and not parameter.pattern:
        return f"the item has no field `{parameter.field}`"
    return f"the item holds no {name.replace('_', ' ')}"
