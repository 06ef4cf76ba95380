"""Lay the fields that a golden case expects out as the controls of a form, and read the form back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final, Literal, cast

from holdfast.domain.cases import Compare, ExpectedField
from holdfast.evaluation.case_fields import field_fault
from holdfast.schemas.citing import path_of
from holdfast.schemas.entering import Entry, Unreadable, entered, entry_of, typed_as
from holdfast.schemas.formats import has_format
from holdfast.schemas.validating import shown
from holdfast.web.record_fields import Control, Posted

VALUE, HOW, OFF = "value:", "how:", "off:"
"""What the name of a control begins with: the value, how it is compared, how far a number may be off."""
How = Compare | Literal[""]
NOT_COMPARED: Final = ""
_HOWS: Mapping[str, tuple[Compare, ...]] = {
    "text": ("exact", "number", "date"), "number": ("number", "exact"), "date": ("exact", "date"),
    "choice": ("exact",), "lines": ("set",), "json": ("exact", "number", "set", "date"),
}  # fmt: skip
"""By how a field is entered, how its values can be compared; what is not here can only be empty."""
_AS_NUMBER = Entry(kind="number", schema={})
_PLAIN = (str, int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expecting:
    """One field of the declared output, or a section of them, with what a case expects of it."""

    control: Control
    """The box of its value; a section posts none."""
    before: ExpectedField | None = None
    """What the case expects of it, None where it is not compared."""
    hows: tuple[How, ...] = ()
    """Ways to compare it, `NOT_COMPARED` first."""
    how_typed: How | None = None
    off_typed: str | None = None
    below: tuple[Expecting, ...] = ()

    @property
    def id(self) -> str:
        """Return the id of its box, or of the choice how it is compared where it has none."""
        return self.control.id

    @property
    def path(self) -> str:
        """Return the name of the field as a case has it, with a dot where it lies in a section."""
        return self.control.path

    @property
    def how(self) -> How:
        """Return the way of comparing that is chosen."""
        known = self.before.compare if self.before else NOT_COMPARED
        return known if self.how_typed is None else self.how_typed

    @property
    def off(self) -> str:
        """Return how far a number may be off, as it is typed."""
        tolerance = self.before.tolerance if self.before else 0.0
        return (f"{tolerance:.15g}" if tolerance else "") if self.off_typed is None else self.off_typed

    @property
    def has_box(self) -> bool:
        """Return whether a value can be expected of it, or is."""
        return len(self.hows) > len((NOT_COMPARED, "empty"))

    @property
    def may_be_off(self) -> bool:
        """Return whether it can be compared as a number."""
        return "number" in self.hows

    def within(self) -> Iterator[Expecting]:
        """Yield it and every field in it."""
        yield self
        for one in self.below:
            yield from one.within()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a form says that a case expects."""

    fields: Mapping[str, ExpectedField] = field(default_factory=dict)
    faults: Mapping[str, list[str]] = field(default_factory=dict)
    """By the id of a control, what does not fit there."""


def expecting(
    schema: Mapping[str, Any], fields: Mapping[str, ExpectedField], posted: Posted | None = None
) -> tuple[Expecting, ...]:
    """Return the controls of all fields that can be compared, filled with what is expected, as posted.

    Behind the fields of the schema stand those that are expected and are not among them.
    """
    return tuple(_Layout(schema, fields, posted or {}).all())


def expected(
    controls: tuple[Expecting, ...], schema: Mapping[str, Any], fields: Mapping[str, ExpectedField]
) -> Expected:
    """Return what a form expects, held against the schema; what nobody changed stays to the letter.

    The fields that were expected before keep their order, new ones follow in that of the form.
    """
    said: dict[str, ExpectedField] = {}
    faults: dict[str, list[str]] = {}
    for one in (inner for whole in controls for inner in whole.within() if inner.hows):
        try:
            read = _read(one)
        except Unreadable as error:
            faults[one.id] = [str(error)]
            continue
        if read is not None:
            said[one.path] = read
            if fault := field_fault(schema, one.path, read):
                faults[one.id] = ["; ".join(filter(None, fault))]
    order = [*(name for name in fields if name in said), *(name for name in said if name not in fields)]
    return Expected(fields={name: said[name] for name in order}, faults=faults)


