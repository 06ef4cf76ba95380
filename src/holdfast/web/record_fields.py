"""Lay a record out as the controls of a form, one for each field, and read the form back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from holdfast.domain.outputs import OutputSpec, Record
from holdfast.schemas.entering import Entry, Unreadable, entered, entry_of, typed_as
from holdfast.schemas.formats import has_format

MOST_ENTRIES = 50
"""Sections of a list that have controls of their own; a longer list is one text."""
DEEPEST = 4
"""Sections in each other that have controls of their own."""
DEEPEST_EMPTY = 2
"""Sections in each other that have controls although the record has nothing in them."""
LONG = 60
"""Characters from which a text has a box of several lines."""
VALUE, LINES, JSON, CITES, GONE = "value:", "lines:", "json:", "cites:", "gone:"
"""What the name of a control begins with: how it is read. Behind it stands a JSON pointer."""
_ENTRY = re.compile(r"(\d{1,3})(?:/|\Z)")
_NUMBERS = re.compile(r"[\s,;\[\]]+")
Posted = Mapping[str, str]


class _Missing:
    """A field that is not there."""


MISSING: Final = _Missing()
_NOTHING = (MISSING, None, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field of a record, or a section of them, as a form shows it."""

    id: str
    name: str
    """Of what is posted; a section posts nothing itself."""
    label: str
    path: str
    """With dots, as it lies in the record that is edited."""
    hint: str
    entry: Entry
    is_required: bool
    value: Any
    """Before the edit, MISSING where there is none."""
    shown: str = ""
    """The value as it is typed."""
    typed: str | None = None
    """What was posted; None: nothing."""
    cites: tuple[int, ...] = ()
    """Before the edit."""
    cites_name: str = ""
    """Of the control for its passages, empty where the field is not cited."""
    cites_typed: str | None = None
    cites_inside: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Before the edit, of fields that have no control of their own, by their paths from here."""
    below: tuple[Control, ...] = ()
    gone_name: str = ""
    """Of the control that takes an entry of a list out."""
    is_gone: bool = False

    @property
    def text(self) -> str:
        """Return what the control holds."""
        return self.shown if self.typed is None else _lines(self.typed)

    @property
    def cites_text(self) -> str:
        """Return what the control for its passages holds."""
        return ", ".join(map(str, self.cites)) if self.cites_typed is None else self.cites_typed

    @property
    def is_long(self) -> bool:
        """Return whether it takes a box of several lines."""
        return self.entry.kind in ("json", "lines") or len(self.text) > LONG or bool({*"\r\n"} & {*self.text})

    @property
    def is_day(self) -> bool:
        """Return whether it holds a day that a calendar can show."""
        return has_format(self.text, "date")

    @property
    def rows(self) -> int:
        """Return how many lines the box has."""
        return min(12, max(2, self.text.count("\n") + 1, len(self.text) // LONG + 1))

    def within(self) -> Iterator[Control]:
        """Yield it and every control in it."""
        yield self
        for one in self.below:
            yield from one.within()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a form says: a record as it was typed, not yet held against anything."""

    output: Any
    cites: Mapping[str, tuple[int, ...]]
    faults: Mapping[str, str] = field(default_factory=dict)
    """By the id of a control, why what was typed there cannot be read."""
    places: Mapping[str, str] = field(default_factory=dict)
    """By the path of a field in `output`, the id of its control."""


def control_of(
    spec: OutputSpec, before: Record | None, posted: Posted | None = None, *, more: str = ""
) -> Control:
    """Return the section of all fields of the declared output, filled with a record, as it was posted.

    `more` is the path of a list that is shown with one more entry.
    """
    return _Layout(spec, before, posted or {}, more).whole()


def filled(control: Control) -> Filled:
    """Return what a form says; a control that nobody changed says what there was before, to the letter."""
    read = _read(control)
    output = {} if isinstance(read.value, _Missing) or read.value is None else read.value
    return Filled(output=output, cites=read.cites, faults=read.faults, places=read.places)


