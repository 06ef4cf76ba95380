"""The properties of an Outlook message, attachment or recipient, by their numbers."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from email.utils import parseaddr

from holdfast.stages.parsing.readers.ole.properties import filetime
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.texts.codepages import encoding_of

_WIDE, _BYTES, _BINARY = "001f", "001e", "0102"
_FIXED_BYTES = 16
_HEADERS = (32, 24, 8)
"""What stands before the fixed properties: of a message, of one inside, of an attachment."""
_CODE_PAGES = (0x3FFD, 0x3FDE)
"""Of the message's strings, of its HTML."""
_MOST_HEADER_CHARS = 100_000
_FROM = re.compile(r"^from:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_SENDER_ADDRESSES = (0x5D01, 0x0C1F)
"""Of mail, of whatever kind."""
_PERSON_ADDRESSES = (0x5D02, 0x0065)
"""The same of the person it was sent for."""
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

    def sender(self) -> str:
        """Return who sent it, by name and address.

        Within a company Outlook keeps the address of its directory, which says nothing outside. The one
        that mail knows then stands in a property of its own, in those of the person it was sent for (if
        the same), or in the header lines that the message arrived with.
        """
        name, person = self.text(0x0C1A), self.text(0x0042)
        kept = [self.text(number) for number in _SENDER_ADDRESSES]
        if not name or name == person or self.text(0x0C1F).lower() == self.text(0x0065).lower():
            kept += [self.text(number) for number in _PERSON_ADDRESSES]
            kept.append(_header_address(self.text(0x007D)))
        return with_address(name or person, next(filter(_is_mail, kept), ""))

    def recipients(self) -> dict[str, str]:
        """Return who it went to, by `to`, `cc` and `bcc`; a kind without anybody is missing."""
        pattern = re.compile(rf"{re.escape(self._prefix)}__recip_version1\.0_#\w+")
        paths = sorted(name for name in self._ole.names() if pattern.fullmatch(name))
        found: dict[str, list[str]] = {}
        for path in paths:
            one = MsgProperties(self._ole, f"{path}/")
            name = one.text(0x3001) or one.text(0x5FF6)
            address = next(filter(_is_mail, (one.text(0x39FE), one.text(0x3003))), "")
            shown = with_address(name or one.text(0x3003), address)
            kind = _RECIPIENTS.get(one.whole(0x0C15), "to")
            if shown:
                found.setdefault(kind, []).append(shown)
        return {kind: ", ".join(shown) for kind, shown in found.items()}

    def _path(self, number: int, kind: str) -> str:
        return f"{self._prefix}__substg1.0_{number:04x}{kind}"


def with_address(name: str, address: str) -> str:
    """Return a person as mail writes them."""
    name, address = name.strip().strip("'"), address.strip().strip("'")
    return f"{name} <{address}>" if name and address and name != address else name or address


def _is_mail(address: str) -> bool:
    """Return whether it is an address of mail, not one within a company's directory (`/o=.../cn=...`)."""
    return "@" in address and not address.strip().startswith("/")


def _header_address(lines: str) -> str:
    """Return the address in the `From` line among header lines; the first may be one of Outlook's own."""
    found = _FROM.search(lines[:_MOST_HEADER_CHARS])
    return parseaddr(" ".join(found[1].split()))[1] if found else ""


def _fixed(stream: bytes, prefix: str) -> Iterator[tuple[int, bytes]]:
    """Yield number and the eight bytes of value of each property of fixed size."""
    last = prefix.rstrip("/").rpartition("/")[2]
    header = _HEADERS[0] if not prefix else _HEADERS[1] if last.startswith("__substg") else _HEADERS[2]
    for at in range(header, len(stream) - _FIXED_BYTES + 1, _FIXED_BYTES):
        number = struct.unpack_from("<H", stream, at + 2)[0]
        yield number, stream[at + 8 : at + 16]
