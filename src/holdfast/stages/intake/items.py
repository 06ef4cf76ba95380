"""Turn the object of one line into a work item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from holdfast.domain.access import Principal
from holdfast.domain.items import REPLAY_PREFIX, ItemAttachment, Speaker, Turn, WorkItem
from holdfast.errors import HoldfastError, NotAllowed
from holdfast.stages.intake.json_lines import Line, Number, fail, kind_of

KEYS = ("id", "question", "fields", "attachments", "history", "user", "groups")
MEANT = {
    "query": "question",
    "prompt": "question",
    "text": "question",
    "input": "question",
    "messages": "history",
    "turns": "history",
    "files": "attachments",
    "as": "user",
    "group": "groups",
    "role": "speaker",
    "content": "text",
    "message": "text",
    "path": "name",
    "filename": "name",
}
SPEAKERS = {"user": Speaker.PERSON, "customer": Speaker.PERSON, "bot": Speaker.ASSISTANT}

ReadAttachments = Callable[[Path], tuple[ItemAttachment, ...]]
"""Reads a file that comes with an item: itself, then what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """Knows what an item may hold and on whose behalf it is asked."""

    name: str
    """Name of the items file, for messages."""
    folder: Path
    """What the paths of attachments are relative to."""
    principal: Principal
    may_name_principals: bool
    read_attachments: ReadAttachments

    def item(self, line: Line) -> WorkItem:
        """Return the item; raise UsageError naming line, key and what is wrong."""
        values = {key: value for key, value in line.values.items() if value is not None}
        self._check_keys(line, values, KEYS, "")
        if "id" not in values:
            self._fail(line, 'has no "id"', move="Give every item an id of its own")
        if not any(key in values for key in ("question", "fields", "attachments")):
            self._fail(line, "has neither question nor fields", move='Add "question": "..."')
        item_id = self._name(line, "id", values["id"])
        if item_id.startswith(REPLAY_PREFIX):
            self._fail(line, f'has an "id" that begins with {REPLAY_PREFIX!r}', move="Give it another one")
        return WorkItem(
            id=item_id,
            has_number=isinstance(values["id"], Number),
            principal=self._principal(line, values),
            question=self._text(line, "question", values.get("question", "")),
            fields=self._fields(line, values.get("fields", {})),
            attachments=tuple(
                one
                for at, value in enumerate(self._list(line, "attachments", values), start=1)
                for one in self._attachments(line, at, value)
            ),
            history=tuple(
                self._turn(line, at, value)
                for at, value in enumerate(self._list(line, "history", values), start=1)
            ),
            origin="file",
        )

    def _principal(self, line: Line, values: Mapping[str, Any]) -> Principal:
        """Return who asks; a named user has the groups named with it and no others."""
        if "user" not in values and "groups" not in values:
            return self.principal
        if not self.may_name_principals:
            raise NotAllowed(
                f"{self.name} line {line.number} names a user or groups, and accounts are configured",
                stage="intake",
                move="Ask with the key of that user instead",
            )
        groups = frozenset(self._name(line, "groups", group) for group in self._list(line, "groups", values))
        user = self._name(line, "user", values["user"]) if "user" in values else self.principal.user
        return Principal(user=user, groups=groups)

    def _fields(self, line: Line, value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            self._fail(line, f'"fields" is {kind_of(value)}, not an object')
        return {
            self._text(line, "fields", key): self._scalar(line, f"fields.{key}", field)
            for key, field in value.items()
            if field is not None
        }

    def _scalar(self, line: Line, key: str, value: object) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(self._text(line, key, str(value) if isinstance(value, Number) else value))

    def _attachments(self, line: Line, at: int, value: object) -> tuple[ItemAttachment, ...]:
        where = f"attachments[{at}]"
        if isinstance(value, dict):
            self._check_keys(line, value, ("name", "text"), where)
            name = self._name(line, f"{where}.name", value.get("name"))
            return (ItemAttachment(name=name, text=self._text(line, f"{where}.text", value.get("text"))),)
        path = self._name(line, where, value)
        try:
            return self.read_attachments(self.folder / path)
        except (OSError, ValueError, HoldfastError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._fail(line, f'{where}: the file "{path}" cannot be read ({reason})')

    def _turn(self, line: Line, at: int, value: object) -> Turn:
        where = f"history[{at}]"
        if not isinstance(value, dict):
            self._fail(
                line, f'{where} is {kind_of(value)}, not {{"speaker": "person" or "assistant", "text": ...}}'
            )
        self._check_keys(line, value, ("speaker", "text"), where)
        said = self._name(line, f"{where}.speaker", value.get("speaker"))
        if said not in tuple(Speaker):
            meant = SPEAKERS.get(said.casefold(), said.casefold())
            hint = f"; did you mean {meant}?" if meant in tuple(Speaker) else ""
            self._fail(line, f"{where}.speaker is {said!r}, not person or assistant{hint}")
        return Turn(speaker=Speaker(said), text=self._text(line, f"{where}.text", value.get("text")))

    def _list(self, line: Line, key: str, values: Mapping[str, Any]) -> Sequence[object]:
        value = values.get(key, [])
        if not isinstance(value, list):
            self._fail(line, f'"{key}" is {kind_of(value)}, not a list', move="Put it in [ ]")
        return value

    def _name(self, line: Line, key: str, value: object) -> str:
        """Return a short text that must not be empty; an id may be written as a number."""
        text = self._text(line, key, str(value) if key == "id" and isinstance(value, Number) else value)
        if not text.strip():
            self._fail(line, f'"{key}" is empty')
        return text

    def _text(self, line: Line, key: str, value: object) -> str:
        if not isinstance(value, str) or isinstance(value, Number):
            self._fail(line, f'"{key}" is {kind_of(value)}, not a text')
        try:
            value.encode()
        except UnicodeEncodeError as error:
            self._fail(
                line, f'"{key}" holds half a character (\\u{ord(value[error.start]):04x}) and is no text'
            )
        return value

    def _check_keys(self, line: Line, values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        for key in values:
            if key not in known:
                nearest = MEANT.get(key.casefold())
                near = [nearest] if nearest in known else get_close_matches(key.casefold(), known, n=1)
                move = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}"
                self._fail(line, f"{where} has the unknown key {key!r}".lstrip(), move=move)

    def _fail(self, line: Line, what: str, *, move: str = "") -> NoReturn:
        fail(self.name, line.number, what, move=move)
