"""Say in one line where a chunk stands: the document's title, then its heading path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from holdfast.domain.documents import Section
from holdfast.stages.chunking.grouping import is_bare_heading, is_heading_line

LONGEST_PART = 120
MOST_PARTS = 4
LONGEST_CAPTION = 200
CAPTION_WORDS = ("table ", "tab. ", "tabelle ", "tableau ", "tabla ", "tabella ")

_HASH = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\w*\d)[0-9a-f]{8,})\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2}")


def heading_context(text: str, title: str, sections: Sequence[Section], start: int) -> str:
    """Return title and headings that hold for all of these sections, joined by ` > `.

    Left out is what the chunk's own text begins with, and a title without a word, which is a number or
    a hash that a file happened to be named by.
    """
    path = _common_path(text, sections)
    parts = [title, *path] if _WORD.search(_HASH.sub("", title)) else list(path)
    if len(parts) > 1 and is_heading_line(parts[0], parts[1]):
        parts = parts[1:]
    first_line = text[start : start + 2 * LONGEST_PART].partition("\n")[0]
    while parts and is_heading_line(first_line, parts[-1]):
        parts.pop()
    if len(parts) > MOST_PARTS:
        parts = [parts[0], *parts[1 - MOST_PARTS :]]
    return " > ".join(part if len(part) <= LONGEST_PART else part[: LONGEST_PART - 1] + "…" for part in parts)


def caption_of(text: str, table: Section, before: Section | None) -> str:
    """Return the line above a table when it announces it, such as `Tightening torques:`."""
    if before is None or before.end != table.start:
        return ""
    end = table.start
    line = text[max(before.start, end - 2 * LONGEST_CAPTION) : end].rstrip().rpartition("\n")[2].strip()
    announces = line.endswith(":") or line.lstrip("*_ ").casefold().startswith(CAPTION_WORDS)
    return line if announces and len(line) <= LONGEST_CAPTION else ""


def _common_path(text: str, sections: Sequence[Section]) -> tuple[str, ...]:
    told = [section for section in sections if not is_bare_heading(text, section)] or sections[-1:]
    common = _path(told[0])
    for section in told[1:]:
        pairs = zip(common, _path(section), strict=False)
        common = tuple(ours for ours, theirs in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return common


def _path(section: Section) -> tuple[str, ...]:
    """Return where a section stands: its sheet, whose name is nowhere in the text, then its headings."""
    sheet = section.locator.sheet
    return (sheet, *section.locator.heading) if sheet else section.locator.heading