class _Layout:
    """Makes the controls of one form."""

    def __init__(
        self, schema: Mapping[str, Any], fields: Mapping[str, ExpectedField], posted: Posted
    ) -> None:
        self._schema = schema
        self._fields = fields
        self._posted = posted
        self._ids = count(1)

    def all(self) -> list[Expecting]:
        """Return the controls of the schema's fields and of those beside them."""
        found = list(self._section(entry_of(self._schema, self._schema), ()))
        there = {inner.path for one in found for inner in one.within() if inner.hows}
        return found + [self._field(name, name, {}) for name in self._fields if name not in there]

    def _section(self, entry: Entry, path: tuple[str, ...]) -> Iterator[Expecting]:
        for label, declared in entry.schema.get("properties", {}).items():
            here = (*path, label)
            name = ".".join(here)
            if not self._can_be_named(name, here):
                continue
            inner = entry_of(declared, self._schema)
            if inner.kind != "section" or path:
                yield self._field(name, label, declared)
                continue
            whole = (self._field(name, label, declared),) if name in self._fields else ()
            yield Expecting(
                control=self._control(name, label, inner), below=(*whole, *self._section(inner, here))
            )

    def _can_be_named(self, name: str, path: tuple[str, ...]) -> bool:
        """Return whether a case that names the field means this one: not where its name holds a dot."""
        try:
            return path_of(self._schema, name) == path
        except ValueError:
            return False

    def _field(self, name: str, label: str, declared: Any) -> Expecting:
        entry, before = entry_of(declared, self._schema), self._fields.get(name)
        hows = self._hows(entry, before)
        if entry.kind in ("section", "sections"):
            entry = replace(entry, kind="json")
        value = before.value if before and before.compare != "empty" else None
        text = _typed(entry, value)
        if text is None:
            entry = replace(entry, kind="json", choices=None)
            text = _typed(entry, value)
        return Expecting(
            control=replace(
                self._control(name, label, entry), name=VALUE + name, value=value, shown=text or "",
                typed=self._posted.get(VALUE + name),
            ),
            before=before, hows=hows, how_typed=cast("How | None", self._posted.get(HOW + name)),
            off_typed=self._posted.get(OFF + name),
        )  # fmt: skip

    def _control(self, name: str, label: str, entry: Entry) -> Control:
        hint = entry.schema.get("description", "")
        return Control(
            id=f"f{next(self._ids)}", name="", label=label, path=name, entry=entry, is_required=False,
            value=None, hint=hint if isinstance(hint, str) else "",
        )  # fmt: skip

    def _hows(self, entry: Entry, before: ExpectedField | None) -> tuple[How, ...]:
        ways = _HOWS.get(entry.kind, ())
        if entry.kind == "choice" and not any(isinstance(one, str | bool) for one in _choices(entry)):
            ways = ("number", *ways)
        known = (before.compare,) if before else ()
        return tuple(dict.fromkeys((NOT_COMPARED, *ways, *known, "empty")))


def _choices(entry: Entry) -> tuple[Any, ...]:
    return tuple((entry.choices or {}).values())


def _typed(entry: Entry, value: Any) -> str | None:
    """Return an expected value as it is typed, also one that the schema does not allow."""
    if isinstance(value, tuple):
        return typed_as(entry, [*value]) if entry.kind in ("lines", "json") else None
    held = typed_as(entry, value)
    if held is None and entry.kind != "lines":
        return value if isinstance(value, str) else json.dumps(value)
    return held


def _read(one: Expecting) -> ExpectedField | None:
    """Return what a control expects, None for nothing; raise Unreadable in words."""
    if one.how not in one.hows:
        raise Unreadable(f"cannot be compared as {shown(one.how)}")
    known = one.before.compare if one.before else NOT_COMPARED
    is_changed = _plain(one.control.text) != _plain(one.control.shown)
    is_off_changed = one.off.strip() != replace(one, off_typed=None).off
    if one.how == known and not is_changed and not is_off_changed:
        return one.before
    if is_off_changed and one.off.strip() and one.how != "number":
        raise Unreadable("may be off only where it is compared as a number")
    if one.how == NOT_COMPARED or one.how == "empty":  # noqa: PLR1714 - it narrows the type
        if is_changed and one.control.text.strip():
            move = "take it out" if one.how else "choose how it is compared"
            raise Unreadable(f"names a value, and is not compared with one; {move}")
        return ExpectedField(value="", compare="empty") if one.how else None
    keeps = one.before is not None and one.how == known and not is_changed
    value = one.before.value if one.before and keeps else _value(one.control, one.how)
    tolerance = _tolerance(one.off) if one.how == "number" else 0.0
    return ExpectedField(value=value, compare=one.how, tolerance=tolerance)


def _value(control: Control, compare: Compare) -> Any:
    text = control.text
    if not text.strip():
        raise Unreadable("names no value to compare with")
    match compare:
        case "number":
            value = entered(_AS_NUMBER, text)
            if isinstance(value, str):
                raise Unreadable(f"is {shown(value)}, not a number")
        case "date":
            value = text.strip()
            if not has_format(value, "date"):
                raise Unreadable(f"is {shown(value)}, which is no date (such as 2025-03-31)")
        case "set":
            listed = entered(control.entry, text)
            if not isinstance(listed, list) or not all(isinstance(one, _PLAIN) for one in listed):
                raise Unreadable("is no list of plain values")
            value = tuple(listed)
        case _:
            value = entered(control.entry, text)
            if not isinstance(value, _PLAIN):
                raise Unreadable("is no plain value")
    return value


def _tolerance(text: str) -> float:
    if not text.strip():
        return 0.0
    value = entered(_AS_NUMBER, text)
    if isinstance(value, str) or value < 0:
        raise Unreadable(f"may be off by {shown(value)}, which is no number from 0 on")
    return float(value)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
