"""Files embedded in an Office package become documents of their own, bounded as those of archives are."""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator, Sequence

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.units import Attached, Reading, ReadingLimits, Unreadable, Verdict

_EMBEDDED = re.compile(r"(?:word|xl|ppt)/embeddings/[^/]+", re.IGNORECASE)
_CHART = re.compile(r"(?:ppt|word)/charts/[^/]+\.xml", re.IGNORECASE)
_MOST_FILES = 2000
_MOST_NAMED = 10
_OLE = b"\xd0\xcf\x11\xe0"
_PACKER = "\x01ole10native"
"""Stream of the Object Packager: any file with its name."""
_WHOLE = (("worddocument", ".doc"), ("workbook", ".xls"), ("book", ".xls"), ("powerpoint document", ".ppt"))
_INNER = ("package", "contents")
"""Streams that hold a whole file: of Office since 2007, of Acrobat."""


def embedded_files(package: Package, limits: ReadingLimits) -> Reading:
    """Yield each embedded file, as `held_files` does.

    Left out are the workbooks behind the charts of a deck or a text, whose words stand there, and objects
    that hold no file (equations, controls): the page shows their picture.
    """
    names = sorted({*filter(_EMBEDDED.fullmatch, package.names()), *_imported(package)})
    behind_charts = set(_behind_charts(package)) if names else set()
    yield from held_files(package, [name for name in names if name.lower() not in behind_charts], limits)


def held_files(package: Package, wanted: Sequence[str], limits: ReadingLimits) -> Reading:
    """Yield the files that these parts are or hold; what is damaged or too much is named in a verdict."""
    left, lost = limits.max_archive_bytes, list(wanted[_MOST_FILES:])
    for name in wanted[:_MOST_FILES]:
        if package.size(name) > left:
            lost.append(name)
            continue
        try:
            data = package.read(name)
            found = file_in(posixpath.basename(name), data)
        except (Unreadable, struct.error):
            lost.append(name)
            continue
        left -= len(data)
        if found is not None and found.data:
            yield found
    yield from lost_files(lost, of=len(wanted))


def lost_files(lost: Sequence[str], *, of: int) -> Iterator[Verdict]:
    """Yield `partial` with the names of the embedded files that were not taken, nothing where all were."""
    if lost:
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        shown = ", ".join(posixpath.basename(name) for name in lost[:_MOST_NAMED]) + more
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"{len(lost)} of {of} files embedded in it are damaged or beyond "
            f"parsing.max_archive_bytes ({shown}). Save them beside it",
        )


def _imported(package: Package) -> Iterator[str]:
    """Yield the files that a Word text shows in the midst of its own (`altChunk`)."""
    main = package.main_part("word/document.xml")
    held = set(package.names()) if main.lower().startswith("word/") else set[str]()
    yield from (path for kind, path in package.related(main).values() if kind == "aFChunk" and path in held)


def _behind_charts(package: Package) -> Iterator[str]:
    for name in package.names():
        if _CHART.fullmatch(name):
            yield from (path.lower() for _, path in package.related(name).values())


def file_in(name: str, data: bytes) -> Attached | None:
    """Return the file that an embedded part is or holds, None when it holds none."""
    if not data.startswith(_OLE):
        return Attached(name=name, data=data)
    ole, stem = OleFile(data), posixpath.splitext(name)[0]
    if ole.has(_PACKER):
        return packed(ole.stream(_PACKER), fallback=stem)
    for stream in _INNER:
        if ole.stream(stream):
            return Attached(name=stem, data=ole.stream(stream))
    ending = next((ending for stream, ending in _WHOLE if ole.has(stream)), "")
    return Attached(name=stem + ending, data=data) if ending else None


def packed(stream: bytes, *, fallback: str) -> Attached:
    """Return what the Object Packager wrapped: label, name, where it lay, then the file."""
    label, at = text_at(stream, 6)
    path, at = text_at(stream, at)
    (length,) = struct.unpack_from("<I", stream, at + 4)
    at += 8 + length
    (size,) = struct.unpack_from("<I", stream, at)
    name = (path or label).replace("\\", "/").rpartition("/")[2]
    return Attached(name=name or fallback, data=stream[at + 4 : at + 4 + size])


def text_at(stream: bytes, at: int) -> tuple[str, int]:
    """Return the text that ends with a NUL, and where it ends."""
    end = stream.find(b"\0", at)
    if end < 0:
        raise struct.error("a name does not end")
    return stream[at:end].decode("cp1252", errors="replace"), end + 1
