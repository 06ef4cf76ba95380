"""Mail a notice."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

from holdfast.declaring.review import MailSettings
from holdfast.errors import ProviderUnavailable
from holdfast.reviewing.secrets import secret

STAGE = "review"


def recipients(settings: MailSettings, to: str, *, is_for_reviewers: bool) -> tuple[str, ...]:
    """Return the addresses of a user, or of all reviewers; none for a user whose address is not declared."""
    if to in settings.addresses:
        return (settings.addresses[to],)
    return settings.to if is_for_reviewers else ()


def mail(settings: MailSettings, told: Mapping[str, Any], to: Sequence[str], *, key: str) -> None:
    """Send one notice; raise ProviderUnavailable when the server does not take it for every address.

    Its Message-ID is made of the key, so that a mail program shows one that was sent twice once.
    """
    message = message_of(settings, told, to, key=key)
    try:
        with _connected(settings) as server:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                word = secret(settings.password_env, wanted_by="review.notify.email.password_env")
                server.login(settings.user, word)
            refused = server.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise _unavailable(settings, f"refuses the mail (status {error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise _unavailable(settings, f"takes none of the addresses (status {codes})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise _unavailable(settings, f"cannot be reached ({type(error).__name__})") from None
    if refused:
        codes = sorted({code for code, _ in refused.values()})
        raise _unavailable(settings, f"takes not all of the addresses (status {codes})")


def message_of(
    settings: MailSettings, told: Mapping[str, Any], to: Sequence[str], *, key: str
) -> EmailMessage:
    """Return the mail: who is told what, with the link; a case's texts stay in the workbench."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = ", ".join(to)
    message["Subject"] = _line(f"[{told['workflow']}] {told['title']}")
    message["Date"] = format_datetime(datetime.now(UTC))
    host = settings.sender.partition("@")[2]
    message["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:32]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(f"{line}" for line in told["lines"]) + "\n")
    return message


def _connected(settings: MailSettings) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_s, context=ssl.create_default_context()
        )
    return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)


def _line(text: str) -> str:
    """Return the text as one line: a line's end in a header would begin another header."""
    return " ".join(text.split())


def _unavailable(settings: MailSettings, what: str) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"the mail server {settings.host} {what}",
        stage=STAGE,
        move="It is tried again; see review.notify.email.",
    )
