"""Read the rows of a table with the names of their columns."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from holdfast.domain.prompts import Passage
from holdfast.text.identifiers import identifier_keys
from holdfast.text.numbers import quantities
from holdfast.text.sentences import Kind, Sentence, is_row, split_sentences
from holdfast.text.words import content_stems


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


def empty_column(header: str, row: str, asked: frozenset[str]) -> str:
    """Return the name of the column that is asked for by these stems and whose cell is empty in a row.

    Empty where no column is asked for, or one of them holds something; a row may end before its header does.
    """
    own, cells = frozenset(content_stems(row)), cells_of(row)
    wanted = [
        (label.replace("_", " "), cells[at] if at < len(cells) else "")
        for at, label in enumerate(cells_of(header))
        if (said := frozenset(content_stems(label.replace("_", " ")))) and said <= asked - own
    ]
    return wanted[0][0] if wanted and not any(cell for _, cell in wanted) else ""


@lru_cache(maxsize=1 << 9)
def lacks_cell(text: str, header: str, asked: frozenset[str]) -> bool:
    """Return whether the rows of a table that hold most of what is asked are empty in the asked column."""
    rows = [piece.text for piece in split_sentences(text) if piece.kind is Kind.ROW and piece.text != header]
    held = {row: len(asked & frozenset(content_stems(row))) for row in rows}
    most = max(held.values(), default=0)
    return most > 0 and all(empty_column(header, row, asked) for row in rows if held[row] == most)


def spoken(header: str, row: str) -> str:
    """Return a row as words: each cell behind the name of its column (`Torque: 24 Nm`), the first cell bare.

    A row without a header, or with another number of cells, gives its cells alone.
    """
    labels, cells = cells_of(header), cells_of(row)
    if len(labels) != len(cells):
        return ", ".join(filter(None, cells))
    rest = (f"{_words(label)}: {cell}" for label, cell in zip(labels[1:], cells[1:], strict=True) if cell)
    return ", ".join([cells[0], *rest])


def _stands_over_figures(row: str, below: str) -> bool:
    """Return whether a row with figures names columns: each in words, over cells that are figures alone.

    `Zone | up to 100 kg EUR | up to 500 kg EUR` over `1 North | 51.00 | 119.00`.
    """
    labels, cells = cells_of(row), cells_of(below)
    if len(labels) != len(cells) or not all(_LETTER.search(label) for label in labels if label):
        return False
    over = [label for label, cell in zip(labels, cells, strict=True) if _FIGURE.fullmatch(cell)]
    return any(quantities(label) for label in over)


_LETTER = re.compile(r"[^\W\d_]")
_FIGURE = re.compile(r"[-+]?\d[\d.,' ]*%?")


def _words(label: str) -> str:
    return label.replace("_", " ").strip()


def _names_columns(row: str, following: Sentence) -> bool:
    if following.kind is Kind.RULE:
        return True
    if following.kind is not Kind.ROW:
        return False
    if quantities(row):
        return _stands_over_figures(row, following.text)
    holds_codes = bool(identifier_keys(row))
    if not holds_codes and identifier_keys(following.text):
        return True
    is_keyed = bool(identifier_keys(cells_of(row)[0]))
    return not is_keyed and bool(quantities(following.text))
