"""EPUB: the chapters in reading order, each under its headings; never an invented page."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.readers.xml import attribute, child, local
from holdfast.stages.parsing.units import (
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    Verdict,
    malformed,
)

_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "image/svg+xml")
_NAVIGATION = "nav"
_MOST_NAMED = 10
_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "date": "created",
    "language": "language",
    "subject": "subject",
    "description": "description",
    "publisher": "publisher",
}
_FONTS = re.compile(rb"Algorithm=[\"']([^\"']+)[\"']")
_FONT_ALGORITHMS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each chapter; one that is missing or damaged is named, not lost."""
    package = Package(data, limits)
    _refuse_locked(package)
    path, root = _book(package)
    chapters = list(_chapters(path, root))
    yield Size(units=len(chapters), text_bytes=sum(package.size(chapter) for chapter in chapters))
    if properties := _properties(root):
        yield Properties(values=properties)
    titles = dict(_titles(package))
    lost = []
    for number, chapter in enumerate(chapters, 1):
        try:
            text = decode(package.read(chapter))
        except Unreadable:
            lost.append(str(number))
            continue
        yield Unit(key=f"chapter {number}", blocks=tuple(_blocks(text, titles.get(chapter, ""))))
    if lost:
        yield Verdict(
            status=ParseStatus.PARTIAL if len(lost) < len(chapters) else ParseStatus.MALFORMED,
            reason=f"chapter {_named(lost)} of {len(chapters)} could not be read. Get the book anew",
        )


def _named(lost: list[str]) -> str:
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    return ", ".join(lost[:_MOST_NAMED]) + more


def _refuse_locked(package: Package) -> None:
    """Tell a book under copy protection from one whose fonts only are scrambled."""
    if package.has("META-INF/rights.xml"):
        raise _locked()
    if package.has("META-INF/encryption.xml"):
        algorithms = _FONTS.findall(package.read("META-INF/encryption.xml"))
        if any(algorithm not in _FONT_ALGORITHMS for algorithm in algorithms):
            raise _locked()


def _locked() -> Unreadable:
    return Unreadable(ParseStatus.ENCRYPTED, "the book is copy-protected. Get it without protection")


def _book(package: Package) -> tuple[str, Element]:
    """Return path and root of the part that lists the chapters."""
    container = package.optional_xml("META-INF/container.xml")
    named = [attribute(item, "full-path") for item in _all(container) if local(item) == "rootfile"]
    named += [name for name in package.names() if name.lower().endswith(".opf")]
    for path in named:
        root = package.optional_xml(path)
        if root is not None:
            return path, root
    raise malformed("its list of chapters is missing")


def _chapters(path: str, root: Element) -> Iterator[str]:
    """Yield the parts of the book in reading order, then pages that only links lead to.

    One that the order names and the book does not hold comes as it is named. The table of contents is
    one of the parts where the order names it.
    """
    items: dict[str, str] = {}
    unordered: list[str] = []
    for item in _all(child(root, "manifest")):
        target, kind = _resolved(path, attribute(item, "href")), attribute(item, "media-type")
        if local(item) != "item" or not target:
            continue
        is_page = kind in _PAGES or target.lower().endswith((".xhtml", ".html", ".htm"))
        items[attribute(item, "id")] = target if is_page else ""
        if is_page and kind != _PAGES[-1] and _NAVIGATION not in attribute(item, "properties").split():
            unordered.append(target)
    spine = [attribute(entry, "idref") for entry in _all(child(root, "spine")) if local(entry) == "itemref"]
    ordered = [items.get(identifier, identifier) for identifier in spine] or list(items.values())
    yield from filter(None, ordered)
    known = set(ordered)
    yield from (target for target in unordered if target not in known)


def _properties(root: Element) -> dict[str, str]:
    values: dict[str, str] = {}
    for element in _all(child(root, "metadata")):
        key = _PROPERTIES.get(local(element))
        text = clipped(element.text or "")
        if key and text:
            values.setdefault(key, text)
    return values


def _titles(package: Package) -> Iterator[tuple[str, str]]:
    """Yield part and title of each chapter as the table of contents names it, the first of a part."""
    seen: set[str] = set()
    tables = [name for name in package.names() if name.lower().endswith(".ncx")]
    for table in tables[:1]:
        for point in _all(package.optional_xml(table)):
            if local(point) != "navPoint":
                continue
            content, label = child(point, "content"), child(point, "navLabel", "text")
            target = _resolved(table, attribute(content, "src")) if content is not None else ""
            title = " ".join((label.text or "").split()) if label is not None else ""
            if target and title and target not in seen:
                seen.add(target)
                yield target, title


def _blocks(text: str, title: str) -> Iterator[Block]:
    """Yield a chapter's blocks; what stands before its first heading stands under its listed title."""
    for found in html.read_text(text):
        if not isinstance(found, Unit):
            continue
        for block in found.blocks:
            bare = title and not block.locator.heading
            yield replace(block, locator=replace(block.locator, heading=(title,))) if bare else block


def _resolved(base: str, reference: str) -> str:
    target = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target)) if target else ""


def _all(root: Element | None) -> Iterator[Element]:
    if root is not None:
        yield from root.iter()
