"""Tell what a file is by its first bytes; its name decides only between kinds of text."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath


class Kind(StrEnum):
    """A format, named by its media type."""

    PDF = "application/pdf"
    ZIP = "application/zip"
    """Any package; `packages.kind_of` says which."""
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    OLE = "application/x-ole-storage"
    """Word, Excel and PowerPoint before 2007, Outlook messages, encrypted Office files."""
    ODT = "application/vnd.oasis.opendocument.text"
    ODS = "application/vnd.oasis.opendocument.spreadsheet"
    ODP = "application/vnd.oasis.opendocument.presentation"
    EPUB = "application/epub+zip"
    RTF = "application/rtf"
    EML = "message/rfc822"
    MBOX = "application/mbox"
    HTML = "text/html"
    MARKDOWN = "text/markdown"
    CSV = "text/csv"
    JSON_LINES = "application/jsonl"
    XML = "application/xml"
    TEXT = "text/plain"
    IMAGE = "image/*"
    BINARY = "application/octet-stream"


_HEAD_BYTES = 8192
_MAGIC = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
    (b"{\\rtf", Kind.RTF),
    (b"\x89PNG\r\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
    (b"II*\0", Kind.IMAGE),
    (b"MM\0*", Kind.IMAGE),
    (b"BM", Kind.IMAGE),
    (b"\x1f\x8b", Kind.BINARY),
    (b"BZh", Kind.BINARY),
    (b"7z\xbc\xaf", Kind.BINARY),
    (b"\x7fELF", Kind.BINARY),
    (b"MZ\x90", Kind.BINARY),
    (b"SQLite format 3\0", Kind.BINARY),
)
_BY_NAME = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".tab": Kind.CSV,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".eml": Kind.EML,
    ".xml": Kind.XML,
}
_TEXT_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->).){0,2000}-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_MESSAGE = re.compile(rb"\n\r?\nFrom \S+ |\nFrom \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d")
_MAIL_LINE = re.compile(rb"(?:From |[A-Za-z][A-Za-z0-9-]{1,40}:|[ \t])")
_MAIL_HEADERS = (
    b"from:",
    b"received:",
    b"return-path:",
    b"mime-version:",
    b"message-id:",
    b"subject:",
    b"date:",
    b"to:",
)
_WEB_ARCHIVE = re.compile(rb"MIME-Version:[^\r\n]*\r?\nContent-Type:\s*multipart/related\b", re.IGNORECASE)
"""How Word begins a page in a single file, which has no other header."""
_MOST_CONTROLS = 0.10


def detect(path: str, data: bytes) -> Kind:
    """Return the kind of a file, from a bounded look at its beginning."""
    head = data[:_HEAD_BYTES]
    if head.startswith(b"From ") and _looks_like_mail(head) and _MESSAGE.search(data):
        return Kind.MBOX
    if b"%PDF-" in head[:1100]:
        return Kind.PDF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.IMAGE
    for magic, kind in _MAGIC:
        if head.startswith(magic) and not (magic == b"BM" and _reads_as_text(head)):
            return kind
    if not _reads_as_text(head):
        return Kind.BINARY
    return _text_kind(path, head)


def _text_kind(path: str, head: bytes) -> Kind:
    by_name = _BY_NAME.get(PurePosixPath(path).suffix.lower())
    if by_name in (Kind.MARKDOWN, Kind.HTML, Kind.EML):
        return by_name
    plain = head.replace(b"\0", b"")
    if _HTML.match(plain.removeprefix(_TEXT_MARKS[0])):
        return Kind.HTML
    if by_name is None and (_looks_like_mail(plain) or _WEB_ARCHIVE.match(plain)):
        return Kind.EML
    if by_name is None and plain.removeprefix(_TEXT_MARKS[0]).startswith(b"<?xml"):
        return Kind.XML
    return by_name or Kind.TEXT


def _looks_like_mail(head: bytes) -> bool:
    """Tell whether it begins with header lines, three of which only messages have together."""
    lines = head.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0].splitlines()[:40]
    if not lines or not all(_MAIL_LINE.match(line) for line in lines if line):
        return False
    known = {name for line in lines for name in _MAIL_HEADERS if line.lower().startswith(name)}
    return len(known) >= 3  # noqa: PLR2004 - `Date:` and `To:` also open minutes and letters


_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b\x08")
"""C0 controls that no text holds."""


def _reads_as_text(head: bytes) -> bool:
    """Tell text from binary: a mark of UTF, UTF-16/32's regular NULs, or few control characters."""
    if head.startswith(_TEXT_MARKS):
        return True
    if b"\0" in head:
        return _is_wide(head)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls <= len(head) * _MOST_CONTROLS


def _is_wide(head: bytes) -> bool:
    """Tell UTF-16 or UTF-32 without a mark by the regular places of its NULs."""
    even, odd = head[::2], head[1::2]
    shares = sorted((even.count(0) / max(1, len(even)), odd.count(0) / max(1, len(odd))))
    wide_16 = shares[0] < 0.02 and shares[1] > 0.6  # noqa: PLR2004 - measured on Western and CJK samples
    wide_32 = head.count(0) / len(head) > 0.7  # noqa: PLR2004 - three of four bytes
    return wide_16 or wide_32
