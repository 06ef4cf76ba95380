"""A document on its way: found, read, parsed, enriched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from holdfast.domain.access import NOBODY, AccessList
from holdfast.domain.locators import NOWHERE, Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A document that a source lists, before it is read."""

    source: str
    path: str
    """Path relative to the source's root, `/` between its parts; unique within the workflow."""
    access: AccessList
    size: int
    """Bytes."""
    stamp: str
    """Changes whenever the content may have changed (size, time, inode); cheap to get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """A document's bytes as they were read once, with everything its source knows of it."""

    source: str
    path: str
    data: bytes = field(repr=False)
    digest: str
    """sha256 of `data`, hex."""
    access: AccessList = NOBODY
    stamp: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


class SectionKind(StrEnum):
    """What a section holds, as far as chunking has to know."""

    TEXT = "text"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A run of the canonical text that has one locator.

    `start` and `end` are character offsets into `ParsedDocument.text`, end excluded. Sections are in
    order and tile the text without gap or overlap, so every character has a locator.
    """

    start: int
    end: int
    locator: Locator = NOWHERE
    kind: SectionKind = SectionKind.TEXT
    header: str = ""
    """For a table: its header row as one line of text, repeated in front of each chunk of rows."""
    row_starts: tuple[int, ...] = ()
    """For a table: the offset at which each row begins, ascending, the first equal to `start`."""
    row_locators: tuple[Locator, ...] = ()
    """For a table: one locator per row, or empty when rows have none of their own."""
    hidden: bool = False
    """Text that a reader of the original does not see (hidden sheet, `display:none`)."""
    continues: bool = False
    """It begins within a sentence that the section before left open, as on the next page of a PDF."""


class ParseStatus(StrEnum):
    """How reading a file ended."""

    OK = "ok"
    SUSPECT = "suspect"
    PARTIAL = "partial"
    NEEDS_OCR = "needs_ocr"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    LIMIT_SIZE = "limit_size"
    LIMIT_CPU = "limit_cpu"
    LIMIT_MEMORY = "limit_memory"
    CRASHED = "crashed"
    TIMEOUT = "timeout"

    @property
    def has_text(self) -> bool:
        """Return whether a document that ended so is indexed (perhaps with a listed problem)."""
        return self in (ParseStatus.OK, ParseStatus.SUSPECT, ParseStatus.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside another document; it becomes a document of its own, with the outer access list."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """The canonical text of a document with a locator for every character, or why there is none."""

    text: str
    sections: tuple[Section, ...] = ()
    status: ParseStatus = ParseStatus.OK
    reason: str = ""
    """In words, for every status but OK: what is wrong and, where there is one, the next move."""
    media_type: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Document properties and front matter, lower-case keys (`title`, `author`, `created`, `status`)."""
    attachments: tuple[Attachment, ...] = ()
    parser: str = ""
    """Name and version of the part that read it."""


class Status(StrEnum):
    """Standing of a document among its revisions in the company."""

    APPROVED = "approved"
    DRAFT = "draft"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known of a document beside its text."""

    title: str = ""
    number: str = ""
    """The number it calls itself by (`Document: WP-2022`), empty when it names none."""
    language: str = ""
    """ISO 639-1 code, or empty when it could not be told."""
    created: date | None = None
    effective: date | None = None
    """The date from which it counts; falls back to the date of its last change."""
    status: Status = Status.APPROVED
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Declared keys (product, bulletin...) and their values: front matter first, then by frequency."""
    hidden: Mapping[str, int] = field(default_factory=dict)
    """Characters of text that is hidden, by `holdfast.domain.hidden.Hiding`; counted when it is filed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed document with its metadata and access list: what is chunked and indexed."""

    source: str
    path: str
    digest: str
    text: str = field(repr=False)
    sections: tuple[Section, ...] = field(repr=False)
    metadata: Metadata = field(default_factory=Metadata)
    access: AccessList = NOBODY
    status: ParseStatus = ParseStatus.OK
    reason: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A document that needs a person: at which stage, and why, in words."""

    document: str
    stage: str
    reason: str
