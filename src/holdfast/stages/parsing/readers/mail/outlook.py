"""Messages as Outlook keeps them: the body plain, as a page or as packed RTF; messages inside as mail."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage

from holdfast.stages.parsing.readers.mail.compressed_rtf import decompressed
from holdfast.stages.parsing.readers.mail.quotes import text_blocks
from holdfast.stages.parsing.readers.mail.tnef import PackedFile, unpacked
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.readers.word import rtf
from holdfast.stages.parsing.readers.word.rtf_html import html_in
from holdfast.stages.parsing.units import Reading, ReadingLimits, Unit

_DEEPEST = 3
_MOST_FILES = 100


def body_of(text: str, page: bytes, packed: bytes, encoding: str, limits: ReadingLimits) -> Reading:
    """Yield the plain text, else the HTML, else the text of the packed RTF."""
    if text.strip():
        yield Unit(key="body", blocks=text_blocks(text))
        return
    plain_rtf = decompressed(packed, most=limits.max_chars)
    if not page and b"\\fromhtml1" in plain_rtf[:2000]:
        page = html_in(plain_rtf)
    if page:
        yield from _named(html.read_text(decode(page, declared=encoding), part="body"))
    elif plain_rtf:
        yield from _named(rtf.read_part(plain_rtf, part="body"))


def shown_in_body(text: str, page: bytes, packed: bytes, encoding: str) -> str:
    """Return what such a body shows, as one text."""
    reading = body_of(text, page, packed, encoding, ReadingLimits())
    blocks = (block for found in reading if isinstance(found, Unit) for block in found.blocks)
    return "\n\n".join("\n".join(block.rows) or block.text for block in blocks if not block.hidden)


def packed_file(file: PackedFile, number: int, *, depth: int = 1) -> tuple[str, bytes]:
    """Return name and content of a file in `winmail.dat`; a message in it as the mail that it was."""
    inner = unpacked(file.data) if file.is_message and depth <= _DEEPEST else None
    if inner is None:
        return file.name or f"packed {number}", file.data
    mail = EmailMessage()
    with contextlib.suppress(ValueError):
        mail["Subject"] = " ".join(inner.subject.split())
    text = shown_in_body(inner.text, inner.page, inner.rtf, inner.encoding)
    if more := len(inner.files[_MOST_FILES:]):
        text += f"\n\n[not read: {more} further files in this message]"
    mail.set_content(text)
    for place, one in enumerate(inner.files[:_MOST_FILES], 1):
        name, data = packed_file(one, place, depth=depth + 1)
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return f"{file.name or inner.subject.strip() or f'message {number}'}.eml", mail.as_bytes()


def _named(reading: Reading) -> Reading:
    for found in reading:
        if isinstance(found, Unit):
            yield Unit(key="body", blocks=found.blocks)
