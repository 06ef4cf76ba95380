"""What the cells of an XLSX sheet ask of those who fill them in: the message shown when one is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.left_out import LeftOut
from holdfast.stages.parsing.readers.sheets.blocks import Sheet
from holdfast.stages.parsing.units import Block

_PART = "comment"
_RULE = re.compile(rb"<(?:\w+:)?dataValidation\s([^<>]{0,4000})>")
_ATTRIBUTE = re.compile(r'([A-Za-z]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')
_CELL = re.compile(r"[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?")
_MOST_RULES = 5_000


def asked(data: bytes, sheet: Sheet, left_out: LeftOut) -> Iterator[Block]:
    """Yield each different message with the cells it belongs to, hidden as comments are."""
    seen: set[str] = set()
    for number, rule in enumerate(_RULE.finditer(data)):
        if number == _MOST_RULES:
            left_out.add(f"what cells ask beyond {_MOST_RULES:,} rules on sheet {sheet.name}")
            return
        told = rule[1].decode("utf-8", errors="replace")
        facts = {match[1]: unescape(match[2] or match[3] or "") for match in _ATTRIBUTE.finditer(told)}
        parts = (facts.get(name, "").replace("_x000a_", "\n").strip() for name in ("promptTitle", "prompt"))
        text = ": ".join(filter(None, parts))
        if text and text not in seen:
            seen.add(text)
            cells = _CELL.match(facts.get("sqref", ""))
            place = Locator(sheet=sheet.name, cells=cells[0] if cells else None, part=_PART)
            yield Block(text=text, locator=place, hidden=True)
