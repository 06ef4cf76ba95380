"""What is known of an open element of a page: how it is seen, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.stages.parsing.readers.web.hiding import Look, StyleSheet, look_of
from holdfast.stages.parsing.readers.web.mathml import is_spoken
from holdfast.stages.parsing.readers.web.names import BREAKS, DRAWING, INERT
from holdfast.stages.parsing.readers.web.quotes import quotes_earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An open element."""

    tag: str
    look: Look
    quoted: bool
    """It holds an earlier message that this one quotes."""
    spoken: bool = False
    """It holds a formula for those who listen, which is drawn beside it."""
    aside: bool = False
    """It is hidden in the midst of a line that is seen, which goes on behind it."""

    inert: bool = False
    """What stands in it takes part in nothing: neither its styles nor its pictures."""
    drawn: bool = False
    """It is part of a drawing."""

    @property
    def parts(self) -> tuple[bool, bool]:
        """Return what parts blocks where it changes."""
        return self.look.hidden and not self.aside, self.quoted


OUTSIDE = Element(tag="", look=Look(), quoted=False)


def opened(
    tag: str, attributes: Mapping[str, str | None], around: Element, sheet: StyleSheet, *, in_mail: bool
) -> Element:
    """Return the element that a tag opens within another."""
    look = look_of(tag, attributes, around.look, sheet)
    begins_unseen = look.hidden and not around.look.hidden
    return Element(
        tag=tag,
        look=look,
        quoted=around.quoted or (in_mail and quotes_earlier(tag, attributes)),
        inert=around.inert or tag in INERT,
        drawn=tag == DRAWING or (around.drawn and tag != "foreignobject"),
        spoken=around.spoken or is_spoken(tag, attributes),
        aside=look.hidden and (around.aside or (begins_unseen and tag not in BREAKS)),
    )
