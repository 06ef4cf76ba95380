"""Whether a reader of a PDF page sees its text: invisible, tiny, off the page, in the paper's colour."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.stages.parsing.readers.pdf.page import Line, Look
from holdfast.stages.parsing.readers.pdf.turns import Corners, Turn

_INVISIBLE = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_TINY = 1.0
"""Points of height: what is set smaller is not meant to be read."""
_PALE = 235
"""Red, green and blue of print that only a dark ground shows."""
_CONTRAST = 20
"""Steps of grey, of 255, between print and its ground."""
_SCALE = 2.0
_MOST_PIXELS = 8_000_000
_LAYER_COVER = 0.5
_LAYER_SHARE = 0.1
_LAYER = "OC\0".encode("utf-16-le")


class Looks:
    """Tells how the characters of one page look; what only a drawing can tell is doubtful."""

    def __init__(self, page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, turn: Turn) -> None:
        self._text = text
        self._edges: Corners = turn.straight(page.get_bbox())
        self._known: dict[int, Look] = {}

    def of(self, char: int, box: Corners) -> Look:
        """Return how a word looks, by its first character and its box on the straight page."""
        left, bottom, right, top = self._edges
        if box[2] < left or box[0] > right or box[3] < bottom or box[1] > top:
            return Look.HIDDEN
        if 0 < box[3] - box[1] < _TINY:
            return Look.HIDDEN
        item = pdfium.FPDFText_GetTextObject(self._text, char)
        if not item:
            return Look.PLAIN
        address = ctypes.addressof(item.contents)
        look = self._known.get(address)
        if look is None:
            look = self._known[address] = _look(item)
        return look


def _look(item: Any) -> Look:
    if pdfium.FPDFTextObj_GetTextRenderMode(item) in _INVISIBLE:
        return Look.INVISIBLE
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        if alpha.value == 0:
            return Look.HIDDEN
        if min(red.value, green.value, blue.value) >= _PALE:
            return Look.DOUBTFUL
    return Look.DOUBTFUL if _is_on_a_layer(item) else Look.PLAIN


def _is_on_a_layer(item: Any) -> bool:
    """Tell optional content, which may be switched off."""
    for number in range(max(0, pdfium.FPDFPageObj_CountMarks(item))):
        mark = pdfium.FPDFPageObj_GetMark(item, number)
        name, length = (ctypes.c_ushort * 8)(), ctypes.c_ulong()
        known = pdfium.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), length)
        if known and bytes(name).startswith(_LAYER):
            return True
    return False


def seen_and_hidden(
    lines: Sequence[Line], page: pypdfium2.PdfPage, turn: Turn, *, covered: float, drawn: bool
) -> tuple[tuple[Line, ...], tuple[Line, ...], bool]:
    """Return what a reader sees, what not, and whether invisible text is the layer of a scan.

    `covered`: what share of the page a picture covers; `drawn`: the page draws many outlines.
    """
    looks = {line.look for line in lines}
    if looks <= {Look.PLAIN}:
        return tuple(lines), (), False
    plain = sum(len(line.text) for line in lines if line.look is Look.PLAIN)
    invisible = sum(len(line.text) for line in lines if line.look is Look.INVISIBLE)
    is_layer = invisible > 0 and (
        covered >= _LAYER_COVER or ((drawn or covered > 0) and plain <= _LAYER_SHARE * invisible)
    )
    shown = _Drawing(page, turn) if Look.DOUBTFUL in looks else None
    seen: list[Line] = []
    hidden: list[Line] = []
    for line in lines:
        is_seen = (
            line.look is Look.PLAIN
            or (line.look is Look.INVISIBLE and is_layer)
            or (line.look is Look.DOUBTFUL and shown is not None and shown.has_contrast(line))
        )
        (seen if is_seen else hidden).append(line)
    return tuple(seen), tuple(hidden), is_layer


class _Drawing:
    """The page as it is drawn, in grey."""

    def __init__(self, page: pypdfium2.PdfPage, turn: Turn) -> None:
        self._page, self._turn = page, turn
        width, height = page.get_size()
        scale = min(_SCALE, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
        drawn = page.render(scale=scale, grayscale=True).to_numpy()
        self._grey = drawn[:, :, 0] if drawn.ndim > 2 else drawn  # noqa: PLR2004 - rows, columns and colours

    def has_contrast(self, line: Line) -> bool:
        """Tell whether any word of a line stands out from its ground."""
        return any(
            self._spread((word.left, word.bottom, word.right, word.top)) >= _CONTRAST for word in line.words
        )

    def _spread(self, box: Corners) -> int:
        left, bottom, right, top = self._turn.back(box)
        inset = 0.15 * min(top - bottom, right - left)  # what the neighbours or a frame draw is not the word
        places = [
            self._pixel(left + inset, bottom + inset),
            self._pixel(right - inset, top - inset),
        ]
        (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*places, strict=True))
        part = self._grey[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1]
        return int(part.max()) - int(part.min()) if part.size else 0

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        height, width = self._grey.shape
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(self._page, 0, 0, width, height, 0, x, y, across, down)
        return across.value, down.value
