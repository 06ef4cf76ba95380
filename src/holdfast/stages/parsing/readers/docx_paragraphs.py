"""The text of a Word paragraph, what a reader does not see told from what he sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.xml import attribute, child, local

_SKIPPED = frozenset(
    {"pPr", "rPr", "txbxContent", "Fallback", "instrText", "fldData", "sdtPr", "annotationRef", "rt"}
)
_DELETED = frozenset({"del", "moveFrom"})
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "", "ptab": "\t"}
_OFF = ("0", "false", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a paragraph."""

    text: str
    hidden: bool = False
    """Hidden font, or deleted under tracked changes."""


def runs_of(paragraph: Element, *, hidden: bool = False) -> Iterator[Run]:
    """Yield the text of a paragraph in order; text boxes anchored in it are not part of it."""
    for element in paragraph:
        name = local(element)
        if name in _SKIPPED:
            continue
        if name in ("t", "delText"):
            yield Run(text=element.text or "", hidden=hidden or name == "delText")
        elif name in _MARKS:
            yield Run(text=_MARKS[name], hidden=hidden)
        elif name in ("footnoteReference", "endnoteReference"):
            yield Run(text=f"[{attribute(element, 'id')}]", hidden=hidden)
        elif name == "oMath":
            yield Run(text=_equation(element), hidden=hidden)
        else:
            yield from runs_of(element, hidden=hidden or name in _DELETED or _is_vanished(element))


def _is_vanished(run: Element) -> bool:
    vanish = child(run, "rPr", "vanish")
    return vanish is not None and attribute(vanish, "val") not in _OFF


def _equation(element: Element) -> str:
    """Return an equation's characters in order: enough to be found, not to be computed."""
    return "".join(inner.text or "" for inner in element.iter() if local(inner) == "t")
