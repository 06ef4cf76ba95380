"""What the groups of an RTF file hold beside its text: files in objects, what is said of pictures."""

from __future__ import annotations

import re
import struct

from holdfast.stages.parsing.readers.descriptions import described
from holdfast.stages.parsing.readers.embedded import file_in, lost_files, packed, text_at
from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.word.rtf_runs import joined
from holdfast.stages.parsing.units import Attached, Reading, ReadingLimits, Unreadable

NAME, VALUE, OBJECT = "sn", "sv", "objdata"
_ADDED, _ADDED_VALUE = "propname", "staticval"
ENDED = (VALUE, _ADDED_VALUE)
"""Words whose group says something when it ends."""
HELD = (NAME, *ENDED, _ADDED, OBJECT, "listpicture")
"""Words whose group is kept apart; what is said of the signs before list items is said of no picture."""
_DESCRIPTION = "wzDescription"
_NO_HEX = re.compile(r"[^0-9A-Fa-f]+")
_PACKAGER, _EMBEDDED = "package", 2
_MOST_FILES = 2000
_FILES = (b"PK\3\4", b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0")
"""How a file begins that a program put into its object as it is."""


class Held:
    """Takes the letters of those groups, in the order of the file."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {word: [] for word in (NAME, _ADDED, *ENDED)}
        self._objects: list[list[str]] = []

    def began(self, word: str) -> None:
        """Take the word that begins such a group."""
        if word == OBJECT:
            self._objects.append([])
        elif word in self._pieces:
            self._pieces[word].clear()

    def said(self, word: str, text: str) -> None:
        """Take letters of a group."""
        if word == OBJECT:
            self._objects[-1].append(text)
        elif word in self._pieces:
            self._pieces[word].append(text)

    def end(self, word: str, properties: dict[str, str]) -> None:
        """Put what a group that ends says of the file into its properties, where nothing says it already."""
        name, value = joined(self._pieces[_ADDED]).strip(), clipped(joined(self._pieces[_ADDED_VALUE]))
        if word == _ADDED_VALUE and name and value:
            properties.setdefault(name.lower(), value)

    def description(self, word: str) -> str:
        """Return what a group that ends says of a picture, empty where it says nothing."""
        is_one = word == VALUE and "".join(self._pieces[NAME]).strip() == _DESCRIPTION
        return described("", joined(self._pieces[VALUE])) if is_one else ""

    def files(self, limits: ReadingLimits) -> Reading:
        """Yield the files in objects; what is damaged or too much is named in a verdict."""
        left, files, lost = limits.max_archive_bytes, 0, list[str]()
        for number, pieces in enumerate(self._objects, 1):
            name = f"object {number}"
            try:
                found = _file(name, bytes.fromhex(_NO_HEX.sub("", "".join(pieces))))
            except (Unreadable, struct.error, ValueError):
                lost.append(name)
                continue
            if found is None or not found.data:
                continue
            if files >= _MOST_FILES or len(found.data) > left:
                lost.append(found.name)
                continue
            left -= len(found.data)
            files += 1
            yield found
        yield from lost_files(lost, of=files + len(lost))


def _file(name: str, data: bytes) -> Attached | None:
    """Return the file in an object, None where it is a link, or a drawing of a program of its own.

    Layout from Microsoft's open specification [MS-OLEDS], section 2.2.5: kind, three names, then what the
    program itself keeps.
    """
    if struct.unpack_from("<I", data, 4)[0] != _EMBEDDED:
        return None
    program, at = _name_at(data, 8)
    _, at = _name_at(data, at)
    _, at = _name_at(data, at)
    (size,) = struct.unpack_from("<I", data, at)
    own = data[at + 4 : at + 4 + size]
    if program.lower() == _PACKAGER:
        return packed(data[at : at + 4 + size], fallback=name)
    return file_in(name, own) if own.startswith(_FILES) else None


def _name_at(data: bytes, at: int) -> tuple[str, int]:
    """Return a name that is kept with its length, and where it ends."""
    (length,) = struct.unpack_from("<I", data, at)
    return (text_at(data, at + 4)[0] if length else ""), at + 4 + length
