"""The text of a PDF page as PDFium found it: lines in the order of writing, with their words and places."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.stages.parsing.readers.pdf.bidi import with_ligatures
from holdfast.stages.parsing.readers.pdf.looks import Looks
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Box, Line, Look
from holdfast.stages.parsing.readers.pdf.turns import Corners, Turn
from holdfast.stages.parsing.readers.pdf.words import Word, is_apart

_WORD = re.compile(rf"[^\s{HYPHEN}]+{HYPHEN}?")
_MOST_WORDS = 20_000
"""Words of one page that get a place; a page with more is no page that anybody reads."""
_WIDE = 0xFFFF
_LOOKED_AT = 24
_SIDEWAYS = (90, 270)
_SAME_HEIGHT = 0.1
_TIGHT, _LOOSE = 0.4, 1.2
"""White between a line and the next, in heights of the type: less than none where lines are set close."""


def turn_of(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> Turn:
    """Return how the text of a page is turned: as most of the characters that are looked at."""
    chars = text.count_chars()
    step = max(1, chars // _LOOKED_AT)
    angles = Counter(
        -round(pdfium.FPDFText_GetCharAngle(text, char) / (math.pi / 2)) % 4  # it counts with the clock
        for char in range(0, chars, step)
        if not pdfium.FPDFText_IsGenerated(text, char)
    )
    width, height = page.get_size()
    if page.get_rotation() in _SIDEWAYS:
        width, height = height, width
    return Turn(quarters=angles.most_common(1)[0][0] if angles else 0, width=width, height=height)


def lines(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, turn: Turn) -> tuple[Line, ...]:
    """Return the lines of a page, hidden ones too."""
    return tuple(_Lines(text, turn, Looks(page, text, turn)).found())


def _around(one: Corners, other: Corners) -> Corners:
    return (
        min(other[0], one[0]),
        min(other[1], one[1]),
        max(other[2], one[2]),
        max(other[3], one[3]),
    )


def _is_cut(above: Word, word: Word) -> bool:
    """Tell a word whose end stands just below its beginning: the two lines are read as one."""
    if not above.text.endswith(HYPHEN):
        return False
    height = above.top - above.bottom
    is_of_one_size = abs(word.top - word.bottom - height) <= _SAME_HEIGHT * height
    is_below = -_TIGHT * height <= above.bottom - word.top <= _LOOSE * height
    return is_of_one_size and is_below and word.left < above.left


class _Lines:
    def __init__(self, text: pypdfium2.PdfTextPage, turn: Turn, looks: Looks) -> None:
        self._text = text
        self._looks = looks
        self._turn = turn
        raw: str = text.get_text_range(errors="replace")
        self._raw = raw
        self._same_count = text.count_chars() == len(raw)
        self._is_wide = any(ord(char) > _WIDE for char in self._raw) if not self._raw.isascii() else False
        self._words = 0
        self._rect = pdfium.FS_RECTF()
        self._name = ctypes.create_string_buffer(120)
        self._raw = with_ligatures(raw, self._is_one_glyph)

    def found(self) -> Iterator[Line]:
        at = 0
        for raw in self._raw.split("\r\n"):
            if raw.strip():
                yield from self._parted(raw, at)
            at += len(raw) + 2

    def _parted(self, raw: str, at: int) -> Iterator[Line]:
        """Yield what PDFium takes for a line, cut where the print goes up or down: it joins short cells."""
        start = 0
        words: list[Word] = []
        look = Look.PLAIN
        for match, word in self._words_of(raw, at):
            following = self._looks.of(
                self._char(at + match.start()), (word.left, word.bottom, word.right, word.top)
            )
            breaks = bool(words) and is_apart(words[-1], word) and not _is_cut(words[-1], word)
            if words and (breaks or following is not look):
                yield self._line(raw[start : match.start()], at + start, words, look)
                start, words = match.start(), []
            words.append(word)
            look = following
        yield self._line(raw[start:], at + start, words, look)

    def _line(self, raw: str, at: int, words: Sequence[Word], look: Look) -> Line:
        inked = self._char(at + len(raw) - len(raw.lstrip()))
        font = self._font(inked)
        return Line(
            text=raw.strip(),
            box=Box(
                left=min([word.left for word in words], default=0.0),
                bottom=min([word.bottom for word in words], default=0.0),
                right=max([word.right for word in words], default=0.0),
                top=max([word.top for word in words], default=0.0),
            ),
            size=self._size(inked),
            bold=self._is_bold(inked, font),
            font=font,
            words=tuple(words),
            look=look,
        )

    def _words_of(self, raw: str, at: int) -> Iterator[tuple[re.Match[str], Word]]:
        for match in _WORD.finditer(raw):
            self._words += 1
            if self._words > _MOST_WORDS:
                return
            box = self._box(self._char(at + match.start()))
            if match.end() - match.start() > 1:
                box = _around(box, self._box(self._char(at + match.end() - 1)))
            yield match, Word(match[0], *box, self._words)

    def _char(self, place: int) -> int:
        """Return PDFium's number of the character at a place of the text, which it counts in UTF-16."""
        if self._same_count:
            return place
        if self._is_wide:
            place = len(self._raw[:place].encode("utf-16-le", "surrogatepass")) // 2
        return max(0, int(pdfium.FPDFText_GetCharIndexFromTextIndex(self._text, place)))

    def _box(self, char: int) -> Corners:
        rect = self._rect
        if not pdfium.FPDFText_GetLooseCharBox(self._text, char, rect):
            return 0.0, 0.0, 0.0, 0.0
        box = rect.left, rect.bottom, rect.right, rect.top
        return self._turn.straight(box) if self._turn.quarters else box

    def _is_one_glyph(self, place: int) -> bool:
        return self._origin(self._char(place)) == self._origin(self._char(place + 1))

    def _origin(self, char: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(self._text, char, x, y)
        return x.value, y.value

    def _size(self, char: int) -> float:
        """Return the type's height on the page: many programs set size 1 and scale by the matrix."""
        matrix = pdfium.FS_MATRIX()
        scale = 1.0
        if pdfium.FPDFText_GetMatrix(self._text, char, matrix):
            scale = math.hypot(matrix.b, matrix.d) or 1.0
        return float(pdfium.FPDFText_GetFontSize(self._text, char)) * scale

    def _is_bold(self, char: int, font: str) -> bool:
        weight = pdfium.FPDFText_GetFontWeight(self._text, char)
        return weight >= 600 or "bold" in font.lower()  # noqa: PLR2004 - semi-bold, as CSS counts

    def _font(self, char: int) -> str:
        name = self._name
        pdfium.FPDFText_GetFontInfo(self._text, char, name, len(name), None)
        return name.value.decode("utf-8", "replace")
