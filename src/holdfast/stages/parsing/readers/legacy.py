"""Formats read by kreuzberg: Office before 2007, Outlook messages, OpenDocument, RTF, EPUB."""

from __future__ import annotations

from typing import Any

import kreuzberg

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.markdown import markdown_blocks
from holdfast.stages.parsing.units import (
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    Verdict,
    malformed,
)

_OLE_STREAMS = (
    ("EncryptedPackage", ""),
    ("EncryptedSummary", ""),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)
_BYTES_PER_TEXT_BYTE = 20
"""Pictures and masters lie in the same file as the text and are most of it."""
_KEPT = ("title", "subject", "author", "authors", "created_at", "modified_at", "keywords")
_NAMES = {"authors": "author", "created_at": "created", "modified_at": "modified"}


def read_ole(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield what an OLE file holds, whichever of the old formats it is."""
    yield from _read(data, _ole_type(data), limits)


def read_rtf(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the text of an RTF file."""
    yield from _read(data, Kind.RTF, limits)


def read_odt(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the text of an OpenDocument text."""
    yield from _read(data, Kind.ODT, limits)


def read_ods(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the tables of an OpenDocument spreadsheet."""
    yield from _read(data, Kind.ODS, limits)


def read_odp(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the text of an OpenDocument presentation."""
    yield from _read(data, Kind.ODP, limits)


def read_epub(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the text of an e-book."""
    yield from _read(data, Kind.EPUB, limits)


def _read(data: bytes, media_type: str, limits: ReadingLimits) -> Reading:
    config = kreuzberg.ExtractionConfig(output_format="markdown", use_cache=False, disable_ocr=True)  # type: ignore[call-arg]
    try:
        result = kreuzberg.extract_bytes_sync(data, media_type, config)
    except kreuzberg.KreuzbergError as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise Unreadable(
                ParseStatus.ENCRYPTED, "the file is encrypted. Save it without a password"
            ) from error
        raise malformed("the file is damaged, or not quite of the format that it looks like") from error
    yield Size(text_bytes=len(data) // _BYTES_PER_TEXT_BYTE)
    if properties := _properties(result.metadata):
        yield Properties(values=properties)
    text = result.content
    yield Unit(key="text", blocks=tuple(markdown_blocks(text[: limits.max_chars])))
    if len(text) > limits.max_chars:
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"only the first {limits.max_chars:,} characters were read. Raise parsing.max_chars",
        )


def _ole_type(data: bytes) -> str:
    """Return the media type by the name of the stream that only this format has."""
    for name, media_type in _OLE_STREAMS:
        if name.encode("utf-16-le") not in data:
            continue
        if not media_type:
            raise Unreadable(
                ParseStatus.ENCRYPTED, "the file needs a password. Save it without one and sync again"
            )
        return media_type
    raise Unreadable(
        ParseStatus.UNSUPPORTED,
        "it is an OLE file, but no Word, Excel, PowerPoint or Outlook file. Export it as PDF",
    )


def _properties(metadata: Any) -> dict[str, str]:
    found = {}
    for key in _KEPT:
        value = metadata.get(key) if hasattr(metadata, "get") else None
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        if value:
            found[_NAMES.get(key, key)] = " ".join(str(value).split())[:500]
    return found
