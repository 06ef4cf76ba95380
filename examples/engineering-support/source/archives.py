"""Make office files byte-stable: fixed dates inside and on every member."""

from __future__ import annotations

import io
import re
import zipfile

MOMENT = (2025, 10, 1, 8, 0, 0)
STAMP = "2025-10-01T08:00:00Z"
DATED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def stable_archive(content: bytes) -> bytes:
    """The same zip archive with fixed member dates and document dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, stable_member(name, old.read(name)))
    return buffer.getvalue()


def stable_member(name: str, content: bytes) -> bytes:
    """One member's bytes, with fixed dates if it is the core properties."""
    if name != "docProps/core.xml":
        return content
    return DATED.sub(rb"\g<1>" + STAMP.encode() + rb"\g<2>", content)
