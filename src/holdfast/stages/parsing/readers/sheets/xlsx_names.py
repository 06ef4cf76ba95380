"""The names that an XLSX workbook gives to values, and what was remarked on its names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import Block

_PART = "name"
_VALUE = re.compile(r'-?\d+(?:\.\d+)?(?:E[+-]?\d+)?%?|TRUE|FALSE|"(?:[^"]|"")+"', re.IGNORECASE)
_ON = ("1", "true")


def names(package: Package, main: str) -> Iterator[Block]:
    """Yield a line for each name of a value (`TaxRate: 0.19`), and of cells where a remark stands with it.

    Names of cells without a remark say nothing that the cells do not; those of programs begin with `_`.
    """
    for element in package.xml(main).iter():
        name = attribute(element, "name")
        if local(element) != "definedName" or name.startswith("_"):
            continue
        value, remark = (element.text or "").strip(), " ".join(attribute(element, "comment").split())
        if not remark and not _VALUE.fullmatch(value):
            continue
        text = value[1:-1].replace('""', '"') if value.startswith('"') else value
        hidden = element.get("hidden") in _ON
        said = f"{name}: {text} ({remark})" if remark else f"{name}: {text}"
        yield Block(text=said, locator=Locator(part=_PART), hidden=hidden)
