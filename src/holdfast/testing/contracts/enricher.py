"""The laws of an Enricher."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import Document, Metadata, ParsedDocument, ParseStatus
from holdfast.protocols import Enricher
from holdfast.testing.contracts.samples import a_file, at_once, documents


class EnricherContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Enricher:
        """Return the enricher under test."""
        raise NotImplementedError("override the fixture `part`: return an Enricher")

    def test_it_has_a_version(self, part: Enricher) -> None:
        """A new version is what makes a sync enrich everything again."""
        assert part.version
        assert part.version == part.version

    def test_everything_but_the_metadata_is_passed_on(self, part: Enricher) -> None:
        """Text, sections, access list, status and reason stay what they were."""
        for given in documents():
            made = _enriched(part, given)
            assert (made.source, made.path, made.stamp) == ("samples", given.path, "1")
            assert (made.text, made.sections) == (given.text, given.sections)
            assert made.access == given.access
            assert (made.status, made.reason) == (ParseStatus.PARTIAL, "2 of 3 pages")

    def test_metadata_is_in_its_declared_shape(self, part: Enricher) -> None:
        """Keys lead to tuples of text; no document supersedes itself."""
        for given in documents():
            metadata = _enriched(part, given).metadata
            assert isinstance(metadata, Metadata)
            assert all(
                isinstance(values, tuple) and all(isinstance(value, str) for value in values)
                for values in metadata.keys.values()
            )
            assert metadata.superseded_by != given.path

    def test_the_same_document_has_the_same_metadata(self, part: Enricher) -> None:
        """Also when several threads ask at once."""
        given = documents()[0]
        first = _enriched(part, given)
        assert all(made == first for made in at_once(lambda: _enriched(part, given)))


def _enriched(part: Enricher, given: Document) -> Document:
    raw = a_file(given.path, given.text.encode("utf-8", "replace"))
    parsed = ParsedDocument(
        text=given.text, sections=given.sections, status=ParseStatus.PARTIAL, reason="2 of 3 pages"
    )
    return part.enrich(raw, parsed)
