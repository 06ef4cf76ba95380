"""The words of diagrams in Office files: of SmartArt drawings, of charts their names and values."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local, shown

CHART, DIAGRAM = "chart", "diagram"
_CACHES = ("strCache", "strLit", "numCache", "numLit")


def diagrams(package: Package, path: str, holder: Element, *, but: str = "") -> Iterator[tuple[str, str]]:
    """Yield the kind and the words of each diagram that an element of a part holds, a line for each thing.

    What stands in elements named `but` is left out.
    """
    related = package.related(path)
    for element in shown(holder, but=but):
        is_chart = local(element) == CHART
        link = attribute(element, "id") if is_chart else attribute(element, "dm")
        root = package.optional_xml(related[link][1]) if link in related else None
        texts = [_words(inner) for inner in root.iter()] if root is not None else []
        text = "\n".join(dict.fromkeys(text for text in texts if text.strip()))
        if text:
            yield CHART if is_chart else DIAGRAM, text


def _words(element: Element) -> str:
    if local(element) == "p":
        return "".join(inner.text or "" for inner in element.iter() if local(inner) == "t")
    if local(element) in _CACHES:
        return " | ".join(inner.text or "" for inner in element.iter() if local(inner) == "v")
    return ""
