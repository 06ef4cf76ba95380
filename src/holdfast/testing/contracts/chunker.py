"""The laws of a Chunker."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import Document
from holdfast.protocols import Chunker
from holdfast.testing.contracts.samples import at_once, documents

DOCUMENTS = documents()
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))


class ChunkerContract:
    """Override `part`; set `leaves_text_out` when the chunker drops text on purpose."""

    leaves_text_out = False

    @pytest.fixture
    def part(self) -> Chunker:
        """Return the chunker under test."""
        raise NotImplementedError("override the fixture `part`: return a Chunker")

    def test_it_has_a_version(self, part: Chunker) -> None:
        """A new version is what makes a sync cut everything again."""
        assert part.version
        assert part.version == part.version

    @EACH
    def test_a_chunk_is_a_slice_of_its_document(self, part: Chunker, document: Document) -> None:
        """Each `text` equals `document.text[start:end]`: a citation rests on these offsets."""
        for chunk in part.chunk(document):
            assert 0 <= chunk.start < chunk.end <= len(document.text)
            assert chunk.text == document.text[chunk.start : chunk.end]

    @EACH
    def test_chunks_come_in_order(self, part: Chunker, document: Document) -> None:
        """Ordinals count from 0 and no chunk begins before the one before it."""
        chunks = part.chunk(document)
        assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
        starts = [chunk.start for chunk in chunks]
        assert starts == sorted(starts)

    @EACH
    def test_no_chunk_is_blank(self, part: Chunker, document: Document) -> None:
        """Whitespace is not worth finding; a document without words has no chunks."""
        assert all(chunk.text.strip() for chunk in part.chunk(document))

    @EACH
    def test_chunks_cover_the_text(self, part: Chunker, document: Document) -> None:
        """Every character that is no whitespace can be found, unless the chunker says otherwise."""
        if self.leaves_text_out:
            pytest.skip("this chunker leaves text out on purpose")
        covered = {place for chunk in part.chunk(document) for place in range(chunk.start, chunk.end)}
        lost = [place for place, char in enumerate(document.text) if char.strip() and place not in covered]
        assert not lost, f"{len(lost)} characters are in no chunk, the first at {lost[0]}"

    def test_the_same_document_is_cut_the_same(self, part: Chunker) -> None:
        """Also when several threads ask at once."""
        first = part.chunk(DOCUMENTS[0])
        assert first
        assert all(chunks == first for chunks in at_once(lambda: part.chunk(DOCUMENTS[0])))
