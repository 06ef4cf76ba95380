"""The fields of a DOC file: which letters are instructions, and what those draw that keep no result."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.symbols import TICKED, UNTICKED
from holdfast.stages.parsing.readers.word.doc_runs import LetterValues
from holdfast.stages.parsing.readers.word.doc_text import DocText
from holdfast.stages.parsing.readers.word.field_words import drawn_by

BEGIN, SEPARATOR, END = "\x13", "\x14", "\x15"
_DATA_SIGN = "\x01"
"""Stands in an instruction for what the form says of the field."""
_DATA_PLACE = 0x6A03
_HEADER_BYTES = 6
_FORM_VERSION = 0xFFFFFFFF
_BOX, _CHOICE = 1, 2
_USES_DEFAULT = 25
_MOST_ENTRIES = 1000
_LONGEST_INSTRUCTION = 20_000


@dataclass(slots=True, kw_only=True)
class _Field:
    in_instruction: bool = True
    instruction: list[str] = field(default_factory=list)
    data_at: int = -1
    """Place in the file of the sign for what the form says of it."""
    shows_text: bool = False


class DocForms:
    """Finds what a form says of its fields."""

    def __init__(self, ole: OleFile, text: DocText) -> None:
        self._data = ole.stream("Data")
        self._places = LetterValues(text, _DATA_PLACE) if self._data else None

    def shown_at(self, place: int) -> str:
        """Return the box or the choice of the field whose sign lies at an offset of the file."""
        held = self._places.at(place) if self._places is not None else b""
        try:
            return self._shown(struct.unpack("<I", held)[0])
        except struct.error:
            return ""

    def _shown(self, at: int) -> str:
        header = struct.unpack_from("<H", self._data, at + 4)[0]
        at += max(header, _HEADER_BYTES)
        version, bits = struct.unpack_from("<IH", self._data, at)
        kind, result = bits & 3, bits >> 2 & 31
        if version != _FORM_VERSION or kind not in (_BOX, _CHOICE):
            return ""
        at = self._after_text(at + 10)
        default = struct.unpack_from("<H", self._data, at)[0]
        chosen = default if result == _USES_DEFAULT else result
        return (TICKED if chosen else UNTICKED) if kind == _BOX else self._entry(at + 2, chosen)

    def _entry(self, at: int, chosen: int) -> str:
        for _ in range(5):  # format, help, status, two macros
            at = self._after_text(at)
        _, count, extra = struct.unpack_from("<HHH", self._data, at)
        at += 6
        for number in range(min(count, _MOST_ENTRIES)):
            length = struct.unpack_from("<H", self._data, at)[0]
            if number == chosen:
                return self._data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", errors="replace")
            at += 2 + 2 * length + extra
        return ""

    def _after_text(self, at: int) -> int:
        length: int = struct.unpack_from("<H", self._data, at)[0]
        return at + 2 + 2 * length + 2


class Fields:
    """The fields that are open while the letters go by."""

    def __init__(self, forms: DocForms) -> None:
        self._forms = forms
        self._open: list[_Field] = []
        self._instructions = 0
        """How many of them are in their instruction."""

    def takes(self, char: str, place: int) -> bool:
        """Return whether a letter is no text: it begins or ends a field, or is part of an instruction."""
        if char == BEGIN:
            self._open.append(_Field())
            self._instructions += 1
        elif char == SEPARATOR:
            if self._open:
                self._instructions -= self._open[-1].in_instruction
                self._open[-1].in_instruction = False
        elif not self._instructions:
            if self._open and not char.isspace() and char >= " ":
                self._open[-1].shows_text = True
            return False
        elif char == _DATA_SIGN:
            self._open[-1].data_at = place
        elif len(self._open[-1].instruction) < _LONGEST_INSTRUCTION:
            self._open[-1].instruction.append(char)
        return True

    def ends(self) -> str:
        """End the innermost field; return what it draws, where it shows no text and is seen itself."""
        if not self._open:
            return ""
        ended = self._open.pop()
        self._instructions -= ended.in_instruction
        drawn = ""
        if not ended.shows_text and not self._instructions:
            drawn = self._forms.shown_at(ended.data_at) or drawn_by("".join(ended.instruction))
        if self._open and (ended.shows_text or drawn):
            self._open[-1].shows_text = True
        return drawn
