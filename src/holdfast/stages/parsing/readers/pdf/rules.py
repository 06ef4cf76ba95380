"""The straight lines that a PDF page draws: what tables are ruled with."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium

_STRAIGHT = 1.0
"""Points by which a line may lean and still rule a table."""
_THIN = 3.0
"""A filled box thinner than this is a line."""
_SHORTEST = 3.0
_LEAST_WIDTH, _LEAST_HEIGHT = 50.0, 30.0
_FEWEST_POINTS, _MOST_POINTS = 4, 24
_ROUND = 12.0
"""Points that a corner may be round."""
_MOST_AREAS = 60
_PAPER = 252
_MOST_SEGMENTS = 6000
"""Segments that are looked at on one page: more are a drawing or a map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A horizontal or vertical line, in points from the lower left."""

    horizontal: bool
    at: float
    """Its height when horizontal, its distance from the left when vertical."""
    start: float
    end: float


class RuleCollector:
    """Collects the rules of one page's paths."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.areas: list[tuple[float, float, float, float]] = []
        """Left, bottom, right and top of what is filled in another colour than the paper's, or framed."""
        self._left = _MOST_SEGMENTS

    @property
    def is_drawing(self) -> bool:
        """Return whether there was more than any table has."""
        return self._left < 0

    def add(self, path: Any) -> None:
        """Take the axis-parallel lines of a path object that is stroked or filled."""
        count = pdfium.FPDFPath_CountSegments(path)
        self._left -= count
        if self.is_drawing or not _is_painted(path):
            return
        points = list(_points(path, count, _matrix(path)))
        if (area := _as_area(points)) is not None and len(self.areas) < _MOST_AREAS and _is_inked(path):
            self.areas.append(area)
        self.rules += _as_bar(points) or list(_edges(points))


def _is_painted(path: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(path, fill, stroke):
        return False
    return bool(fill.value or stroke.value)


def _as_area(points: list[tuple[bool, float, float]]) -> tuple[float, float, float, float] | None:
    """Return the corners of a rectangle, its corners round or not, None for what is no area of text."""
    if not _FEWEST_POINTS <= len(points) <= _MOST_POINTS:
        return None
    xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
    left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
    if right - left < _LEAST_WIDTH or top - bottom < _LEAST_HEIGHT:
        return None
    far = any(min(x - left, right - x, y - bottom, top - y) > _ROUND for _, x, y in points)
    return None if far else (left, bottom, right, top)


def _is_inked(path: Any) -> bool:
    """Tell a path that is stroked, or filled in a colour that is not the paper's."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    if stroke.value:
        return True
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPageObj_GetFillColor(path, red, green, blue, alpha)
    return alpha.value > 0 and min(red.value, green.value, blue.value) < _PAPER


def _matrix(path: Any) -> Any:
    """Return the path's matrix on the page, those of the forms that hold it included."""
    matrix = path.get_matrix()
    holder = path.container
    while holder is not None:
        matrix = matrix.multiply(holder.get_matrix())
        holder = holder.container
    return matrix


def _points(path: Any, count: int, matrix: Any) -> Iterator[tuple[bool, float, float]]:
    """Yield (a line leads here, x, y) for each point; curves break the line."""
    x, y = ctypes.c_float(), ctypes.c_float()
    start: tuple[float, float] | None = None
    for number in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, number)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        kind = pdfium.FPDFPathSegment_GetType(segment)
        place = matrix.on_point(x.value, y.value)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = place
        yield kind == pdfium.FPDF_SEGMENT_LINETO, *place
        if start is not None and pdfium.FPDFPathSegment_GetClose(segment):
            yield True, *start


def _as_bar(points: list[tuple[bool, float, float]]) -> list[Rule]:
    """Return the one rule that a thin filled box stands for, empty when it is none."""
    if not points:
        return []
    xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if height <= _THIN < width:
        return [Rule(horizontal=True, at=(max(ys) + min(ys)) / 2, start=min(xs), end=max(xs))]
    if width <= _THIN < height:
        return [Rule(horizontal=False, at=(max(xs) + min(xs)) / 2, start=min(ys), end=max(ys))]
    return []


def _edges(points: list[tuple[bool, float, float]]) -> Iterator[Rule]:
    for (_, x0, y0), (is_line, x1, y1) in pairwise(points):
        if not is_line:
            continue
        if abs(y1 - y0) <= _STRAIGHT and abs(x1 - x0) >= _SHORTEST:
            yield Rule(horizontal=True, at=(y0 + y1) / 2, start=min(x0, x1), end=max(x0, x1))
        elif abs(x1 - x0) <= _STRAIGHT and abs(y1 - y0) >= _SHORTEST:
            yield Rule(horizontal=False, at=(x0 + x1) / 2, start=min(y0, y1), end=max(y0, y1))
