"""Render a paper as a mail with fixed ids, dates and boundaries."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from source.blocks import Paper

HEADERS = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References")
KINDS = {"pdf": ("application", "pdf"), "csv": ("text", "csv")}


def mail_bytes(paper: Paper, attachments: dict[str, bytes]) -> bytes:
    """The EML of one mail; the same mail gives the same bytes."""
    message = EmailMessage(policy=SMTP)
    for name in HEADERS:
        if name in paper.info:
            message[name] = str(paper.info[name])
    message.set_content(paper.body, cte="quoted-printable")
    for name, content in attachments.items():
        maintype, subtype = KINDS[name.rsplit(".", 1)[1]]
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    if attachments:
        message.set_boundary("=_tarnmoor_" + str(paper.info["Message-ID"]).strip("<>").split("@")[0])
    return message.as_bytes()
