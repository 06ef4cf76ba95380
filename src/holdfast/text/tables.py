"""Read the rows of a table with the names of their columns."""

from __future__ import annotations

import re
from itertools import pairwise

from holdfast.domain.prompts import Passage
from holdfast.text.identifiers import identifier_keys
from holdfast.text.numbers import quantities
from holdfast.text.sentences import Kind, Sentence, is_row, split_sentences


def header_of(passage: Passage) -> str:
    """Return the header row of a passage's table: from its context, else the first row if it only names.

    A first row names columns when a drawn line follows it, when it alone holds no number or code, or when
    it alone holds no number and its first cell no code (`Fastener | GP-40 | GP-63`).
    """
    above = [line for line in passage.context.splitlines() if is_row(line)]
    if above:
        return above[-1].strip()
    for row, following in pairwise(split_sentences(passage.text)):
        if row.kind is Kind.ROW:
            return row.text if _names_columns(row.text, following) else ""
    return ""


def cells_of(row: str) -> list[str]:
    """Return the cells of a row."""
    return [cell.strip() for cell in re.split(r"\t|\|", row.strip().strip("|"))]


def spoken(header: str, row: str) -> str:
    """Return a row as words: each cell behind the name of its column (`Torque: 24 Nm`), the first cell bare.

    A row without a header, or with another number of cells, gives its cells alone.
    """
    labels, cells = cells_of(header), cells_of(row)
    if len(labels) != len(cells):
        return ", ".join(filter(None, cells))
    rest = (f"{_words(label)}: {cell}" for label, cell in zip(labels[1:], cells[1:], strict=True) if cell)
    return ", ".join([cells[0], *rest])


def _words(label: str) -> str:
    return label.replace("_", " ").strip()


def _names_columns(row: str, following: Sentence) -> bool:
    if following.kind is Kind.RULE:
        return True
    if following.kind is not Kind.ROW or quantities(row):
        return False
    holds_codes = bool(identifier_keys(row))
    if not holds_codes and identifier_keys(following.text):
        return True
    is_keyed = bool(identifier_keys(cells_of(row)[0]))
    return not is_keyed and bool(quantities(following.text))
