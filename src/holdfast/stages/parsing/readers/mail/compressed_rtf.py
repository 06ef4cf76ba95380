"""The packed RTF in which Outlook keeps bodies.

Layout from Microsoft's open specification [MS-OXRTFCP].
"""

from __future__ import annotations

import struct

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.units import Unreadable

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_FIRST_WORDS = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(data: bytes, *, most: int) -> bytes:
    """Return RTF, empty for anything else; damage ends it early. Raise Unreadable above `most` bytes."""
    if len(data) < 16:  # noqa: PLR2004 - sizes, kind, checksum
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        return b""
    found = _unpacked(data, min(size, most + 1))
    if len(found) > most:
        raise Unreadable(
            ParseStatus.LIMIT_SIZE, f"its body holds over {most:,} bytes of RTF. Raise parsing.max_chars"
        )
    return found


def _unpacked(data: bytes, size: int) -> bytes:
    window = bytearray(_FIRST_WORDS.ljust(_WINDOW, b"\0"))
    place = len(_FIRST_WORDS)
    out = bytearray()
    at = 16
    while at < len(data) and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                piece = data[at : at + 1]
                at += 1
                window[place] = piece[0]
                place = (place + 1) % _WINDOW
                out += piece
                continue
            reference = int.from_bytes(data[at : at + 2], "big")
            at += 2
            offset, length = reference >> 4, (reference & 15) + 2
            if offset == place:
                return bytes(out[:size])
            for number in range(length):
                byte = window[(offset + number) % _WINDOW]
                window[place] = byte
                place = (place + 1) % _WINDOW
                out.append(byte)
    return bytes(out[:size])
