"""Where a message in HTML quotes an earlier one: the marks that mail programs leave."""

from __future__ import annotations

from collections.abc import Mapping

_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "zmail_extra")
_IDENTIFIERS = ("divrplyfwdmsg", "appendonsend", "reply-intro", "mail-editor-reference-message-container")


def quotes_earlier(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Return whether an element holds, or introduces, what is quoted of earlier messages."""
    classes = (attributes.get("class") or "").lower().split()
    identifier = (attributes.get("id") or "").lower()
    if tag == "blockquote":
        return attributes.get("type") == "cite" or "cite" in attributes or any(map(_is_mark, classes))
    return any(map(_is_mark, classes)) or any(identifier.endswith(mark) for mark in _IDENTIFIERS)


def _is_mark(name: str) -> bool:
    return any(name.startswith(mark) for mark in _CLASSES)
