"""The fields of an RTF file that show something which is no text of it: boxes, choices, signs."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.stages.parsing.readers.symbols import TICKED, UNTICKED
from holdfast.stages.parsing.readers.word.field_words import drawn_by

FIELD, INSTRUCTION, ENTRY = "field", "fldinst", "ffl"
_BOX, _CHOICE = 1, 2
_USES_DEFAULT = 25
_NUMBERS = ("fftype", "ffres", "ffdefres")
_MOST_ENTRIES = 1000


@dataclass(slots=True, kw_only=True)
class _Field:
    instruction: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    shows_text: bool = False


class RtfFields:
    """Knows the fields that are open, the innermost last."""

    def __init__(self) -> None:
        self._open: list[_Field] = []

    def opened(self) -> None:
        """Take the beginning of a field."""
        self._open.append(_Field())

    def told(self, word: str, number: int | None) -> None:
        """Take a word of a form's field."""
        if not self._open:
            return
        if word in _NUMBERS:
            self._open[-1].numbers[word] = number or 0
        elif word == ENTRY:
            self._open[-1].entries.append("")

    def said(self, text: str, within: str) -> None:
        """Take letters of the instruction or of an entry to choose from; others are the field's result."""
        if not self._open:
            return
        if within == INSTRUCTION:
            self._open[-1].instruction.append(text)
        elif within == ENTRY and 0 < len(self._open[-1].entries) <= _MOST_ENTRIES:
            self._open[-1].entries[-1] += text
        elif not within and text.strip():
            self._open[-1].shows_text = True

    def closed(self) -> str:
        """Return what the innermost field shows beside its result."""
        ended = self._open.pop()
        shown = "" if ended.shows_text else _drawn(ended)
        if self._open and (ended.shows_text or shown):
            self._open[-1].shows_text = True
        return shown


def _drawn(ended: _Field) -> str:
    kind, default = ended.numbers.get("fftype"), ended.numbers.get("ffdefres", 0)
    chosen = ended.numbers.get("ffres", _USES_DEFAULT)
    chosen = default if chosen == _USES_DEFAULT else chosen
    if kind == _BOX:
        return TICKED if chosen else UNTICKED
    if kind == _CHOICE:
        return ended.entries[chosen].strip() if 0 <= chosen < len(ended.entries) else ""
    return drawn_by("".join(ended.instruction))
