"""Draw values out of a record so that what nobody drew is known."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, get_args

from holdfast.domain.cases import Evidence, Fact, OutcomeKind, Risk
from holdfast.domain.items import ItemAttachment, Turn

OWN_OUTPUT = "is what the tested system put out, nothing that is expected"
NO_PLACE = "has no place in a case"
QUESTIONS = ("question", "query", "input", "user_input", "prompt", "message")
"""Keys under which a question is looked for, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Something of the file that no case holds, and why."""

    place: str
    """`line 3` or `record 3`; empty for what stands around the records."""
    key: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.why}" if self.place else f"{self.key}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A case before its evidence is looked for and its id is settled."""

    place: str
    problem: str = ""
    """Why no case can be made of it."""
    name: str = ""
    """What its id is made of; empty takes the question."""
    question: str = ""
    outcome: OutcomeKind = "answer"
    answer: str = ""
    facts: tuple[Fact, ...] = ()
    must_not_state: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    contexts: tuple[str, ...] = ()
    """Texts that the answer rests on; the document of each has still to be found."""
    source: str = ""
    """The name of the document, as the file has it, for texts that stand in several."""
    fields: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[ItemAttachment, ...] = ()
    history: tuple[Turn, ...] = ()
    kind: str = ""
    risk: Risk | None = None
    tags: tuple[str, ...] = ()
    user: str = ""
    groups: tuple[str, ...] = ()


class Drawn:
    """One record's values; each is drawn once, and what is left is told."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self.place = place
        self.unmapped: list[Unmapped] = []
        self._left = {key: value for key, value in values.items() if not is_empty(value)}

    def __contains__(self, key: str) -> bool:
        return key in self._left

    @property
    def left(self) -> tuple[str, ...]:
        """Return the keys that nobody drew yet."""
        return tuple(self._left)

    def value(self, *names: str) -> Any:
        """Draw the first of these keys that says something; None without any."""
        name = next((one for one in names if one in self._left), None)
        return None if name is None else self._left.pop(name)

    def text(self, *names: str) -> str:
        """Draw a text or a number as text; anything else is told."""
        name = next((one for one in names if one in self._left), "")
        value = self.value(name)
        if value is None or isinstance(value, str | int | float):
            return written(value)
        self.tell(name, "is no text")
        return ""

    def texts(self, *names: str, separator: str = "|") -> tuple[str, ...]:
        """Draw a list of texts: a list, one as Python or JSON writes it, or a text cut at the separator."""
        name = next((one for one in names if one in self._left), "")
        value = self.value(name)
        if isinstance(value, str):
            listed = plain_list(value)
            value = value.split(separator) if listed is None else listed
        values = value if isinstance(value, list) else [] if value is None else [value]
        for one in values:
            if not isinstance(one, str | int | float):
                self.tell(name, "holds something that is no text")
        return tuple(
            said for one in values if isinstance(one, str | int | float) and (said := written(one).strip())
        )

    def tell(self, key: str, why: str) -> None:
        """Write down that a value has no place."""
        self.unmapped.append(Unmapped(place=self.place, key=key, why=why))

    def tell_rest(self, reasons: Mapping[str, str] | None = None) -> None:
        """Write down everything that nobody drew."""
        for key in self._left:
            self.tell(key, (reasons or {}).get(key, NO_PLACE))
        self._left = {}


def is_empty(value: Any) -> bool:
    """Return whether a value says nothing."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def written(value: str | float | None) -> str:
    """Return a scalar as text, truth values as JSON writes them."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value).strip()


def plain_list(text: str) -> list[Any] | None:
    """Return the list that a text writes out as JSON or as Python would; None for any other text."""
    if not text.lstrip().startswith("["):
        return None
    for reader in (json.loads, ast.literal_eval):
        try:
            value = reader(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(value, list):
            return value
    return None


def facts_of(texts: Iterable[str]) -> tuple[Fact, ...]:
    """Return texts as facts, each once."""
    return tuple(Fact(text=text) for text in dict.fromkeys(texts) if text.strip())


def labels(drawn: Drawn, metadata: Any, key: str) -> dict[str, Any]:
    """Return kind, risk, name and tags that a mapping of labels says; any other label becomes a tag `k=v`."""
    found: dict[str, Any] = {"tags": ()}
    for name, value in _mapping(drawn, metadata, key).items():
        values = value if isinstance(value, list) else [value]
        if is_empty(value):
            continue
        if not all(isinstance(one, str | int | float) for one in values):
            drawn.tell(f"{key}.{name}", "is more than a label")
        elif name in ("tag", "tags"):
            found["tags"] += tuple(map(written, values))
        elif name in ("kind", "id") and not isinstance(value, list):
            found["name" if name == "id" else name] = written(value)
        elif name == "risk" and value in get_args(Risk):
            found[name] = value
        else:
            found["tags"] += tuple(f"{name}={written(one)}" for one in values)
    return found


def _mapping(drawn: Drawn, metadata: Any, key: str) -> dict[str, Any]:
    if isinstance(metadata, str):
        with suppress(ValueError):
            metadata = json.loads(metadata)
    if isinstance(metadata, dict):
        return metadata
    if not is_empty(metadata):
        drawn.tell(key, NO_PLACE)
    return {}
