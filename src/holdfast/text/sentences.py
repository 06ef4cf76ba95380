"""Cut a text into sentences, rows, list items and headings with exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from holdfast.text.numbers import quantities


class Kind(StrEnum):
    """What a piece of text is."""

    PROSE = "prose"
    ITEM = "item"
    ROW = "row"
    HEADING = "heading"
    RULE = "rule"
    """A line that only draws (`---`, `| --- | --- |`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One piece of a text: `text` is exactly the text between `start` and `end`."""

    text: str
    start: int
    end: int
    kind: Kind = Kind.PROSE


@lru_cache(maxsize=1 << 11)
def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Return the pieces in order, without overlap; every character that is not white space is in one."""
    return tuple(
        Sentence(text=text[start:end], start=start, end=end, kind=block.kind)
        for block in _blocks(text)
        for start, end in _cuts(text, block)
    )


def is_row(line: str) -> bool:
    """Return whether a line reads as a row of a table."""
    stripped = line.strip()
    return stripped.startswith("|") or "\t" in stripped or stripped.count(" | ") >= 1


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    kind: Kind


_HEADING_LONGEST = 90
_HEADING_WORDS = 12
_SHORT_LINE = 60
_RULE = re.compile(r"[\s|:=*_+\-─—]*\Z")
_MARKED_HEADING = re.compile(r"#{1,6}\s")
_ITEM = re.compile(r"(?:[-*•‣◦–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")  # noqa: RUF001 - a dash as bullet
_FIELD = re.compile(r"[A-Za-z][\w /-]{0,28}:\s")
_END = re.compile(r"[.!?…:;。！？]['\"”’)\]*_`]*\Z")  # noqa: RUF001 - full-width marks are meant
_STOP = re.compile(
    r"[.!?…]+(?:\s?''|['\"”’)\]*_`])*(?=\s|\Z)|[。！？]"  # noqa: RUF001 - full-width marks are meant
)
_NEVER_ENDS = re.compile(
    r"\b(?:mr|mrs|ms|dr|prof|st|e\.?g|i\.?e|cf|vs|approx|ca|gen|gov|sen|rep|lt|col|capt|incl|excl"
    r"|abzgl|bzw|evtl|exkl|ggf|ggfs|inkl|lt|max|mind|sog|vgl|zzgl|z|nr|ziff|abs|hr|tel|str)\.\Z",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?<![°\d])(?<![\d°]\s)\b[A-Z]\.\Z|^\d{1,3}\.\Z")
_ENDS_BEFORE_WORDS = re.compile(
    r"\b(?:no|nos|figs?|eq|sec|ch|vol|pp?|art|par|ref|pos|inc|ltd|max|min|est|jan|feb|mar|apr|jun|jul|aug|sept?"
    r"|oct|nov|dec)\.\Z",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\b(?:am|ab|an|bis|dem|den|der|des|das|die|im|ins|jede[mnrs]?|nach|seit|und|vom|vor|zum|zur)\s+\d{1,2}\.\Z",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<![\d.,])\d{1,2}\.\Z")
_NEXT_MONTH = re.compile(
    r"\s+(?:jan|feb|mär|mar|apr|ma[iy]|jun|jul|aug|sep|o[kc]t|nov|de[zc])[a-zä]*\b", re.IGNORECASE
)
"""A German ordinal: `seit 1. August`, `im 2. Quartal`."""
_NEXT_DIGIT = re.compile(r"\s+\d")
_NEXT_LOWER = re.compile(r"\s+[a-z]")


def _blocks(text: str) -> Iterator[_Block]:
    """Yield paragraphs (lines that a wrap cut are joined), and each row, item and heading alone."""
    start, end, kind, last = -1, -1, Kind.PROSE, ""
    for line_start, line_end, line in _lines(text):
        line_kind = _kind_of(line)
        continues = start >= 0 and line_kind is Kind.PROSE and _continues(kind, last, line)
        if continues:
            end, last = line_end, line
            continue
        if start >= 0:
            yield _Block(start, end, _settle(text[start:end], kind))
        start, end, kind, last = (line_start, line_end, line_kind, line) if line else (-1, -1, Kind.PROSE, "")
    if start >= 0:
        yield _Block(start, end, _settle(text[start:end], kind))


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each line stripped, with the offsets of what is left."""
    offset = 0
    for raw in text.splitlines(keepends=True):
        line = raw.strip()
        lead = len(raw) - len(raw.lstrip()) if line else 0
        yield offset + lead, offset + lead + len(line), line
        offset += len(raw)


def _kind_of(line: str) -> Kind:
    if _RULE.match(line):
        return Kind.RULE
    if _MARKED_HEADING.match(line):
        return Kind.HEADING
    if is_row(line):
        return Kind.ROW
    if _ITEM.match(line):
        return Kind.ITEM
    return Kind.PROSE


def _continues(kind: Kind, last: str, line: str) -> bool:
    """Return whether a line goes on with the block before it rather than starting a new one."""
    if kind not in (Kind.PROSE, Kind.ITEM) or not line or not last:
        return False
    if _FIELD.match(line) and (_FIELD.match(last) or len(last) < _SHORT_LINE):
        return False
    if line[0].islower() or line[0] in "(,;" or last.endswith((",", "-")):
        return True
    return len(last) >= _SHORT_LINE


def _settle(block: str, kind: Kind) -> Kind:
    """Return HEADING for a short line of prose that no sentence mark ends and that states no value."""
    if kind is not Kind.PROSE or len(block) > _HEADING_LONGEST or "\n" in block:
        return kind
    says_something = _END.search(block) or _FIELD.match(block) or any(q.unit for q in quantities(block))
    return Kind.PROSE if says_something or len(block.split()) > _HEADING_WORDS else Kind.HEADING


def _cuts(text: str, block: _Block) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each sentence of a block."""
    if block.kind not in (Kind.PROSE, Kind.ITEM):
        yield block.start, block.end
        return
    start = block.start
    for stop in _STOP.finditer(text, block.start, block.end):
        if not _ends_sentence(text, start, stop):
            continue
        yield start, stop.end()
        start = stop.end()
        while start < block.end and text[start].isspace():
            start += 1
    if start < block.end:
        yield start, block.end


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    if stop.group().startswith(("!", "?", "…", "。", "！", "？")):  # noqa: RUF001 - full-width marks
        return not _NEXT_LOWER.match(text, stop.end())
    if _NEXT_LOWER.match(text, stop.end()):
        return False
    head = text[max(start, stop.start() - 12) : stop.start() + 1]
    if _NEVER_ENDS.search(head) or _INITIAL.search(head) or _ORDINAL.search(head):
        return False
    if _DAY.search(head) and _NEXT_MONTH.match(text, stop.end()):
        return False
    return not (_NEXT_DIGIT.match(text, stop.end()) and _ENDS_BEFORE_WORDS.search(head))
