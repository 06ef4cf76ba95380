"""The laws of an Embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from holdfast.domain.queries import FloatArray
from holdfast.protocols import Embedder, EmbedsHere, Fittable
from holdfast.testing.contracts.samples import ODD_TEXTS, ORDINARY_TEXTS, TORQUES

Kind = Literal["document", "query"]
KINDS = pytest.mark.parametrize("kind", ["document", "query"])
TOLERANCE = 1e-3
"""Several texts in one batch may be rounded otherwise than each alone."""


class EmbedderContract:
    """Override `part`; one that learns has to be fitted already."""

    @pytest.fixture
    def part(self) -> Embedder:
        """Return the embedder under test."""
        raise NotImplementedError("override the fixture `part`: return an Embedder")

    @KINDS
    def test_a_row_for_each_text(self, part: Embedder, kind: Kind) -> None:
        """Float32 of shape (len(texts), dimension), every row of length one."""
        texts = (*TORQUES, *ORDINARY_TEXTS)
        vectors = _embedded(part, texts, kind)
        assert vectors.shape == (len(texts), part.dimension)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=TOLERANCE)

    @KINDS
    def test_no_text_is_no_row(self, part: Embedder, kind: Kind) -> None:
        """Nothing to embed gives shape (0, dimension)."""
        vectors = _embedded(part, [], kind)
        assert vectors.shape == (0, part.dimension)
        assert vectors.dtype == np.float32

    @KINDS
    def test_odd_texts_have_unit_vectors_too(self, part: Embedder, kind: Kind) -> None:
        """Blank, endless or strange: no NaN and no row of zeros, which would be near to nothing."""
        vectors = _embedded(part, ODD_TEXTS, kind)
        assert np.isfinite(vectors).all()
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=TOLERANCE)

    @KINDS
    def test_a_text_has_one_vector(self, part: Embedder, kind: Kind) -> None:
        """Alone, among others, in another order, in another event loop."""
        together = _embedded(part, TORQUES, kind)
        reverse = _embedded(part, TORQUES[::-1], kind)[::-1]
        alone = np.concatenate([_embedded(part, [text], kind) for text in TORQUES])
        assert np.allclose(together, reverse, atol=TOLERANCE)
        assert np.allclose(together, alone, atol=TOLERANCE)

    def test_calls_at_the_same_time_do_not_mix(self, part: Embedder) -> None:
        """Documents of a sync and queries are embedded side by side."""

        async def all_at_once() -> list[FloatArray]:
            calls = [part.embed([text], kind="document") for text in TORQUES]
            calls += [part.embed([text], kind="query") for text in TORQUES]
            return await asyncio.gather(*calls)

        expected = np.concatenate([_embedded(part, TORQUES, "document"), _embedded(part, TORQUES, "query")])
        assert np.allclose(np.concatenate(asyncio.run(all_at_once())), expected, atol=TOLERANCE)

    def test_a_question_on_the_callers_thread_has_the_same_vector(self, part: Embedder) -> None:
        """For those that compute in this process; the others have no such method."""
        if isinstance(part, EmbedsHere):
            alone = np.stack([part.embed_question(text) for text in TORQUES])
            assert np.allclose(alone, _embedded(part, TORQUES, "query"), atol=TOLERANCE)

    def test_the_fingerprint_stays(self, part: Embedder) -> None:
        """It changes with model, weights or settings only: vectors of two are never compared."""
        before = part.fingerprint
        assert before
        _embedded(part, TORQUES, "document")
        assert part.fingerprint == before


class FittableContract:
    """For an embedder that learns; override `unfitted`."""

    @pytest.fixture
    def unfitted(self) -> Fittable:
        """Return the embedder before it has learned anything."""
        raise NotImplementedError("override the fixture `unfitted`: return a Fittable embedder")

    def test_fitting_makes_it_fit(self, unfitted: Fittable) -> None:
        """It knows whether it has learned, and its fingerprint changes with what it learned."""
        knew, prints = [unfitted.is_fitted], [_fingerprint(unfitted)]
        for texts in (TORQUES * 5, ORDINARY_TEXTS * 5):
            unfitted.fit(texts)
            knew.append(unfitted.is_fitted)
            prints.append(_fingerprint(unfitted))
        assert knew == [False, True, True]
        assert len(set(prints)) == len(prints)


def _fingerprint(part: object) -> str:
    fingerprint = getattr(part, "fingerprint", "")
    assert isinstance(fingerprint, str)
    return fingerprint


def _embedded(part: Embedder, texts: Sequence[str], kind: Kind) -> FloatArray:
    return asyncio.run(part.embed(texts, kind=kind))
