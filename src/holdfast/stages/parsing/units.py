"""What readers yield: units of blocks, and what else they learn of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import NOWHERE, Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of text with one locator, or a table."""

    text: str = ""
    """Empty for a table: its rows are its text."""
    locator: Locator = NOWHERE
    kind: SectionKind = SectionKind.TEXT
    hidden: bool = False
    header: str = ""
    rows: tuple[str, ...] = ()
    row_locators: tuple[Locator, ...] = ()
    continues: bool = False
    """Goes on with the table or the sentence of the block before: one line break between them, not two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A page, sheet, slide, message part or a whole small file; sent as soon as it is read."""

    key: str
    """`page 3`, in words a reader follows. A unit sent again replaces the one of the same key."""
    blocks: tuple[Block, ...]

    @property
    def chars(self) -> int:
        """Return how many characters it holds."""
        return sum(len(block.text) + sum(map(len, block.rows)) for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What kind of file it turned out to be, by its media type."""

    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Document properties, front matter or message headers, with lower-case keys."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file inside the file."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is to read, as far as it can be told before: lets the verdict be judged."""

    units: int = 0
    """Pages, slides, sheets; 0 when the format has none."""
    text_bytes: int = 0
    """Unpacked bytes of the parts that hold text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Units that show pictures and hold next to no text."""

    keys: tuple[str, ...]
    move: str = "Run text recognition (OCR) on it"
    """What would make their text readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A status other than OK that the reader itself can tell; units sent before it are kept."""

    status: ParseStatus
    reason: str


Found: TypeAlias = Recognised | Unit | Properties | Attached | Size | Pictures | Verdict
Reading: TypeAlias = Iterator[Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """What a reader must not exceed, and what it may leave out."""

    max_chars: int = 20_000_000
    max_expanded_bytes: int = 500 * 1024 * 1024
    max_expansion: int = 200
    max_archive_bytes: int = 200 * 1024 * 1024
    cpu_s: int = 60
    pdf_tables: bool = True
    pdf_drop_repeated: bool = True
    ocr: bool = True
    ocr_languages: str = ""
    """As tesseract takes them (`eng+deu`); empty: those that are installed."""
    ocr_max_pages: int = 200
    ocr_page_s: float = 60.0
    wall_s: float = 300.0


class Unreadable(Exception):
    """The file cannot be read (on): which status, and why in words."""

    def __init__(self, status: ParseStatus, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def malformed(what: str) -> Unreadable:
    """Return the failure of a file that is damaged or not what it says."""
    return Unreadable(ParseStatus.MALFORMED, f"{what}. Open it in its own program and save it again")
