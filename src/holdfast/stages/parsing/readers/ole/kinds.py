"""Which of the old formats an OLE file is, and its reader."""

from __future__ import annotations

from holdfast.domain.documents import ParseStatus
from holdfast.loading import load
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.units import Reading, ReadingLimits, Recognised, Unreadable

_READERS = "holdfast.stages.parsing.readers"
_BY_STREAM = (
    ("__properties_version1.0", "application/vnd.ms-outlook", f"{_READERS}.mail.msg:read"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint", f"{_READERS}.slides.ppt:read"),
    ("WordDocument", "application/msword", f"{_READERS}.word.doc:read"),
    ("Workbook", "application/vnd.ms-excel", f"{_READERS}.sheets.xls:read"),
    ("Book", "application/vnd.ms-excel", f"{_READERS}.sheets.xls:read"),
)
_ENCRYPTED = ("EncryptedPackage", "EncryptedSummary")


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield what the file holds, whichever of the old formats it is."""
    if any(name.encode("utf-16-le") in data for name in _ENCRYPTED):
        raise Unreadable(
            ParseStatus.ENCRYPTED, "the file needs a password. Save it without one and sync again"
        )
    ole = OleFile(data)
    for name, media_type, reader in _BY_STREAM:
        if ole.has(name):
            yield Recognised(media_type=media_type)
            yield from load(reader)(data, limits)
            return
    raise Unreadable(
        ParseStatus.UNSUPPORTED,
        "it is an OLE file, but no Word, Excel, PowerPoint or Outlook file. Export it as PDF",
    )
