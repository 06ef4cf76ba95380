"""Tell what is new in a message from what it quotes of earlier ones."""

from __future__ import annotations

import re

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.units import Block

_QUOTE_INTRO = re.compile(
    r"^(?:On .{5,200} wrote:|Am .{5,200} schrieb.{0,100}:|Le .{5,200} a écrit\s?:"
    r"|.{0,5}-----\s?(?:Original Message|Ursprüngliche Nachricht)\s?-----.*"
    r"|_{20,}|.{0,5}-+ ?Forwarded message ?-+.*)$"
)
_OUTLOOK_FROM = re.compile(r"^\*?(?:From|Von):\*?\s")
_HEADER_WITHIN = 7
"""Lines in which the earlier message's header begins; some programs put empty ones before it."""
_OUTLOOK_SENT = re.compile(r"^\*?(?:Sent|Date|Gesendet|Datum):\*?\s")


def text_blocks(text: str) -> tuple[Block, ...]:
    """Return a plain body as blocks, what is quoted from earlier messages told from what is new."""
    runs: list[tuple[str, list[str]]] = []
    tail = False
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        tail = tail or _begins_earlier_message(lines, number)
        part = "quoted" if tail or line.startswith(">") or _QUOTE_INTRO.match(line) else "body"
        if not line.strip() and runs:
            part = runs[-1][0]
        if not runs or runs[-1][0] != part:
            runs.append((part, []))
        runs[-1][1].append(line)
    return tuple(Block(text="\n".join(run), locator=Locator(part=part)) for part, run in runs)


def _begins_earlier_message(lines: list[str], number: int) -> bool:
    """Tell where a reply's program put the whole earlier message below, without marks."""
    line = lines[number]
    if "-----" in line or line.startswith("____"):
        return bool(_QUOTE_INTRO.match(line)) and _has_outlook_header(
            lines[number + 1 : number + _HEADER_WITHIN]
        )
    return bool(_OUTLOOK_FROM.match(line)) and _has_outlook_header(lines[number : number + 3])


def _has_outlook_header(lines: list[str]) -> bool:
    return any(map(_OUTLOOK_FROM.match, lines)) and any(map(_OUTLOOK_SENT.match, lines))
