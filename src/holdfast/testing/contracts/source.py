"""The laws of a Source."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from holdfast.domain.access import AccessList
from holdfast.errors import DocumentError
from holdfast.protocols import Source


class SourceContract:
    """Override `part` with a source that holds one document or more, all of them readable."""

    @pytest.fixture
    def part(self) -> Source:
        """Return the source under test."""
        raise NotImplementedError("override the fixture `part`: return a Source with documents")

    def test_documents_have_unique_relative_paths(self, part: Source) -> None:
        """A path is relative, with `/` between its parts, never climbs, and names one document."""
        paths = [found.path for found in part.survey().found]
        assert paths, "the suite needs a source with documents"
        assert len(set(paths)) == len(paths)
        for path in paths:
            assert path
            assert not path.startswith("/")
            assert not {"", ".", ".."} & set(path.split("/"))

    def test_every_document_says_whose_it_is(self, part: Source) -> None:
        """The source's name, an access list, a size and a stamp come with each document."""
        for found in part.survey().found:
            assert found.source == part.name
            assert isinstance(found.access, AccessList)
            assert found.size >= 0
            assert found.stamp

    def test_an_unchanged_source_is_listed_the_same_again(self, part: Source) -> None:
        """Order, stamps and access lists stay while nothing changes: else each sync reads everything."""
        first, second = part.survey(), part.survey()
        assert first.found == second.found
        assert first.permissions_digest == second.permissions_digest

    def test_its_permissions_are_told_as_its_listing_has_them(self, part: Source) -> None:
        """Where it has a `permissions_digest()`: with another one it would be listed before each question."""
        if (digest := getattr(part, "permissions_digest", None)) is not None:
            assert digest() == part.survey().permissions_digest != ""

    def test_what_could_not_be_looked_at_is_told(self, part: Source) -> None:
        """Each unlisted place is a problem as well, and nothing below it counts as gone."""
        listing = part.survey()
        assert len(listing.problems) >= len(listing.unlisted)
        assert all(listing.may_still_hold(f"{place}/below") for place in listing.unlisted)

    def test_reading_returns_the_bytes_with_their_digest(self, part: Source) -> None:
        """What is read keeps the name and the access list it was listed with."""
        for found in part.survey().found:
            raw = part.read(found)
            assert (raw.source, raw.path, raw.access) == (found.source, found.path, found.access)
            assert raw.digest == hashlib.sha256(raw.data).hexdigest()
            assert raw.stamp == found.stamp

    def test_a_document_that_is_gone_is_a_document_error(self, part: Source) -> None:
        """It is recorded with that reason and the sync goes on; any other error would end the sync."""
        found = part.survey().found[0]
        with pytest.raises(DocumentError) as caught:
            part.read(replace(found, path="no/such/document.txt", stamp="gone"))
        assert caught.value.what
