"""Which elements of HTML break lines, hold nothing, are never closed, or end others."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.symbols import TICKED, UNTICKED

DROPPED = frozenset({"script", "style", "iframe"})
INERT = ("template", "noscript")
"""What a program puts in later, or shows where no program runs."""
UNSHOWN = frozenset({*INERT, "canvas", "audio", "video"})
"""Their text is for browsers that do without what is shown in its place."""
DRAWING = "svg"
UNDRAWN = frozenset({"defs", "symbol", "clippath", "mask", "pattern", "marker", "metadata"})
"""Parts of a drawing that are not shown where they stand."""
_WORDS_DRAWN = ("text", "title", "desc")
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
        "dialog", "body", "html", "pre", "hr", "li", "table", "tr", "option", "optgroup", "select",
        "caption", "title",
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


def begins_words(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Return whether an element of a drawing holds words apart from those before it."""
    return tag in _WORDS_DRAWN or (tag == "tspan" and any(name in attributes for name in ("x", "y", "dy")))


def said_of_page(attributes: Mapping[str, str | None]) -> tuple[str, str] | None:
    """Return name and value of the property that a `meta` gives, None when it is none that is kept."""
    names = (attributes.get(name) for name in ("name", "property", "http-equiv"))
    name = next(filter(None, names), "").lower()
    content = clipped(attributes.get("content") or "")
    return (KEPT_META[name], content) if name in KEPT_META and content else None


def shown_by(tag: str, attributes: Mapping[str, str | None]) -> str:
    """Return the words that an element shows and does not hold: for a picture, in a field, on a button."""
    if tag in ("img", "area"):
        return attributes.get("alt") or ""
    if tag == "optgroup":
        return attributes.get("label") or ""
    if tag == "option":
        return TICKED if "selected" in attributes else ""
    return _shown_in_field(attributes) if tag == "input" else ""


def _shown_in_field(attributes: Mapping[str, str | None]) -> str:
    kind = (attributes.get("type") or "").lower()
    if kind in ("checkbox", "radio"):
        is_switch = attributes.get("role") == "button"  # of a menu, drawn as an arrow
        return "" if is_switch else TICKED if "checked" in attributes else UNTICKED
    if kind == "image":
        return attributes.get("alt") or ""
    if kind in SHOWN_INPUTS:
        return attributes.get("value") or attributes.get("placeholder") or ""
    return ""
