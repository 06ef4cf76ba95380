"""A tiny embedder for tests: texts that share words are near, without any model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray

_WORD = re.compile(r"\w+")


class BagEmbedder:
    """Hashed bags of words, L2-normalised; the same text has the same vector everywhere."""

    def __init__(self, *, dimension: int = 64, salt: str = "") -> None:
        self.dimension = dimension
        self.fingerprint = f"bag/{dimension}/{salt}"
        self._salt = salt

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:  # noqa: ARG002
        """Return float32 of shape (len(texts), dimension)."""
        return self.vectors(texts)

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """Return what `embed` returns, to callers that wait for nothing."""
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def _vector(self, text: str) -> FloatArray:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in _WORD.findall(text.casefold()):
            vector += _word_vector(word, self._salt, self.dimension)
        norm = float(np.linalg.norm(vector))
        return vector / norm if norm else np.full(self.dimension, self.dimension**-0.5, dtype=np.float32)


@lru_cache(maxsize=100_000)
def _word_vector(word: str, salt: str, dimension: int) -> FloatArray:
    seed = int.from_bytes(hashlib.sha256(f"{salt}:{word}".encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
