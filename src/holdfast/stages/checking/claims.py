"""Split a reply into claims with the passages that each names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.stages.checking.framing import is_frame
from holdfast.text.numbers import quantities
from holdfast.text.sentences import Kind, Sentence, split_sentences
from holdfast.text.words import content_stems, words

_MARK = re.compile(r"\[\s*(\d{1,4}(?:\s*[,;–-]\s*\d{1,4}){0,9})\s*\]")  # noqa: RUF001 - a dash in a range
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")  # noqa: RUF001
_LONGEST_RANGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One claim of a reply: its words without marks, its place, and the numbers it names."""

    text: str
    start: int
    end: int
    """Offsets into the reply, its marks included."""
    cites: tuple[int, ...]
    field: str = ""
    """Path of the field of structured output; empty for a sentence."""


def stated_in(reply: str) -> tuple[Stated, ...]:
    """Return the claims in order; a mark belongs to the sentence that it stands in or behind.

    A header row belongs to the row below it. Headings, lead-ins (`As follows:`), greetings, offers of help
    and sentences without a content word state nothing by themselves: they are left out unless they name a
    passage.
    """
    bare = without_marks(reply)
    pieces = _joined_rows(reply, bare, split_sentences(bare))
    claims = []
    for at, piece in enumerate(pieces):
        until = pieces[at + 1].start if at + 1 < len(pieces) else len(reply)
        first = piece.start if at else 0
        marks = list(_MARK.finditer(reply, first, until))
        cites = tuple(dict.fromkeys(n for mark in marks for n in _numbers(mark[1])))
        if cites or _states_something(piece):
            end = max([piece.end, *(mark.end() for mark in marks)])
            claims.append(Stated(text=" ".join(piece.text.split()), start=piece.start, end=end, cites=cites))
    return tuple(claims)


def without_marks(reply: str) -> str:
    """Return the text with every mark blanked, so that offsets stay."""
    return _MARK.sub(lambda mark: " " * len(mark.group()), reply)


def marked_numbers(reply: str) -> tuple[int, ...]:
    """Return every number that a mark names, once, in order."""
    return tuple(dict.fromkeys(n for mark in _MARK.finditer(reply) for n in _numbers(mark[1])))


def _numbers(inside: str) -> list[int]:
    """Return the numbers of one mark: `1`, `1, 3` or `1-3`."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", inside):
        span = _RANGE.fullmatch(part)
        if span and 0 <= int(span[2]) - int(span[1]) <= _LONGEST_RANGE:
            found += range(int(span[1]), int(span[2]) + 1)
        else:
            found += [int(number) for number in re.findall(r"\d+", part)]
    return found


def _joined_rows(reply: str, bare: str, pieces: Sequence[Sentence]) -> list[Sentence]:
    """Return the pieces that say something, a row without a mark joined with the row below it."""
    joined: list[Sentence] = []
    for piece in pieces:
        if piece.kind is Kind.RULE or not words(piece.text):
            continue
        above = joined[-1] if joined else None
        if (
            above
            and above.kind is piece.kind is Kind.ROW
            and not _MARK.search(reply, above.start, piece.start)
        ):
            joined[-1] = replace(above, text=bare[above.start : piece.end], end=piece.end)
        else:
            joined.append(piece)
    return joined


def _states_something(piece: Sentence) -> bool:
    if piece.kind is Kind.HEADING or not content_stems(piece.text) or is_frame(piece.text):
        return False
    return not piece.text.rstrip().endswith(":") or bool(quantities(piece.text))
