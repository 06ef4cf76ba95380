"""The canonical text: blocks joined by a known separator, tiled by sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest

from holdfast.domain.documents import Section, SectionKind
from holdfast.stages.parsing.units import Block, Unit

SEPARATOR = "\n\n"
"""Stands between two blocks and belongs to the section before it."""
_WITHIN = "\n"
_UNWANTED = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiled:
    """A text and the sections that tile it."""

    text: str
    sections: tuple[Section, ...]


def tile(units: Iterable[Unit]) -> Tiled:
    """Return the canonical text of the units; its sections cover it without gap or overlap."""
    blocks = [
        cleaned for unit in units for block in unit.blocks if (cleaned := _clean_block(block)) is not None
    ]
    pieces: list[str] = []
    sections: list[Section] = []
    at = 0
    for block, following in zip_longest(blocks, blocks[1:]):
        text = "\n".join(block.rows) if block.kind is SectionKind.TABLE else block.text
        joined = text + _separator(following)
        _append(sections, _section(block, at, at + len(joined)))
        pieces.append(joined)
        at += len(joined)
    return Tiled(text="".join(pieces), sections=tuple(sections))


def merged(unit: Unit) -> Unit:
    """Return the unit with neighbouring text of one place in one block; its canonical text is the same.

    Spares a page of many paragraphs the cost of a block each on its way out of the worker.
    """
    blocks: list[Block] = []
    texts: list[str] = []

    def end_run() -> None:
        if texts:
            blocks[-1] = replace(blocks[-1], text=SEPARATOR.join(texts))
            texts.clear()

    for block in unit.blocks:
        if block.kind is not SectionKind.TEXT:
            end_run()
            blocks.append(block)
            continue
        text = clean(block.text).strip("\n")
        if not text.strip():
            continue
        if not texts or (blocks[-1].locator, blocks[-1].hidden) != (block.locator, block.hidden):
            end_run()
            blocks.append(block)
        texts.append(text)
    end_run()
    return replace(unit, blocks=tuple(blocks))


def clean(text: str) -> str:
    """Return the text with plain line ends, without NUL and lone surrogates; nothing else changes.

    No Unicode normalisation: a quote must be found in what the author wrote.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\0" not in text else _UNWANTED.sub("", text)


def _clean_block(block: Block) -> Block | None:
    """Return the block as it enters the text, None when nothing is left of it."""
    if block.kind is SectionKind.TEXT:
        text = clean(block.text).strip("\n")
        return replace(block, text=text) if text.strip() else None
    rows = tuple(clean(row).replace("\n", " ") for row in block.rows)
    if not any(row.strip() for row in rows):
        return None
    header = clean(block.header).replace("\n", " ")
    if all(rows):
        return replace(block, rows=rows, header=header)
    # A row of nothing but what was cleaned away would begin where the table has ended.
    left = [place for place, row in enumerate(rows) if row]
    places = tuple(block.row_locators[place] for place in left) if block.row_locators else ()
    return replace(block, rows=tuple(rows[place] for place in left), row_locators=places, header=header)


def _separator(following: Block | None) -> str:
    if following is None:
        return ""
    return _WITHIN if following.continues else SEPARATOR


def _section(block: Block, start: int, end: int) -> Section:
    return Section(
        start=start,
        end=end,
        locator=block.locator,
        kind=block.kind,
        header=block.header,
        row_starts=_row_starts(block.rows, start),
        row_locators=block.row_locators,
        hidden=block.hidden,
        continues=block.continues and block.kind is SectionKind.TEXT,
    )


def _row_starts(rows: Sequence[str], start: int) -> tuple[int, ...]:
    if not rows:
        return ()
    return tuple(accumulate((len(row) + 1 for row in rows[:-1]), initial=start))


def _append(sections: list[Section], section: Section) -> None:
    """Let text go on in the section before when the place is the same."""
    last = sections[-1] if sections else None
    if (
        last is not None
        and last.kind is section.kind is SectionKind.TEXT
        and (last.locator, last.hidden) == (section.locator, section.hidden)
    ):
        sections[-1] = replace(last, end=section.end)
    else:
        sections.append(section)
