"""What the master pages of an OpenDocument presentation show on its slides: fixed texts, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.odf.text import OdfText
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import Block, Unit

_MASTER = "master"
_NO_SHAPES = ("notes", "forms")


def master_texts(package: Package, pages: Sequence[Element], styles: OdfStyles) -> Iterator[Unit]:
    """Yield the texts of each master page with the first slide that shows it.

    What waits to be filled, and the places of footers, dates and numbers, are none of them.
    """
    root = package.optional_xml("styles.xml")
    found = (one for one in root.iter() if local(one) == "master-page") if root is not None else ()
    masters = {attribute(one, "name"): one for one in found}
    seen: set[str] = set()
    for number, page in enumerate(pages, 1):
        master = masters.get(attribute(page, "master-page-name"))
        if master is None or styles.hides_master(page):
            continue
        del masters[attribute(page, "master-page-name")]
        walker = OdfText(styles, place=Locator(slide=number), white=False)
        blocks = [block for shape in master if _is_fixed(shape) for block in _read(walker, shape)]
        new = tuple(block for block in blocks if block.text not in seen)
        seen.update(block.text for block in new)
        if new:
            yield Unit(key=f"master of slide {number}", blocks=new)


def _is_fixed(shape: Element) -> bool:
    return (
        local(shape) not in _NO_SHAPES
        and not attribute(shape, "class")
        and not attribute(shape, "placeholder")
    )


def _read(walker: OdfText, shape: Element) -> Iterator[Block]:
    holder = Element("holder")
    holder.append(shape)
    for block in walker.blocks(holder):
        yield replace(block, locator=replace(block.locator, part=block.locator.part or _MASTER))
