"""Bring the text of a reply into the form that was asked for, piece by piece as it arrives.

Models number their sources in ways of their own, and servers of reasoning models send the reasoning ahead
of the reply; what is meant is plain, so it is read as meant instead of being held back by the checks.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection

_OPENING, _CLOSING = re.compile(r"<(think|thinking|reasoning|thought)>", re.IGNORECASE), "</{}>"
_ENDS = re.compile(r"</(?:think|thinking|reasoning|thought)>", re.IGNORECASE)
_TAGS = ("<think>", "<thinking>", "<reasoning>", "<thought>")
_LONGEST_MARK = 80
"""Characters from the bracket that opens a mark to the one that closes it."""
_SOURCE = (
    r"(?:sources?|passages?|doc(?:ument)?s?|refs?|references?|citations?|cit|quellen?|passagen?|textstellen?|"
    r"stellen?|fuentes?|pasajes?|fonti|passaggi)"
)
_NAMED = rf"{_SOURCE}\b[\s.:#=nNo°\"']*\d{{1,4}}[\"']?"
_LISTED = rf"{_NAMED}(?:\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\by\b|\be\b)\s*(?:{_NAMED}|[#^]?\d{{1,4}}))*"
_MARK = re.compile(
    rf"[\[【]\s*(?:{_LISTED})\s*[\]】]|\(\s*(?:{_LISTED})\s*\)"
    r"|\[\s*[\^#]\s*\d{1,4}\s*\]"
    r"|[\[【]\s*\d{1,4}(?::\d{1,4})?\s*†[^\]】\n]{0,60}[\]】]"
    r"|【\s*\d{1,4}(?:\s*[,;]\s*\d{1,4})*\s*】",
    re.IGNORECASE,
)
_OF_A_FILE = re.compile(r"†.*")
_SECOND_NUMBER = re.compile(r":\d+")
_OPEN = re.compile(r"[\[【(]")
_SHUT = re.compile(r"[\]】)]")


class ReplyText:
    """The text of one reply: whole characters, no reasoning, sources marked as `[2]`."""

    def __init__(self, numbers: Collection[int]) -> None:
        """Take the numbers of the passages that were given; a mark of any other stays as it came."""
        self._numbers = frozenset(numbers)
        self._halves = codecs.getincrementaldecoder("utf-16-le")(errors="replace")
        self._thinking: str | None = ""
        """What may be, or is, reasoning ahead of the reply; None: the reply has begun."""
        self._held = ""
        """What may become a mark."""

    def __call__(self, piece: str, *, last: bool = False) -> str:
        """Return the text that is certain with this piece; after the last one nothing is held back.

        A lone half of a character passes every client and breaks later, on the first `.encode()`: halves
        that were sent apart are joined, one without its other is replaced.
        """
        text = self._halves.decode(piece.encode("utf-16-le", "surrogatepass"), last)
        return self._marked(self._without_reasoning(text, last=last), last=last)

    def _without_reasoning(self, text: str, *, last: bool) -> str:
        if self._thinking is None:
            return text
        self._thinking += text
        begun = self._thinking.lstrip()
        opening = _OPENING.match(begun)
        if opening:
            closing = _CLOSING.format(opening[1].lower())
            end = begun.lower().find(closing)
            if end < 0:
                return ""  # it ends with its tag, or the reply had no room left for anything else
            self._thinking = None
            return begun[end + len(closing) :].lstrip()
        if not last and any(tag.startswith(begun.lower()) for tag in _TAGS):
            return ""
        whole, self._thinking = self._thinking, None
        return whole

    def _marked(self, text: str, *, last: bool) -> str:
        text, self._held = self._held + text, ""
        if not last and (begins := _unfinished(text)) >= 0:
            text, self._held = text[:begins], text[begins:]
        return _MARK.sub(self._as_asked, text)

    def _as_asked(self, mark: re.Match[str]) -> str:
        said = _SECOND_NUMBER.sub("", _OF_A_FILE.sub("", mark[0]))
        numbers = [int(number) for number in re.findall(r"\d+", said)]
        if not numbers or not self._numbers.issuperset(numbers):
            return mark[0]
        return f"[{', '.join(map(str, dict.fromkeys(numbers)))}]"


def behind_reasoning(text: str) -> str:
    """Return what follows reasoning whose opening tag the server's template had put into the prompt."""
    return text[max((match.end() for match in _ENDS.finditer(text)), default=0) :]


def _unfinished(text: str) -> int:
    """Return where a bracket opens that may still become a mark, below 0 where none does."""
    opened = list(_OPEN.finditer(text, max(0, len(text) - _LONGEST_MARK)))
    if not opened or _SHUT.search(text, opened[-1].end()):
        return -1
    return opened[-1].start()
