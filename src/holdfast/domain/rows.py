"""Rows that a declared lookup returned: evidence that stands in no document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.domain.locators import NOWHERE, Locator

CUT = "rows, cut"
"""Ends what a lookup says that had more rows than its limit."""
HOLDS_NOTHING_FOR = "it holds nothing for"
"""Begins what a lookup says that ran and found no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a lookup's result."""

    lookup: str
    """Name of the lookup; as a citation's document it reads `lookup:NAME`."""
    values: Mapping[str, str]
    """Column to value, as text, in the query's order."""
    locator: Locator = NOWHERE
    """`row` is set."""

    @property
    def document(self) -> str:
        """Return the name under which the row is cited."""
        return f"lookup:{self.lookup}"

    @property
    def text(self) -> str:
        """Return the row as one line, `column: value; column: value`."""
        return "; ".join(f"{column}: {value}" for column, value in self.values.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the lookups brought for one item."""

    rows: tuple[Row, ...] = ()
    skipped: tuple[str, ...] = ()
    """Lookups that were not run, and why (`orders: the item holds no order number`)."""
    failed: tuple[str, ...] = ()
    """Names of those that were run and failed."""

    @property
    def cut(self) -> tuple[str, ...]:
        """Return what the rows of those lookups are cited as that had more rows than their limit."""
        return tuple(f"lookup:{one.partition(':')[0]}" for one in self.skipped if one.endswith(CUT))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the lookups that know nothing of what the item names: a person may have mistyped it."""
        return tuple(one for one in self.skipped if f": {HOLDS_NOTHING_FOR} " in one)
