"""The files that a PDF holds: in its list of attachments, and pinned to its pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import pypdfium2

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.units import Attached, Reading, ReadingLimits, Verdict

_MOST_FILES = 2000
_MOST_NAMED = 10


def attached_files(
    document: pypdfium2.PdfDocument, pinned: Iterable[pypdfium2.PdfAttachment], limits: ReadingLimits
) -> Reading:
    """Yield each file, those `pinned` to pages last; what is damaged or too much is named in a verdict."""
    left, lost, files = limits.max_archive_bytes, list[str](), 0
    for number, held in enumerate(chain(_held(document), pinned), 1):
        shown = _name(held).replace("\\", "/").rpartition("/")[2] or f"attachment {number}"
        data = _data(held) if files < _MOST_FILES else None
        if data is None or len(data) > left:
            lost.append(shown)
            continue
        left -= len(data)
        files += 1
        if data:
            yield Attached(name=shown, data=data)
    if lost:
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"{len(lost)} of {files + len(lost)} files attached to it are damaged or beyond "
            f"parsing.max_archive_bytes ({', '.join(lost[:_MOST_NAMED])}{more}). Save them beside it",
        )


def _held(document: pypdfium2.PdfDocument) -> Iterator[pypdfium2.PdfAttachment]:
    try:
        for number in range(document.count_attachments()):
            yield document.get_attachment(number)
    except pypdfium2.PdfiumError:
        return


def _name(held: pypdfium2.PdfAttachment) -> str:
    try:
        return str(held.get_name())
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return ""


def _data(held: pypdfium2.PdfAttachment) -> bytes | None:
    try:
        return bytes(held.get_data())
    except (pypdfium2.PdfiumError, ValueError, OSError):
        return None
