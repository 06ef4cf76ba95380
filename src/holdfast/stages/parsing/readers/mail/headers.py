"""The header lines that a reader of a message sees first."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.units import Block

_SHOWN = ("Subject", "From", "Reply-To", "To", "Cc", "Bcc", "Date")


def headers_block(values: Mapping[str, str]) -> Block:
    """Return the headers, given by lower-case names, as one block."""
    lines = [f"{name}: {values[name.lower()]}" for name in _SHOWN if values.get(name.lower())]
    return Block(text="\n".join(lines), locator=Locator(part="headers"))
