"""Reviewers' comments on slides: read, and hidden, since the show does not have them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import Block

_AUTHORS = ("commentAuthors", "authors")
_COMMENTS = ("comments", "comment")


class Comments:
    """Knows the authors; finds the comments of a slide, of older and newer files."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._authors: dict[str, str] = {}
        for kind, path in package.related(main).values():
            root = package.optional_xml(path) if kind in _AUTHORS else None
            for author in root if root is not None else ():
                self._authors[author.get("id", "")] = author.get("name", "")

    def blocks(self, slide: str, number: int) -> Iterator[Block]:
        """Yield each comment and each reply as hidden text of the slide."""
        for kind, path in self._package.related(slide).values():
            root = self._package.optional_xml(path) if kind in _COMMENTS else None
            for element in root.iter() if root is not None else ():
                if local(element) in ("cm", "reply") and (text := _text(element).strip()):
                    author = self._authors.get(attribute(element, "authorId"), "")
                    shown = f"{author}: {text}" if author else text
                    yield Block(text=shown, locator=Locator(slide=number, part="comment"), hidden=True)


def _text(comment: Element) -> str:
    """Return a comment's own words, not those of the replies in it."""
    pieces: list[str] = []
    for element in comment:
        name = local(element)
        if name in ("text", "t"):
            pieces.append(element.text or "")
        elif name not in ("replyLst", "reply", "cm"):
            pieces.append(_text(element))
    return "".join(pieces)
