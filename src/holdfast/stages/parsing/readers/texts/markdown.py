"""Markdown: headings to heading paths, pipe tables to rows, everything else as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.texts.front_matter import split_front_matter
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Unit

_HEADING = re.compile(r"^ {0,3}(#{1,6})(?=[ 	]|$)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_RULE_CELL = re.compile(r"^:?-+:?$")
_CELL_END = re.compile(r"(?<!\\)\|")
_STARTS_BLOCK = re.compile(r"^ {0,3}(?:[-*+>]|\d{1,9}[.)])(?:\s|$)")
_MARKUP = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_CODE = re.compile(r"`[^`]*`")
_NAMED = re.compile(r"\s\{[#.][^{}\s]{1,200}\}$")
"""By which links find a heading."""
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the front matter as properties, then the whole text as one unit."""
    del limits
    yield from read_text(decode(data))


def read_text(text: str) -> Reading:
    """Yield what a text holds that is decoded already."""
    values, body = split_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    if values:
        yield Properties(values=values)
    yield Unit(key="text", blocks=tuple(markdown_blocks(body)))


def markdown_blocks(text: str, *, part: str | None = None) -> Iterator[Block]:
    """Yield the blocks of a Markdown text, each with its heading path."""
    path = HeadingPath()
    lines = text.split("\n")
    start = at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence:
            at = _after_fence(lines, at, fence[1])
            continue
        if _is_table(lines, at):
            yield from _text(lines[start:at], path, part)
            end = _table_end(lines, at)
            yield from table_blocks(
                _cells(lines[at:end]), has_header=True, locator=Locator(heading=path.path, part=part)
            )
            start = at = end
            continue
        level, title, length = _heading(lines, at, is_first=at == start)
        if level:
            yield from _text(lines[start:at], path, part)
            path.enter(level, title)
            start, at = at, at + length
            continue
        at += 1
    yield from _text(lines[start:], path, part)


def _text(lines: Sequence[str], path: HeadingPath, part: str | None) -> Iterator[Block]:
    text, comments = _without_comments("\n".join(lines))
    text = text.strip("\n")
    if text.strip():
        yield Block(text=text, locator=Locator(heading=path.path, part=part))
    for comment in comments:
        if comment.strip():
            yield Block(text=comment.strip(), locator=Locator(heading=path.path, part="comment"), hidden=True)


def _without_comments(text: str) -> tuple[str, list[str]]:
    """Return the text as a reader of the page sees it, and its comments; code is not looked into.

    Takes linear time: no place is looked at twice, however many comments are opened and never closed.
    """
    kept: list[str] = []
    comments: list[str] = []
    code = _code_spans(text) if "<!--" in text else []
    at = number = 0
    place = text.find("<!--")
    while place >= 0:
        while number < len(code) and code[number][1] <= place:
            number += 1
        if number < len(code) and code[number][0] <= place:
            place = text.find("<!--", code[number][1])
            continue
        end = text.find("-->", place + 4)
        if end < 0:
            break
        kept.append(text[at:place])
        comments.append(text[place + 4 : end])
        at = end + 3
        place = text.find("<!--", at)
    kept.append(text[at:])
    return "".join(kept), comments


def _code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code stands, in order: fenced blocks and what is between backticks of one line."""
    spans: list[tuple[int, int]] = []
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence:
            after = _after_fence(lines, number, fence[1])
            spans.append((starts[number], starts[after]))
            number = after
            continue
        spans += [
            (starts[number] + m.start(), starts[number] + m.end()) for m in _CODE.finditer(lines[number])
        ]
        number += 1
    return spans


def _heading(lines: Sequence[str], at: int, *, is_first: bool) -> tuple[int, str, int]:
    """Return level, title and number of lines of the heading that begins here; level 0 for none."""
    if match := _HEADING.match(lines[at]):
        return len(match[1]), _plain(_unclosed(lines[at][match.end() :])), 1
    line = lines[at].strip()
    underline = _UNDERLINE.match(lines[at + 1]) if at + 1 < len(lines) else None
    stands_alone = is_first or not lines[at - 1].strip()
    if underline and line and stands_alone and not _STARTS_BLOCK.match(lines[at]):
        return (1 if underline[1][0] == "=" else 2), _plain(line), 2
    return 0, "", 0


def _unclosed(title: str) -> str:
    """Return a heading's text without the `##` that may close it."""
    title = title.strip()
    opened = title.rstrip("#")
    return opened if not opened or opened[-1] in " \t" else title


def _plain(title: str) -> str:
    return _MARKUP.sub("", _LINK.sub(r"\1", _NAMED.sub("", title))).strip()


def _after_fence(lines: Sequence[str], at: int, fence: str) -> int:
    """Return the line after a fenced block; one that is never closed ends with the text."""
    for number in range(at + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            return number + 1
    return len(lines)


def _is_table(lines: Sequence[str], at: int) -> bool:
    """Tell whether a pipe table begins here: a row, then the rule with as many columns."""
    if at + 1 >= len(lines) or "|" not in lines[at] or "-" not in lines[at + 1]:
        return False
    if set(lines[at + 1]) - set("|:- \t"):
        return False
    rule, header = _row(lines[at + 1]), _row(lines[at])
    return len(rule) == len(header) and all(map(_RULE_CELL.match, rule))


def _table_end(lines: Sequence[str], at: int) -> int:
    end = at + 2
    while end < len(lines) and lines[end].strip() and "|" in lines[end]:
        end += 1
    return end


def _cells(lines: Sequence[str]) -> list[list[str]]:
    """Return header and rows of a table, the rule between them left out."""
    return [_row(line) for number, line in enumerate(lines) if number != 1]


def _row(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL_END.split(inner)]
