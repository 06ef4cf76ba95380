"""Inside the worker: pick the reader by the kind of file, and turn what it raises into a verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from holdfast.domain.documents import ParseStatus
from holdfast.loading import load
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.tiling import merged
from holdfast.stages.parsing.units import (
    Found,
    Reading,
    ReadingLimits,
    Recognised,
    Unit,
    Unreadable,
    Verdict,
    malformed,
)
from holdfast.stages.parsing.wire import to_wire

_READERS = "holdfast.stages.parsing.readers"
READERS: Mapping[Kind, str] = {
    Kind.MARKDOWN: f"{_READERS}.texts.markdown:read",
    Kind.TEXT: f"{_READERS}.texts.plain:read",
    Kind.CSV: f"{_READERS}.texts.delimited:read",
    Kind.JSON_LINES: f"{_READERS}.texts.json_lines:read",
    Kind.XML: f"{_READERS}.texts.xml_text:read",
    Kind.HTML: f"{_READERS}.web.html:read",
    Kind.EML: f"{_READERS}.mail.eml:read",
    Kind.MBOX: f"{_READERS}.mail.eml:read_mailbox",
    Kind.PDF: f"{_READERS}.pdf.document:read",
    Kind.DOCX: f"{_READERS}.word.docx:read",
    Kind.XLSX: f"{_READERS}.sheets.xlsx:read",
    Kind.PPTX: f"{_READERS}.slides.pptx:read",
    Kind.OLE: f"{_READERS}.ole.kinds:read",
    Kind.RTF: f"{_READERS}.word.rtf:read",
    Kind.ODT: f"{_READERS}.odf.package:read_text",
    Kind.ODS: f"{_READERS}.odf.package:read_sheets",
    Kind.ODP: f"{_READERS}.odf.package:read_slides",
    Kind.EPUB: f"{_READERS}.web.epub:read",
    Kind.ZIP: f"{_READERS}.archives:read",
    Kind.IMAGE: f"{_READERS}.scans.pictures:read",
}
"""By name: a worker that reads Markdown never imports PDFium."""

Reader = Callable[[bytes, ReadingLimits], Reading]

_UNSUPPORTED = {
    Kind.BINARY: "it is no format that is read. Export it as PDF, Office file or text",
}
_log = logging.getLogger(__name__)


def read(arguments: Mapping[str, Any], data: bytes) -> Iterator[tuple[Any, bytes]]:
    """Yield the wire form of what the file holds; the pool's workers call it by name."""
    limits = ReadingLimits(**arguments["limits"])
    for found in read_here(Kind(arguments["kind"]), data, limits):
        yield to_wire(merged(found) if isinstance(found, Unit) else found)


def read_here(kind: Kind, data: bytes, limits: ReadingLimits) -> Iterator[Found]:
    """Yield what the file holds; whatever is wrong with it ends in a verdict, never in an exception."""
    try:
        kind = _real_kind(kind, data, limits)
        yield Recognised(media_type=kind)
        yield from _bounded(_reader(kind)(data, limits), limits)
    except (ImportError, SyntaxError):
        raise  # our own fault, not the file's
    except Unreadable as error:
        yield Verdict(status=error.status, reason=error.reason)
    except MemoryError:
        raise
    except RecursionError:
        yield _verdict(malformed("its parts are nested too deeply"))
    except Exception as error:  # noqa: BLE001 - a damaged file can break any assumption of its reader
        _log.debug("reading failed", exc_info=error)
        yield _verdict(malformed(f"its inner structure is not that of a {kind.name} file"))


def _verdict(error: Unreadable) -> Verdict:
    return Verdict(status=error.status, reason=error.reason)


def _real_kind(kind: Kind, data: bytes, limits: ReadingLimits) -> Kind:
    """Look into a package: only the worker may."""
    if kind is not Kind.ZIP:
        return kind
    kind_of: Callable[[bytes, ReadingLimits], Kind] = load(f"{_READERS}.packages:kind_of")
    return kind_of(data, limits)


def _reader(kind: Kind) -> Reader:
    if kind not in READERS:
        raise Unreadable(ParseStatus.UNSUPPORTED, _UNSUPPORTED[kind])
    return cast("Reader", load(READERS[kind]))


def _bounded(reading: Iterable[Found], limits: ReadingLimits) -> Iterator[Found]:
    """Stop a reader that yields more text than allowed; a unit sent again counts once."""
    sizes: dict[str, int] = {}
    chars = 0
    for found in reading:
        if isinstance(found, Unit):
            chars += found.chars - sizes.get(found.key, 0)
            sizes[found.key] = found.chars
            if chars > limits.max_chars:
                raise Unreadable(
                    ParseStatus.LIMIT_SIZE,
                    f"it holds over {limits.max_chars:,} characters. Split it, or raise parsing.max_chars",
                )
        yield found
