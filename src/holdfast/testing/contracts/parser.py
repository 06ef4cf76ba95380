"""The laws of a Parser."""

from __future__ import annotations

from itertools import pairwise

import pytest

from holdfast.domain.documents import ParsedDocument, RawDocument, SectionKind
from holdfast.protocols import Parser
from holdfast.testing.contracts.samples import ODD_TEXTS, a_file, at_once

BAD_FILES = (
    a_file("empty.txt", b""),
    a_file("empty.pdf", b""),
    a_file("cut.pdf", b"%PDF-1.7\n1 0 obj << /Type /Catalog"),
    a_file("cut.docx", b"PK\x03\x04\x14\x00\x00\x00"),
    a_file("noise.bin", bytes(range(256)) * 20),
    a_file("noise.txt", b"\xff\xfe\x00\xd8 \x80\x81"),
    a_file("no-extension", b"\x7fELF\x02\x01\x01"),
    a_file("odd.txt", "\n".join(ODD_TEXTS).encode("utf-8", "replace")),
)


class ParserContract:
    """Override `part`; override `readable` when the parser reads no plain text."""

    @pytest.fixture
    def part(self) -> Parser:
        """Return the parser under test."""
        raise NotImplementedError("override the fixture `part`: return a Parser")

    @pytest.fixture
    def readable(self) -> tuple[RawDocument, str]:
        """Return a file that the parser reads, and words that are in it."""
        text = "Torques\n\nThe cover screws are tightened to 24 Nm.\n"
        return a_file("torques.txt", text.encode()), "cover screws are tightened to 24 Nm"

    def test_it_has_a_version(self, part: Parser) -> None:
        """A new version is what makes a sync read everything again."""
        assert part.version
        assert part.version == part.version

    def test_a_readable_file_has_its_text(self, part: Parser, readable: tuple[RawDocument, str]) -> None:
        """The words of the file stand in the canonical text."""
        raw, words = readable
        parsed = part.parse(raw)
        assert parsed.status.has_text, parsed.reason
        assert words in parsed.text

    def test_sections_tile_the_text(self, part: Parser, readable: tuple[RawDocument, str]) -> None:
        """No gap and no overlap, so that every character has a locator; rows lie inside their table."""
        for raw in (readable[0], *BAD_FILES):
            _tiles(part.parse(raw))

    @pytest.mark.parametrize("raw", BAD_FILES, ids=lambda raw: raw.path)
    def test_bad_content_is_a_status_with_its_reason(self, part: Parser, raw: RawDocument) -> None:
        """Whatever is in a file, nothing is raised; what is not plainly OK says why."""
        parsed = part.parse(raw)
        assert isinstance(parsed, ParsedDocument)
        assert parsed.status == "ok" or parsed.reason
        assert parsed.status.has_text or not parsed.text

    def test_the_same_bytes_are_the_same_document(
        self, part: Parser, readable: tuple[RawDocument, str]
    ) -> None:
        """Also when several threads ask at once: the trail runs parsers off the event loop."""
        first = part.parse(readable[0])
        assert all(parsed == first for parsed in at_once(lambda: part.parse(readable[0]), times=4))


def _tiles(parsed: ParsedDocument) -> None:
    sections = parsed.sections
    if not parsed.text:
        assert all(section.start == section.end == 0 for section in sections)
        return
    assert sections, "there is text without a section"
    assert (sections[0].start, sections[-1].end) == (0, len(parsed.text))
    assert all(one.end == other.start for one, other in pairwise(sections))
    for section in sections:
        if section.kind is SectionKind.TABLE and section.row_starts:
            assert section.row_starts[0] == section.start
            assert list(section.row_starts) == sorted(set(section.row_starts))
            assert section.row_starts[-1] < max(section.end, section.start + 1)
            assert len(section.row_locators) in (0, len(section.row_starts))
