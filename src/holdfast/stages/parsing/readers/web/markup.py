"""The markup of a page made safe to go through, its lines made tidy."""

from __future__ import annotations

import re

_NO_TAG = re.compile(r"<(?![A-Za-z/!?])")

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


def declared_charset(data: bytes) -> str:
    """Return the encoding that a page names in its head, empty when it names none."""
    declared = _CHARSET.search(data[:4096])
    return declared[1].decode("ascii") if declared else ""


def closed(text: str) -> str:
    """Return the page with every `<` that begins no tag written out.

    `html.parser` looks at the rest of the page again for each tag or comment that is never closed: 400 kB
    of them took it minutes.
    """
    last_comment = text.rfind("-->")
    if (place := text.find("<!--", max(0, last_comment))) >= 0:
        text = text[:place] + text[place:].replace("<!--", "&lt;!--")
    last_tag = text.rfind(">") + 1
    text = text[:last_tag] + text[last_tag:].replace("<", "&lt;")
    return _NO_TAG.sub("&lt;", text)


def tidy(line: str) -> str:
    """Return a line with single spaces; the indent of a list's item stays."""
    indent = len(line) - len(line.lstrip(" ")) if line.lstrip().startswith("- ") else 0
    return " " * min(indent, 8) + " ".join(line.split())


def remark(comment: str) -> str:
    """Return what an author says in a comment; nothing of what only old programs read."""
    text = " ".join(comment.split())
    return "" if text.startswith("[") or "<" in text else text
