"""Which elements of HTML break lines, hold nothing, are never closed, or end others."""

from __future__ import annotations

from collections.abc import Mapping

DROPPED = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "canvas"})
VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr",
    }
)  # fmt: skip
SHOWN_INPUTS = frozenset(
    {
        "", "text", "search", "email", "url", "tel", "number", "date", "time", "month", "week",
        "datetime-local", "button", "submit", "reset",
    }
)  # fmt: skip
"""Kinds of fields and buttons that show their value."""
TABLE_TAGS = frozenset({"table", "tr", "td", "th"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BREAKS = frozenset(
    {
        "p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "ul", "ol", "dl", "dd",
        "dt", "blockquote", "figure", "figcaption", "form", "fieldset", "address", "details", "summary",
        "dialog", "body", "html", "pre", "hr", "li", "table", "tr", "option", "select", "caption", "title",
        *HEADINGS,
    }
)  # fmt: skip
ENDS_OF = {
    "p": frozenset({"p"}),
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
    "option": frozenset({"option"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "tr": frozenset({"td", "th", "tr", "p"}),
}
"""Open elements that a new element of this name ends without a tag of their own."""
KEPT_META = {
    "author": "author",
    "description": "description",
    "keywords": "keywords",
    "date": "created",
    "dcterms.created": "created",
    "dcterms.modified": "modified",
    "article:published_time": "created",
    "article:modified_time": "modified",
    "last-modified": "modified",
    "status": "status",
    "version": "version",
}


def shown_by(tag: str, attributes: Mapping[str, str | None]) -> str:
    """Return the words that an element shows and does not hold: for a picture, in a field, on a button."""
    if tag == "img":
        return attributes.get("alt") or ""
    if tag == "input" and (attributes.get("type") or "").lower() in SHOWN_INPUTS:
        return attributes.get("value") or ""
    return ""
