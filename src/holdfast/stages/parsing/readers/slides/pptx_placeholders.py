"""Placeholders of slides, and which one of a layout or master they follow."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.xml import child


def placeholder_of(shape: Element) -> Element | None:
    """Return what says that a shape is a placeholder, None where it is none."""
    facts = (child(shape, name, "nvPr", "ph") for name in ("nvSpPr", "nvPicPr"))
    return next((one for one in facts if one is not None), None)


def same_place(one: Element, other: Element) -> bool:
    """Return whether two placeholders go together: by number, else by kind."""
    if one.get("idx") is not None and one.get("idx") == other.get("idx"):
        return True
    kinds = {one.get("type", "body"), other.get("type", "body")}
    return len(kinds) == 1 or kinds == {"ctrTitle", "title"}
