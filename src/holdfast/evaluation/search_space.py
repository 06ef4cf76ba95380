"""What `holdfast tune` tries: the settings, their values, and how many may change at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from types import MappingProxyType

from pydantic import ValidationError

from holdfast.workflow import Workflow

Value = bool | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One setting that is tuned."""

    section: str
    key: str
    values: tuple[Value, ...]

    @property
    def name(self) -> str:
        """Return the key as it is written in a declaration's paths (`chunking.size`)."""
        return f"{self.section}.{self.key}"


SPACE = (
    Dimension(section="retrieval", key="sparse_weight", values=(0.2, 0.35, 0.5, 0.65, 0.8)),
    Dimension(section="retrieval", key="depth", values=(30, 100, 300)),
    Dimension(section="indexing", key="stemming", values=(True, False)),
    Dimension(section="chunking", key="heading_context", values=(True, False)),
    Dimension(section="chunking", key="size", values=(500, 800, 1200, 1800)),
)
"""BM25's k1 and b are not here: tantivy fixes them at 1.2 and .75 and its binding has no way to set them.
The filter of superseded documents is not here either: it is a rule, not a matter of quality."""
MOST_CHANGES = 2
"""Settings that one candidate changes at most: a difference that a person can judge, and fewer chances
for luck to win. A second run goes on from the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Settings to try: what they change, and the whole declaration with the change in it."""

    changes: Mapping[str, Value]
    """Dotted key to value, as `set_value` takes them; empty for what is declared now."""
    settings: Workflow

    @property
    def index_key(self) -> tuple[str, str]:
        """Return what its index depends on; candidates that share it share an index."""
        return self.settings.chunking.model_dump_json(), self.settings.indexing.model_dump_json()

    def __str__(self) -> str:
        return ", ".join(f"{key} {_shown(value)}" for key, value in self.changes.items()) or "as declared"


def candidates_of(settings: Workflow, space: tuple[Dimension, ...] = SPACE) -> tuple[Candidate, ...]:
    """Return what to try, the declaration as it is first, then by the number of changes.

    A part of the workflow's own (`use:`) has no settings of ours: its section is left alone, and so is
    a value that the section refuses beside its others.
    """
    open_to_it = [one for one in space if not getattr(settings, one.section).use]
    found = [Candidate(changes=MappingProxyType({}), settings=settings)]
    for count in range(1, MOST_CHANGES + 1):
        for dimensions in combinations(open_to_it, count):
            found.extend(_changed(settings, dimensions))
    return tuple(found)


def _changed(settings: Workflow, dimensions: tuple[Dimension, ...]) -> Iterator[Candidate]:
    others = [[value for value in one.values if value != _now(settings, one)] for one in dimensions]
    for values in product(*others):
        pairs = list(zip(dimensions, values, strict=True))
        try:
            made = _with(settings, pairs)
        except ValidationError:
            continue
        yield Candidate(
            changes=MappingProxyType({one.name: value for one, value in pairs}), settings=made
        )  # fmt: skip


def _with(settings: Workflow, pairs: list[tuple[Dimension, Value]]) -> Workflow:
    sections: dict[str, dict[str, object]] = {}
    for one, value in pairs:
        section = sections.setdefault(one.section, getattr(settings, one.section).model_dump())
        section[one.key] = value
    made = {name: type(getattr(settings, name)).model_validate(values) for name, values in sections.items()}
    return settings.model_copy(update=made)


def _now(settings: Workflow, dimension: Dimension) -> object:
    return getattr(getattr(settings, dimension.section), dimension.key)


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
