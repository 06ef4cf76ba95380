"""Pictures of PDF pages, drawn in a limited worker process: a document may be hostile."""

from __future__ import annotations

import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.engines.processes import Ending, WorkerLimits, WorkerPool
from holdfast.errors import DocumentError
from holdfast.loading import load
from holdfast.web.page_marks import FIND

DRAW = "holdfast.web.page_pictures:draw"
WIDTH = 900
"""Pixels."""
MOST_HEIGHT = 3000
KEPT = 24
"""Pictures that are kept in memory."""
LIMITS = WorkerLimits(cpu_s=15, wall_s=45, memory_mb=1024)


class PagePictures:
    """Draws pages on demand; safe to use from several threads, to be closed at the end."""

    def __init__(self) -> None:
        self._pool = WorkerPool(size=1, limits=LIMITS)
        self._kept: OrderedDict[tuple[str | int, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def picture(self, digest: str, data: bytes, page: int) -> bytes:
        """Return a page (from 1) of a PDF with this digest as PNG; raise DocumentError when it has none."""
        arguments = {"page": page, "width": WIDTH, "most_height": MOST_HEIGHT}
        picture = self._made((digest, page), DRAW, arguments, data)
        if isinstance(picture, Ending):
            raise DocumentError(
                f"page {page} cannot be drawn ({picture.value})", stage="web",
                move="Read its text, or download the original.",
            )  # fmt: skip
        return picture

    def marks(self, digest: str, data: bytes, page: int, wanted: Sequence[str]) -> bytes:
        """Return where these lines stand on a page as SVG, empty when that cannot be told."""
        marks = self._made((digest, page, *wanted), FIND, {"page": page, "wanted": list(wanted)}, data)
        return b"" if isinstance(marks, Ending) else marks

    def _made(
        self, key: tuple[str | int, ...], task: str, arguments: Mapping[str, Any], data: bytes
    ) -> bytes | Ending:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        result = self._pool.run(task, arguments, data)
        if result.ending is not Ending.DONE or not result.frames:
            return result.ending
        made = result.frames[0].payload
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def close(self) -> None:
        """End the worker."""
        self._pool.close()


def draw(arguments: Mapping[str, Any], data: bytes) -> Iterator[tuple[Any, bytes]]:
    """Yield a page as PNG; the worker's side."""
    document = load("pypdfium2:PdfDocument")(data)
    page = document[arguments["page"] - 1]
    width, height = page.get_size()
    scale = min(arguments["width"] / max(width, 1), arguments["most_height"] / max(height, 1))
    pixels = page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3]
    yield {"width": pixels.shape[1], "height": pixels.shape[0]}, png(pixels)


def png(pixels: Any) -> bytes:
    """Return pixels of shape (height, width, 3), 8 bits each, as a PNG (RFC 2083)."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
