"""What stands in a form's fields beside what the form asks there: `Policy number HX-4711`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from holdfast.stages.parsing.readers.pdf.page import Box, Line

_SLACK = 3.0
"""Points by which a field and its label may overlap."""
_IN_ROW = 0.5
"""Share of the lower one's height that a field and its label on one row have in common."""
_ABOVE = 2.0
"""Heights of its type that a field lies below its label at most."""


def beside_labels(lines: Sequence[Line], fields: Sequence[Box]) -> tuple[Line, ...]:
    """Return the lines with each field's words at the end of its label's line.

    A label stands left of its field, or else above it; that of a mark in a box, on either side. Words of a
    field without a label come behind the last line above it.
    """
    filled: list[Line] = []
    labels: list[Line] = []
    for line in lines:
        (filled if any(_holds(field, line) for field in fields) else labels).append(line)
    if not filled:
        return tuple(lines)
    behind: dict[int, list[Line]] = {}
    loose: dict[int, list[Line]] = {}
    for line in filled:
        place = _label_of(line, labels)
        if place is not None:
            behind.setdefault(place, []).append(line)
        else:
            loose.setdefault(_last_above(line, labels), []).append(line)
    made = list(loose.get(-1, ()))
    for place, label in enumerate(labels):
        made += [_joined(label, behind.get(place, ())), *loose.get(place, ())]
    return tuple(made)


def _holds(field: Box, line: Line) -> bool:
    across, up = line.box.middle
    return field.left <= across <= field.right and field.bottom <= up <= field.top


def _label_of(line: Line, labels: Sequence[Line]) -> int | None:
    """Return the place of the label among the lines."""
    box = line.box
    near: list[tuple[float, int]] = []
    for place, label in enumerate(labels):
        if _in_row(box, label.box):
            if label.box.right <= box.left + _SLACK:
                near.append((box.left - label.box.right, place))
            elif _is_mark(line.text) and label.box.left >= box.right - _SLACK:
                near.append((label.box.left - box.right, place))
    if near:
        return min(near)[1]
    above = [
        (label.box.bottom - box.top, place)
        for place, label in enumerate(labels)
        if -_SLACK <= label.box.bottom - box.top <= _ABOVE * line.size
        and label.box.left < box.right
        and box.left < label.box.right
    ]
    return min(above)[1] if above else None


def _is_mark(text: str) -> bool:
    return len(text) == 1 and not text.isdecimal()


def _in_row(one: Box, other: Box) -> bool:
    common = min(one.top, other.top) - max(one.bottom, other.bottom)
    return common >= _IN_ROW * min(one.top - one.bottom, other.top - other.bottom)


def _last_above(line: Line, labels: Sequence[Line]) -> int:
    above = [place for place, label in enumerate(labels) if label.box.bottom >= line.box.top - _SLACK]
    return above[-1] if above else -1


def _joined(label: Line, values: Iterable[Line]) -> Line:
    every = [label, *sorted(values, key=lambda one: one.box.left)]
    if len(every) == 1:
        return label
    return replace(
        label,
        text=" ".join(one.text for one in every),
        box=Box.around([one.box for one in every]),
        words=tuple(word for one in every for word in one.words),
    )
