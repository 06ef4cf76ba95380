"""What the properties of a shape in an old Office file say in words.

Layout from Microsoft's open specification [MS-ODRAW], section 2.3.
"""

from __future__ import annotations

import struct

from holdfast.stages.parsing.readers.descriptions import described

_NUMBER, _IS_LONG, _DESCRIPTION = 0x3FFF, 0x8000, 0x0381


def description_in(data: bytes, count: int) -> str:
    """Return what somebody wrote about the shape that has this table of `count` properties, else empty.

    Values that are no number follow the table in its order; where one cannot be followed there is none.
    """
    count = min(count, len(data) // 6)
    at = 6 * count
    for place in range(count):
        number, value = struct.unpack_from("<HI", data, 6 * place)
        if not number & _IS_LONG:
            continue
        if number & _NUMBER == _DESCRIPTION:
            text = data[at : at + value].decode("utf-16-le", errors="replace").rstrip("\0")
            is_text = "\ufffd" not in text and " ".join(text.split()).isprintable()
            return described("", text) if is_text else ""
        at += value
    return ""
