"""The `parsing` section of a declaration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holdfast.settings import PartSettings


class ParsingSettings(PartSettings):
    """How much a file may take, and which of its contents are read."""

    workers: int = Field(
        default=2, ge=1, le=64, description="Worker processes that read files at the same time."
    )
    max_bytes: int = Field(
        default=50 * 1024 * 1024, ge=1, description="Larger files are listed, not read (status limit_size)."
    )
    max_chars: int = Field(
        default=20_000_000, ge=1000, description="Reading stops after so many characters (status partial)."
    )
    max_expanded_bytes: int = Field(
        default=500 * 1024 * 1024,
        ge=1,
        description="Most bytes that an Office file or archive may unpack to.",
    )
    max_expansion: int = Field(
        default=200,
        ge=1,
        description="Most times its own size that a file above 20 MB unpacked may unpack to.",
    )
    max_archive_bytes: int = Field(
        default=200 * 1024 * 1024,
        ge=1,
        description="Most bytes of files that are taken out of one archive; the others are named.",
    )
    cpu_s: int = Field(default=60, ge=1, description="CPU seconds for one file.")
    wall_s: float = Field(
        default=300.0,
        gt=0,
        description="Seconds for one file, waiting included; keep it well above `cpu_s`: a busy machine "
        "is no fault of the file.",
    )
    memory_mb: int = Field(
        default=1536, ge=256, description="Address space of one worker in MiB (Linux; not enforced on macOS)."
    )
    files_per_worker: int = Field(default=200, ge=1, description="A worker is replaced after so many files.")
    pdf_tables: bool = Field(
        default=True, description="Read tables of PDF pages as rows, not as lines of text."
    )
    pdf_drop_repeated: bool = Field(
        default=True,
        description="Keep a header or footer line that most PDF pages repeat on its first page only.",
    )
    ocr: Literal["auto", "off"] = Field(
        default="auto",
        description="Recognise the text of scanned pages and pictures by tesseract, where it is installed.",
    )
    ocr_languages: tuple[str, ...] = Field(
        default=(),
        description="Languages as tesseract names them (eng, deu); none: those installed, up to four.",
    )
    ocr_max_pages: int = Field(default=200, ge=1, description="Most pages of one file that are recognised.")
    ocr_page_s: float = Field(default=60.0, gt=0, description="Seconds for recognising one page.")
