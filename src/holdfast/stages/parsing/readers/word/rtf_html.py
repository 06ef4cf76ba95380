r"""The page that Outlook wraps into RTF (`\\fromhtml1`), taken out again.

Layout from Microsoft's open specification [MS-OXRTFEX].
"""

from __future__ import annotations

import re

from holdfast.stages.parsing.readers.texts.codepages import encoding_of
from holdfast.stages.parsing.readers.word.rtf_tokens import SIGNS, SKIPPED, TOKEN

_NO_TEXT = ("object", "fldinst")


def html_in(data: bytes) -> bytes:
    """Return the page as UTF-8: what `htmltag` groups hold, and the text outside of `htmlrtf`."""
    page = _Page(data)
    page.run()
    return "".join(page.pieces).encode("utf-8", errors="replace")


class _Page:
    def __init__(self, data: bytes) -> None:
        self.pieces: list[str] = []
        self._data = data
        codepage = re.search(rb"\\ansicpg(\d{1,5})", data[:4096])
        self._encoding = encoding_of(int(codepage[1])) if codepage else "cp1252"
        self._stack: list[tuple[bool, bool]] = []
        self._skipped = self._in_tag = self._for_rtf = self._starred = False
        self._to_skip = 0

    def run(self) -> None:
        at = 0
        while at < len(self._data) and (match := TOKEN.match(self._data, at)):
            at = match.end()
            word, number, code, sign, brace, plain = match.groups()
            if brace is not None:
                self._brace(brace)
            elif word is not None:
                self._word(word.decode(), number)
            elif sign == b"*":
                self._starred = True
                continue
            elif code is not None:
                self._bytes(bytes.fromhex(code.decode()))
            elif plain is not None:
                self._bytes(plain)
            elif sign in (b"\\", b"{", b"}"):
                self._put(sign.decode())
            self._starred = False

    def _brace(self, brace: bytes) -> None:
        if brace == b"{":
            self._stack.append((self._skipped, self._in_tag))
        else:
            self._skipped, self._in_tag = self._stack.pop() if self._stack else (False, False)

    def _word(self, word: str, number: bytes | None) -> None:
        if word == "htmltag":
            self._in_tag = True
        elif word == "htmlrtf":
            self._for_rtf = number != b"0"
        elif self._starred or word in SKIPPED or word in _NO_TEXT:
            self._skipped = True
        elif word == "u" and number is not None:
            self._put(chr(int(number) & 0xFFFF))
            self._to_skip = 1
        elif word in SIGNS:
            self._put(SIGNS[word])

    def _bytes(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._put(data[skipped:].decode(self._encoding, errors="replace"))

    def _put(self, text: str) -> None:
        if not self._skipped and (self._in_tag or not self._for_rtf):
            self.pieces.append(text)
