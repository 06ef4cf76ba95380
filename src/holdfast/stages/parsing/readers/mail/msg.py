"""MSG: an Outlook message as the same parts that mail has; messages inside become mail of their own.

Layout from Microsoft's open specification [MS-OXMSG].
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.mail.headers import headers_block
from holdfast.stages.parsing.readers.mail.msg_properties import MsgProperties
from holdfast.stages.parsing.readers.mail.outlook import body_of, shown_in_body
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.units import (
    Attached,
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Unit,
    Unreadable,
    Verdict,
)

_MOST_ATTACHMENTS = 100
_DEEPEST = 3
_EMBEDDED = 5
"""Method of an attachment that is a message itself."""
_INNER = "__substg1.0_3701000d"
"""Storage of the message that an attachment is."""
_TIMES = (0x0039, 0x0E06, 0x3007)
"""Sent, delivered, created."""
_KEPT = {
    "subject": 0x0037,
    "to": 0x0E04,
    "cc": 0x0E03,
    "bcc": 0x0E02,
    "message-id": 0x1035,
    "in-reply-to": 0x1042,
    "references": 0x1039,
}
_MORE = {
    "company": 0x3A16,
    "job title": 0x3A17,
    "phone": 0x3A08,
    "mobile": 0x3A1C,
    "address": 0x3A15,
    "name": 0x3001,
}
"""What contacts hold instead of a body."""
_ENCRYPTED = "ipm.note.smime"
_SIGNED = "multipartsigned"


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield headers, then body and quotes, then the attachments; an encrypted message is no message."""
    ole = OleFile(data)
    message = MsgProperties(ole)
    kind = message.text(0x001A).lower()
    if (kind.startswith(_ENCRYPTED) and _SIGNED not in kind) or _holds_cipher(ole):
        raise Unreadable(
            ParseStatus.ENCRYPTED,
            "the message is encrypted, only its envelope is readable. Save it decrypted and sync again",
        )
    values = _values(message)
    yield Properties(values=values | _as_document(values, message))
    yield Unit(key="headers", blocks=(headers_block(values),))
    yield from _body(message, limits)
    if kind.startswith("ipm.contact"):
        yield Unit(key="contact", blocks=tuple(_contact(message)))
    yield from _attachments(ole, "")


def _holds_cipher(ole: OleFile) -> bool:
    """Tell a message whose body is an attachment that only its recipient can read."""
    kinds = {MsgProperties(ole, f"{path}/").text(0x370E).lower() for path in _attached(ole, "")}
    return "application/pgp-encrypted" in kinds


def _values(message: MsgProperties) -> dict[str, str]:
    """Return the headers that mail has, from what the sender's program or the server wrote."""
    values = {name: message.text(number) for name, number in _KEPT.items()}
    values["from"] = message.sender()
    values |= message.recipients()
    values["date"] = _mail_date(message)
    return {key: " ".join(value.split()) for key, value in values.items() if value.strip()}


def _mail_date(message: MsgProperties) -> str:
    moment = _moment(message)
    return format_datetime(moment) if moment else ""


def _moment(message: MsgProperties) -> datetime | None:
    for number in _TIMES:
        if written := message.time(number):
            with contextlib.suppress(ValueError):
                return datetime.fromisoformat(written)
    return None


def _as_document(values: dict[str, str], message: MsgProperties) -> dict[str, str]:
    moment = _moment(message)
    known = {
        "title": values.get("subject", ""),
        "author": values.get("from", ""),
        "created": moment.isoformat() if moment else "",
    }
    return {key: value for key, value in known.items() if value}


def _body(message: MsgProperties, limits: ReadingLimits) -> Reading:
    text, page, packed = message.text(0x1000), message.binary(0x1013), message.binary(0x1009)
    yield from body_of(text, page, packed, message.codepage, limits)


def _contact(message: MsgProperties) -> Iterator[Block]:
    for name, number in _MORE.items():
        if value := message.text(number).strip():
            yield Block(text=f"{name}: {value}", locator=Locator(part="body"))


# --- attachments


def _attachments(ole: OleFile, prefix: str) -> Reading:
    names = _attached(ole, prefix)
    for number, path in enumerate(names[:_MOST_ATTACHMENTS], 1):
        found = _attachment(ole, f"{path}/", number, depth=0)
        if found is not None:
            yield found
    if len(names) > _MOST_ATTACHMENTS:
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"only {_MOST_ATTACHMENTS} of {len(names)} attachments were read. Save the others apart",
        )


def _attachment(ole: OleFile, prefix: str, number: int, *, depth: int) -> Attached | None:
    """Return a file or message inside; a picture that belongs to the layout is none."""
    properties = MsgProperties(ole, prefix)
    name = properties.text(0x3707) or properties.text(0x3704) or properties.text(0x3001)
    name = re.sub(r"[\x00-\x1f/\\]+", "_", name).strip(". ")[:150]
    if _is_message(ole, prefix):
        if depth >= _DEEPEST:
            return None
        data = _as_mail(ole, f"{prefix}{_INNER}/", depth=depth + 1)
        return Attached(name=f"{name or f'message {number}'}.eml", data=data)
    data = properties.binary(0x3701)
    is_layout = properties.text(0x3712) and properties.text(0x370E).startswith("image/")
    if not data or is_layout:
        return None
    return Attached(name=name or f"attachment {number}", data=data)


def _as_mail(ole: OleFile, prefix: str, *, depth: int) -> bytes:
    """Return a message inside as the mail that it was, so that it is read and cited as such."""
    properties = MsgProperties(ole, prefix)
    mail = EmailMessage()
    for name, value in _values(properties).items():
        with contextlib.suppress(ValueError):
            mail[name.title()] = value
    page = properties.binary(0x1013)
    text = properties.text(0x1000)
    if not text.strip() and not page:
        text = shown_in_body("", b"", properties.binary(0x1009), properties.codepage)
    names = _attached(ole, prefix)
    unread = _unread(ole, names, depth)
    mail.set_content(text + unread)
    if page and not text.strip():
        mail.set_content(decode(page, declared=properties.codepage) + unread, subtype="html")
    for number, path in enumerate(names[:_MOST_ATTACHMENTS], 1):
        found = _attachment(ole, f"{path}/", number, depth=depth)
        if found is not None:
            mail.add_attachment(
                found.data, maintype="application", subtype="octet-stream", filename=found.name
            )
    return mail.as_bytes()


def _unread(ole: OleFile, names: list[str], depth: int) -> str:
    """Return a line that says how many attachments of a message inside are not read, empty when all are."""
    deeper = (depth >= _DEEPEST and _is_message(ole, f"{path}/") for path in names[:_MOST_ATTACHMENTS])
    more = sum(deeper) + len(names[_MOST_ATTACHMENTS:])
    return f"\n\n[not read: {more} further files in this message]" if more else ""


def _is_message(ole: OleFile, prefix: str) -> bool:
    is_embedded = MsgProperties(ole, prefix).whole(0x3705) == _EMBEDDED
    return is_embedded and ole.is_storage(f"{prefix}{_INNER}")


def _attached(ole: OleFile, prefix: str) -> list[str]:
    pattern = re.compile(rf"{re.escape(prefix)}__attach_version1\.0_#\w+")
    return sorted(name for name in ole.names() if pattern.fullmatch(name))
