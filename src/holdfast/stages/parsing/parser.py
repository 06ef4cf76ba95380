"""The parser: bytes to canonical text, in a worker process unless that is provably not needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

from holdfast.domain.documents import ParsedDocument, ParseStatus, RawDocument
from holdfast.engines.processes import Ending, TaskResult, WorkerLimits, WorkerPool
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.scans.tesseract import program_mark
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.settings import ParsingSettings
from holdfast.stages.parsing.units import Found, ReadingLimits, Verdict
from holdfast.stages.parsing.wire import from_wire

EDITION = 10
"""Raised whenever the same bytes become another text, so that everything is read anew."""

_LIBRARIES = ("pypdfium2",)
_READ = "holdfast.stages.parsing.reading:read"
_HERE = (Kind.MARKDOWN, Kind.TEXT, Kind.CSV)
_HERE_BYTES = 64 * 1024
"""Text of these kinds up to this size is read in this process.

Measured on 2 shared cores: 1,000 Markdown and CSV files of .9 kB took .5 s here and 1.3 s through a worker,
a folder without other kinds needs no worker at all (its first answer comes after 10 ms instead of 200), and
the most read here takes 30 ms. Safe because these readers are our own, take linear time, and are
held to 2 s on their worst inputs (tests/stages/parsing/test_text_readers.py); all else is read apart.
"""
_QUARANTINE = "It is not tried again before it or the parser changes; `holdfast sync --rebuild` tries it now"
_ENDINGS = {
    Ending.FAILED: (
        ParseStatus.CRASHED,
        "its reader could not start. Check the installation with `holdfast doctor`",
    ),
    Ending.CRASHED: (
        ParseStatus.CRASHED,
        f"its reader crashed, twice. Open it in its own program and save it again. {_QUARANTINE}",
    ),
    Ending.TIMEOUT: (
        ParseStatus.TIMEOUT,
        f"reading took longer than parsing.wall_s, twice. Raise it, or split the file. {_QUARANTINE}",
    ),
    Ending.LIMIT_CPU: (
        ParseStatus.LIMIT_CPU,
        "reading took more than parsing.cpu_s. Raise it, or split the file",
    ),
    Ending.LIMIT_MEMORY: (
        ParseStatus.LIMIT_MEMORY,
        "reading took more than parsing.memory_mb. Raise it, or split the file",
    ),
}


class FileParser:
    """Reads files of all known kinds; safe to use from several threads, to be closed at the end."""

    def __init__(self, settings: ParsingSettings | None = None, *, pool: WorkerPool | None = None) -> None:
        self._settings = settings or ParsingSettings()
        self._limits = _reading_limits(self._settings)
        self._pool = pool or WorkerPool(size=self._settings.workers, limits=_worker_limits(self._settings))
        self.version = parser_version(self._settings)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """Return text and sections, or a typed status with its reason; never raise for bad content."""
        if not raw.data:
            return self._failed(ParseStatus.EMPTY, "the file has 0 bytes. Restore it or remove it")
        if len(raw.data) > self._settings.max_bytes:
            size, limit = len(raw.data) / 1e6, self._settings.max_bytes / 1e6
            return self._failed(
                ParseStatus.LIMIT_SIZE,
                f"it has {size:,.1f} MB, the limit is {limit:,.1f} MB. Split it, or raise parsing.max_bytes",
            )
        kind = detect(raw.path, raw.data)
        if _is_cheap(kind, raw.data):
            document = judge(collect(read_here(kind, raw.data, self._limits)), ended=None)
        else:
            document = self._parse_apart(kind, raw.data)
        return replace(document, media_type=document.media_type or kind, parser=self.version)

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _parse_apart(self, kind: Kind, data: bytes) -> ParsedDocument:
        result = self._pool.run(_READ, {"kind": kind, "limits": asdict(self._limits)}, data)
        return judge(collect(_found(result)), ended=_ended(result))

    def _failed(self, status: ParseStatus, reason: str) -> ParsedDocument:
        return ParsedDocument(text="", status=status, reason=reason, parser=self.version)


def parser_version(settings: ParsingSettings) -> str:
    """Return what the text depends on beside the bytes: edition, libraries, settings."""
    libraries = " ".join(f"{name}-{_version(name)}" for name in _LIBRARIES)
    choices = (
        f"tables-{settings.pdf_tables:d} repeated-{settings.pdf_drop_repeated:d} chars-{settings.max_chars}"
    )
    by = program_mark() if settings.ocr == "auto" else "off"
    recognised = " ".join((f"tesseract-{by}", *settings.ocr_languages))
    return f"files-{EDITION} {libraries} {choices} {recognised}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _is_cheap(kind: Kind, data: bytes) -> bool:
    """Tell text whose reading cannot crash or stall this process: small, of simple kind, valid UTF-8."""
    if kind not in _HERE or len(data) > _HERE_BYTES:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False  # guessing encodings takes a library and much longer
    return b"\0" not in data


def _found(result: TaskResult) -> Iterable[Found]:
    return [from_wire(frame.message, frame.payload) for frame in result.frames]


def _ended(result: TaskResult) -> Verdict | None:
    if result.ending is Ending.DONE:
        return None
    status, reason = _ENDINGS[result.ending]
    return Verdict(status=status, reason=reason)


def _reading_limits(settings: ParsingSettings) -> ReadingLimits:
    return ReadingLimits(
        max_chars=settings.max_chars,
        max_expanded_bytes=settings.max_expanded_bytes,
        max_expansion=settings.max_expansion,
        max_archive_bytes=settings.max_archive_bytes,
        cpu_s=settings.cpu_s,
        pdf_tables=settings.pdf_tables,
        pdf_drop_repeated=settings.pdf_drop_repeated,
        ocr=settings.ocr == "auto",
        ocr_languages="+".join(settings.ocr_languages),
        ocr_max_pages=settings.ocr_max_pages,
        ocr_page_s=settings.ocr_page_s,
        wall_s=settings.wall_s,
    )


def _worker_limits(settings: ParsingSettings) -> WorkerLimits:
    return WorkerLimits(
        cpu_s=settings.cpu_s,
        wall_s=settings.wall_s,
        memory_mb=settings.memory_mb,
        tasks=settings.files_per_worker,
    )