class _Layout:
    """Makes the controls of one form."""

    def __init__(self, spec: OutputSpec, before: Record | None, posted: Posted, more: str) -> None:
        self._spec = spec
        self._before = before or Record(output={})
        self._posted = posted
        self._more = more
        self._ids = count(1)

    def whole(self) -> Control:
        """Return the section of all fields."""
        return self._control(
            "", self._spec.schema, pointer="", path=(), value=self._before.output, is_required=True
        )  # fmt: skip

    def _control(
        self, label: str, schema: Any, *, pointer: str, path: tuple[str, ...], value: Any, is_required: bool
    ) -> Control:
        entry = self._entry(entry_of(schema, self._spec.schema), value, pointer, path)
        hint = entry.schema.get("description", "")
        made = Control(
            id=f"f{next(self._ids)}", name="", label=label, path=".".join(path), entry=entry, value=value,
            hint=hint if isinstance(hint, str) else "", is_required=is_required,
        )  # fmt: skip
        made = self._with_cites(made, pointer, path)
        if entry.kind == "section":
            return replace(made, below=tuple(self._fields(entry, pointer, path, value)))
        if entry.kind == "sections":
            return replace(made, below=tuple(self._entries(entry, pointer, path, value)))
        name = {"json": JSON, "lines": LINES}.get(entry.kind, VALUE) + pointer
        is_there = not isinstance(value, _Missing)
        shown = typed_as(entry, value) if is_there else ""
        inside = f"{made.path}." if made.path else ""
        return replace(
            made, name=name, shown=shown or "", typed=self._posted.get(name),
            cites_inside={
                one.removeprefix(inside): numbers
                for one, numbers in self._before.cites.items()
                if one.startswith(inside) and entry.kind == "json"
            },
        )  # fmt: skip

    def _entry(self, entry: Entry, value: Any, pointer: str, path: tuple[str, ...]) -> Entry:
        """Return how a value is entered that may be too deep, too long or of another kind than declared."""
        kind, is_nothing, depth = entry.kind, isinstance(value, _Missing) or value is None, len(path)
        if kind == "section":
            # Empty sections in each other could be without number; an entry of a list is one more at most.
            may_be_empty = depth < DEEPEST_EMPTY or path[-1].isdecimal()
            fits = depth < DEEPEST and ((is_nothing and may_be_empty) or isinstance(value, Mapping))
        elif kind == "sections":
            is_list = isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
            fits = depth < DEEPEST and (is_nothing or (is_list and len(value) <= MOST_ENTRIES))
        else:
            fits = is_nothing or typed_as(entry, value) is not None
        # What was shown in another way when the page was made is read in that way.
        if JSON + pointer in self._posted or (not fits and LINES + pointer not in self._posted):
            return replace(entry, kind="json")
        return entry

    def _with_cites(self, made: Control, pointer: str, path: tuple[str, ...]) -> Control:
        if tuple("*" if one.isdecimal() else one for one in path) not in self._spec.cited:
            return made
        name = CITES + pointer
        return replace(
            made, cites_name=name, cites=tuple(self._before.cites.get(made.path, ())),
            cites_typed=self._posted.get(name),
        )  # fmt: skip

    def _fields(self, entry: Entry, pointer: str, path: tuple[str, ...], value: Any) -> Iterator[Control]:
        held = value if isinstance(value, Mapping) else {}
        declared, required = entry.schema.get("properties", {}), entry.schema.get("required", ())
        others = entry.schema.get("additionalProperties", True)
        for name in (*declared, *(one for one in held if one not in declared)):
            made = self._control(
                name, declared.get(name, others), pointer=f"{pointer}/{_escaped(name)}", path=(*path, name),
                value=held.get(name, MISSING), is_required=name in required,
            )  # fmt: skip
            # What no schema names goes when it is emptied: a null of that name might not fit either.
            undeclared = replace(made.entry, may_be_null=False)
            yield made if name in declared else replace(made, entry=undeclared)

    def _entries(self, entry: Entry, pointer: str, path: tuple[str, ...], value: Any) -> Iterator[Control]:
        held = value if isinstance(value, list) else []
        for at in range(self._count(pointer, len(held), ".".join(path))):
            here = f"{pointer}/{at}"
            one = self._control(
                str(at + 1), entry.schema.get("items", True), pointer=here, path=(*path, str(at)),
                value=held[at] if at < len(held) else MISSING, is_required=False,
            )  # fmt: skip
            yield replace(one, gone_name=GONE + here, is_gone=GONE + here in self._posted)

    def _count(self, pointer: str, held: int, path: str) -> int:
        """Return how many entries a list is shown with: those it has, those that were posted, one more."""
        positions = [
            int(match[1])
            for name in self._posted
            if (rest := name.partition(":")[2]).startswith(f"{pointer}/")
            if (match := _ENTRY.match(rest[len(pointer) + 1 :]))
        ]
        most = max(held, *(at + 1 for at in positions)) if positions else held
        return min(most + (path == self._more), max(held, MOST_ENTRIES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a control says; paths begin at the control itself."""

    value: Any
    is_changed: bool = False
    cites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


def _read(control: Control) -> _Reading:
    match control.entry.kind:
        case "section":
            read = _section(control)
        case "sections":
            read = _sections(control)
        case _:
            read = _single(control)
    cites, fault = _cited(control)
    return replace(
        read, cites={**({"": cites} if cites and read.value not in _NOTHING else {}), **read.cites},
        faults={**read.faults, **({control.id: fault} if fault else {})},
        places={"": control.id, **read.places},
    )  # fmt: skip


def _single(control: Control) -> _Reading:
    typed = control.typed
    if typed is None or _lines(typed) == _lines(control.shown):
        return _Reading(value=control.value, cites=control.cites_inside)
    try:
        value = entered(control.entry, typed)
    except Unreadable as error:
        return _Reading(value=control.value, is_changed=True, faults={control.id: str(error)})
    value = _without(control) if value is None else value
    return _Reading(value=value, is_changed=True, cites=control.cites_inside)


def _section(control: Control) -> _Reading:
    read = [(one, _read(one)) for one in control.below]
    value: Any = control.value
    if is_changed := any(one.is_changed for _, one in read):
        value = dict(value) if isinstance(value, Mapping) else {}
        for one, said in read:
            value.pop(one.label, None)
            if not isinstance(said.value, _Missing):
                value[one.label] = said.value
        if all(one in (*_NOTHING, [], {}) for one in value.values()) and not control.is_required:
            value = _without(control)
    return _joined(value, is_changed=is_changed, parts=[(one.label, said) for one, said in read])


def _sections(control: Control) -> _Reading:
    held = control.value if isinstance(control.value, list) else []
    read = [(at, one, _read(one)) for at, one in enumerate(control.below)]
    kept = [
        said
        for at, one, said in read
        if not one.is_gone
        and (said.value not in _NOTHING or said.faults or (at < len(held) and not said.is_changed))
    ]
    is_changed = any(said.is_changed for said in kept) or len(kept) != len(held)
    values = [{} if isinstance(said.value, _Missing) else said.value for said in kept]
    parts = [(str(at), said) for at, said in enumerate(kept)]
    return _joined(values if is_changed else control.value, is_changed=is_changed, parts=parts)


def _joined(value: Any, *, is_changed: bool, parts: list[tuple[str, _Reading]]) -> _Reading:
    def under(name: str, path: str) -> str:
        return f"{name}.{path}" if path else name

    return _Reading(
        value=value, is_changed=is_changed,
        cites={under(name, path): one for name, said in parts for path, one in said.cites.items()},
        faults={name: one for _, said in parts for name, one in said.faults.items()},
        places={under(name, path): one for name, said in parts for path, one in said.places.items()},
    )  # fmt: skip


def _without(control: Control) -> Any:
    """Return what an emptied field holds: what it held where that was nothing, else null or nothing."""
    if control.value in _NOTHING:
        return control.value
    return None if control.entry.may_be_null else MISSING


def _cited(control: Control) -> tuple[tuple[int, ...], str]:
    """Return the passages that a field is said to stand in, and why what was typed names none."""
    if not control.cites_name or control.cites_typed is None:
        return control.cites, ""
    parts = [one for one in _NUMBERS.split(control.cites_typed) if one]
    if not all(one.isdecimal() and len(one) <= len("1000") for one in parts):
        return control.cites, f'sources: "{control.cites_typed[:LONG]}" names no passages; write 1, 2'
    return tuple(map(int, parts)), ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
