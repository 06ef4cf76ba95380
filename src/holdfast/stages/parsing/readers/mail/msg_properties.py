"""The properties of an Outlook message, attachment or recipient, by their numbers."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from holdfast.stages.parsing.readers.ole.properties import filetime
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.texts.codepages import encoding_of

_WIDE, _BYTES, _BINARY = "001f", "001e", "0102"
_FIXED_BYTES = 16
_HEADERS = (32, 24, 8)
"""What stands before the fixed properties: of a message, of one inside, of an attachment."""
_CODE_PAGES = (0x3FFD, 0x3FDE)
"""Of the message's strings, of its HTML."""
_MOST_RECIPIENTS = 200
_RECIPIENTS = {1: "to", 2: "cc", 3: "bcc"}


class MsgProperties:
    """Reads the properties of the storage that `prefix` names; what is missing is empty."""

    def __init__(self, ole: OleFile, prefix: str = "") -> None:
        self._ole = ole
        self._prefix = prefix
        self._fixed = dict(_fixed(ole.stream(f"{prefix}__properties_version1.0"), prefix))
        page = next((self.whole(number) for number in _CODE_PAGES if self.whole(number)), 1252)
        self.codepage = encoding_of(page)

    def text(self, number: int) -> str:
        """Return a string."""
        wide = self._ole.stream(self._path(number, _WIDE))
        if wide:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        narrow = self._ole.stream(self._path(number, _BYTES))
        return narrow.decode(self.codepage, errors="replace").rstrip("\0")

    def binary(self, number: int) -> bytes:
        """Return bytes; of a property kept as a string, its bytes."""
        data = self._ole.stream(self._path(number, _BINARY)) or self._ole.stream(self._path(number, _BYTES))
        if data:
            return data
        return self._ole.stream(self._path(number, _WIDE)).decode("utf-16-le", errors="replace").encode()

    def whole(self, number: int) -> int:
        """Return a whole number."""
        return struct.unpack_from("<I", self._fixed.get(number, bytes(8)))[0]  # type: ignore[no-any-return]

    def time(self, number: int) -> str:
        """Return a time in ISO form."""
        return filetime(int.from_bytes(self._fixed.get(number, bytes(8)), "little"))

    def recipients(self) -> dict[str, str]:
        """Return who it went to, by `to`, `cc` and `bcc`; a kind without anybody is missing."""
        pattern = re.compile(rf"{re.escape(self._prefix)}__recip_version1\.0_#\w+")
        paths = sorted(name for name in self._ole.names() if pattern.fullmatch(name))
        found: dict[str, list[str]] = {}
        for path in paths[:_MOST_RECIPIENTS]:
            one = MsgProperties(self._ole, f"{path}/")
            shown = with_address(one.text(0x3001), one.text(0x39FE) or one.text(0x3003))
            kind = _RECIPIENTS.get(one.whole(0x0C15), "to")
            if shown:
                found.setdefault(kind, []).append(shown)
        return {kind: ", ".join(shown) for kind, shown in found.items()}

    def _path(self, number: int, kind: str) -> str:
        return f"{self._prefix}__substg1.0_{number:04x}{kind}"


def with_address(name: str, address: str) -> str:
    """Return a person as mail writes them; an address within a company's directory says nothing outside."""
    name, address = name.strip().strip("'"), address.strip().strip("'")
    if "@" not in address or address.startswith("/"):
        return name or address
    return f"{name} <{address}>" if name and name != address else address


def _fixed(stream: bytes, prefix: str) -> Iterator[tuple[int, bytes]]:
    """Yield number and the eight bytes of value of each property of fixed size."""
    last = prefix.rstrip("/").rpartition("/")[2]
    header = _HEADERS[0] if not prefix else _HEADERS[1] if last.startswith("__substg") else _HEADERS[2]
    for at in range(header, len(stream) - _FIXED_BYTES + 1, _FIXED_BYTES):
        number = struct.unpack_from("<H", stream, at + 2)[0]
        yield number, stream[at + 8 : at + 16]
