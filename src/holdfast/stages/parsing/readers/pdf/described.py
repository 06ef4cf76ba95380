"""What the tags of a PDF say of the figures on a page, for those who do not see them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.stages.parsing.readers.descriptions import described
from holdfast.stages.parsing.readers.left_out import LeftOut

_NO_FIGURES = ("Link", "Form", "Annot")
"""What is said of these repeats an address, or what a field asks."""
_MOST_ELEMENTS = 20_000


def descriptions(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int, left_out: LeftOut
) -> Iterator[str]:
    """Yield each different description of a page's figures; nothing for a document without tags."""
    if not pdfium.FPDFCatalog_IsTagged(document):
        return
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    try:
        elements = list(islice(_elements(tree), _MOST_ELEMENTS + 1))
        if len(elements) > _MOST_ELEMENTS:
            left_out.add(f"what is said of figures beyond {_MOST_ELEMENTS:,} tags on page {number}")
        yield from dict.fromkeys(filter(None, map(_said, elements)))
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def _elements(tree: Any) -> Iterator[Any]:
    count = min(pdfium.FPDF_StructTree_CountChildren(tree), _MOST_ELEMENTS + 1)
    waiting = [pdfium.FPDF_StructTree_GetChildAtIndex(tree, at) for at in reversed(range(count))]
    while waiting:
        element = waiting.pop()
        if not element:
            continue
        yield element
        room = max(0, _MOST_ELEMENTS + 1 - len(waiting))
        inner = min(pdfium.FPDF_StructElement_CountChildren(element), room)
        waiting += [pdfium.FPDF_StructElement_GetChildAtIndex(element, at) for at in reversed(range(inner))]


def _said(element: Any) -> str:
    if _text(pdfium.FPDF_StructElement_GetType, element) in _NO_FIGURES:
        return ""
    return described("", _text(pdfium.FPDF_StructElement_GetAltText, element))


def _text(get: Callable[..., int], element: Any) -> str:
    length = get(element, None, 0)
    if length <= 2:  # noqa: PLR2004 - the character that ends it
        return ""
    held = ctypes.create_string_buffer(length)
    get(element, held, length)
    return held.raw.decode("utf-16-le", errors="replace").strip("\0 \n")
