"""Messages: headers, body and quoted text apart, attachments handed on."""

from __future__ import annotations

import contextlib
import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import groupby
from mimetypes import MimeTypes

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.mail.bodies import PLAIN, leaves, shown_texts
from holdfast.stages.parsing.readers.mail.headers import headers_block
from holdfast.stages.parsing.readers.mail.outlook import body_of, packed_file
from holdfast.stages.parsing.readers.mail.quotes import text_blocks
from holdfast.stages.parsing.readers.mail.tnef import Packed, unpacked
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.units import (
    Attached,
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Unit,
    Unreadable,
    Verdict,
    malformed,
)

_KEPT = ("subject", "from", "reply-to", "to", "cc", "bcc", "date", "message-id", "in-reply-to", "references")
_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_SHOWN = ("text/plain", "text/html", "message/delivery-status")
_OF_LAYOUT = ("text/css", "text/javascript", "application/javascript", "text/x-amp-html")
_ENDINGS = {"text/calendar": ".ics", "text/markdown": ".md"}
_MOST_ATTACHMENTS = 100
_MOST_MESSAGES = 5000
_BETWEEN_MESSAGES = re.compile(
    rb"(?:\r?\n){2}(?=From \S+ [^\r\n]{0,60}\d\d:\d\d[^\r\n]{0,40}\r?\n)"
    rb"|\r?\n(?=From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d)"
)
"""A line with a time of day, after an empty one; without one only as programs write it."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield headers, then body and quotes, then the attachments; an encrypted message is no message."""
    message = message_from_bytes(data, policy=policy.compat32)
    if not message.keys():
        raise malformed("it has no message headers")
    if message.get_content_type() in _ENCRYPTED and "signed-data" not in str(
        message.get_param("smime-type", "")
    ):
        raise Unreadable(
            ParseStatus.ENCRYPTED,
            "the message is encrypted, only its envelope is readable. Save it decrypted and sync again",
        )
    values = {name: text for name in _KEPT if (text := _header(message, name))}
    yield Properties(values=values | _as_document(values, message))
    yield Unit(key="headers", blocks=(headers_block(values),))
    texts = shown_texts(message, _is_attachment)
    yield from _body(texts)
    yield from _attachments(message, limits, has_text=bool(texts))


def read_mailbox(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the messages of a mailbox file as attachments, so that each is cited as itself."""
    del limits
    messages = _BETWEEN_MESSAGES.split(data)
    for number, stored in enumerate(messages[:_MOST_MESSAGES], 1):
        message = stored.replace(b"\n>From ", b"\nFrom ")  # put there so that it begins no message
        parsed = message_from_bytes(message, policy=policy.compat32)
        yield Unit(key=f"message {number}", blocks=(Block(text=_header(parsed, "subject")),))
        yield Attached(name=f"message {number}.eml", data=message)
    if len(messages) > _MOST_MESSAGES:
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"only {_MOST_MESSAGES} of {len(messages)} messages were read. Split the mailbox",
        )


def _header(message: Message, name: str) -> str:
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
    plain = decode(raw.encode("utf-8", "surrogateescape"))  # bytes that are no ASCII come as surrogates
    return " ".join(_unencoded(plain).split())


def _unencoded(text: str) -> str:
    """Return a header or file name without its `=?utf-8?q?...?=`."""
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, UnicodeError):
        return text


def _as_document(values: dict[str, str], message: Message) -> dict[str, str]:
    """Return the headers under the names that document properties have."""
    known = {"title": values.get("subject", ""), "author": values.get("from", "")}
    with contextlib.suppress(ValueError, TypeError, IndexError):
        known["created"] = parsedate_to_datetime(message.get("date", "")).isoformat()
    return {key: value for key, value in known.items() if value}


def _body(texts: list[tuple[str, str]]) -> Reading:
    """Yield the texts in their order; plain ones that follow each other are read as one."""
    runs = groupby(texts, key=lambda text: text[0])
    for number, (kind, run) in enumerate(runs):
        key = f"body {number + 1}" if number else "body"
        if kind == PLAIN:
            yield Unit(key=key, blocks=text_blocks("\n\n".join(text for _, text in run)))
            continue
        for page, (_, text) in enumerate(run):
            for found in html.read_text(text, part="body"):
                if isinstance(found, Unit):
                    yield Unit(key=f"{key} {page}", blocks=found.blocks)


def _attachments(message: Message, limits: ReadingLimits, *, has_text: bool) -> Reading:
    kept = 0
    for leaf in leaves(message):
        part = leaf.part
        if not _is_attachment(part) or part.get_content_type() in _SIGNATURES:
            continue
        if kept == _MOST_ATTACHMENTS:
            yield _too_many()
            return
        data = _payload(part)
        if (packed := unpacked(data)) is not None and not packed.is_empty:
            yield from _packed(packed, limits, has_text=has_text)
        elif data:
            kept += 1
            yield Attached(name=_name(part, kept), data=data)


def _packed(packed: Packed, limits: ReadingLimits, *, has_text: bool) -> Reading:
    """Yield the text that Outlook packed, where the message has none, and the files in it."""
    if not has_text:
        yield from body_of(packed.text, packed.page, packed.rtf, packed.encoding, limits)
    for number, file in enumerate(packed.files[:_MOST_ATTACHMENTS], 1):
        name, data = packed_file(file, number)
        if data:
            yield Attached(name=_clean(name), data=data)
    if len(packed.files) > _MOST_ATTACHMENTS:
        yield _too_many()


def _too_many() -> Verdict:
    return Verdict(
        status=ParseStatus.PARTIAL,
        reason=f"only {_MOST_ATTACHMENTS} attachments were read. Save the others beside the message",
    )


def _clean(name: str) -> str:
    return re.sub(r"[\x00-\x1f/\\]+", "_", name).strip(". ")[:150]


def _is_attachment(part: Message) -> bool:
    """Tell attachments from the text and from pictures that belong to its layout."""
    kind, disposition = part.get_content_type(), part.get_content_disposition()
    if kind == "message/rfc822" or disposition == "attachment":
        return True
    if part.get_filename():
        return not (kind.startswith("image/") and part.get("content-id"))
    if kind in _SHOWN or kind in _OF_LAYOUT or part.get_content_maintype() == "multipart":
        return False
    return not ("content-id" in part or "content-location" in part)


def _payload(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):  # message/rfc822: the message inside, as it would be saved
        inner = payload[0] if payload else None
        return inner.as_bytes() if isinstance(inner, Message) else b""
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _name(part: Message, number: int) -> str:
    name = _unencoded(part.get_filename() or "")
    name = _clean(name)
    if name:
        return name
    if part.get_content_type() == "message/rfc822":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        subject = _header(inner, "subject") if isinstance(inner, Message) else ""
        return (re.sub(r"[^\w .-]+", "_", subject).strip()[:100] or f"message {number}") + ".eml"
    kind = part.get_content_type()
    return f"attachment {number}{_ENDINGS.get(kind) or _kinds().guess_extension(kind) or ''}"


@cache
def _kinds() -> MimeTypes:
    """Return the library's own table: what a system adds must not decide what an attachment is called."""
    return MimeTypes()
