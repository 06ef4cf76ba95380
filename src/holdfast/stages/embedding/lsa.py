"""Embed without a model: latent semantic analysis, learned from the corpus itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderUnavailable, StorageError
from holdfast.stages.embedding.latent_space import right_directions
from holdfast.stages.embedding.settings import LsaSettings
from holdfast.stages.embedding.term_matrix import tf_idf, vocabulary

NOTICE = (
    "No embedding model: meaning is guessed from which words occur together in these documents (LSA). "
    "Wordings that the documents never use are not understood."
)
_UNFITTED = "lsa/unfitted"
_RESERVED = {"query": -1, "document": -2}
"""Axes of their own for texts without a known term: such a query is at cosine 0 to every document."""
_TEXTS_PER_DIRECTION = 2
"""With a direction for every text nothing is drawn together (232 pages: nDCG@10 .705, not .685)."""
_KEPT = 3
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Space:
    places: dict[str, int]
    idf: FloatArray
    directions: FloatArray
    """Shape (terms, found)."""


class LsaEmbedder:
    """Learns once (`fit`), keeps what it learned in a folder, and opens it again from there.

    `wanted` opens the space of that fingerprint (the published index's) instead of the newest. Thread-safe.
    """

    def __init__(
        self, settings: LsaSettings, folder: Path, *, wanted: str = "", notice: str = NOTICE
    ) -> None:
        self.dimension = settings.dimension
        self.fingerprint = _UNFITTED
        self.notice = notice
        self._settings = settings
        self._folder = folder
        self._space: _Space | None = None
        path = _newest(folder, settings.dimension, wanted)
        if path is not None and (space := _read(path)):
            self._space = space
            self.fingerprint = _fingerprint_of(path)

    @property
    def is_fitted(self) -> bool:
        """Return whether there is a space to embed in."""
        return self._space is not None

    def fit(self, texts: Sequence[str]) -> None:
        """Learn from these texts and keep the result; changes the fingerprint; raise StorageError."""
        learned = _sampled(texts, self._settings.sample)
        weighted = vocabulary(learned, terms_at_most=self._settings.terms)
        places = {term: place for place, term in enumerate(weighted)}
        idf = np.array(list(weighted.values()), dtype=np.float32)
        matrix = tf_idf(learned, places, idf)
        directions = right_directions(
            matrix, rank=min(self.dimension - len(_RESERVED), len(learned) // _TEXTS_PER_DIRECTION)
        )
        path = _write(self._folder, self.dimension, list(places), idf, directions)
        self._space = _read(path)  # as the next process will have it, rounded
        self.fingerprint = _fingerprint_of(path)

    def unlearn(self) -> None:
        """Delete everything that was ever learned here: a word of a forgotten document may be in it."""
        for path in self._folder.glob("*lsa-*"):
            path.unlink(missing_ok=True)
        self._space = None
        self.fingerprint = _UNFITTED

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised; raise before the first fit."""
        return await asyncio.to_thread(self._embed, self._fitted(), texts, kind)

    def embed_question(self, text: str) -> FloatArray:
        """Return one query's vector, of shape (dimension,), made on the caller's thread; raise as `embed`."""
        question: FloatArray = self._embed(self._fitted(), [text], "query")[0]
        return question

    def _fitted(self) -> _Space:
        space = self._space
        if space is None:
            raise ProviderUnavailable(
                "nothing has been learned from the documents yet",
                stage=Stage.EMBEDDING,
                move="Run `holdfast sync`",
            )
        return space

    def _embed(self, space: _Space, texts: Sequence[str], kind: Literal["document", "query"]) -> FloatArray:
        projected = tf_idf(texts, space.places, space.idf).times(space.directions)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        vectors[:, : projected.shape[1]] = projected
        lengths = np.linalg.norm(vectors, axis=1)
        is_unknown = lengths < np.finfo(np.float32).eps
        vectors[is_unknown, _RESERVED[kind]] = lengths[is_unknown] = 1.0
        known: FloatArray = vectors / lengths[:, np.newaxis]
        return known


def _sampled(texts: Sequence[str], size: int) -> Sequence[str]:
    if len(texts) <= size:
        return texts
    places = np.random.default_rng(_SEED).choice(len(texts), size, replace=False)
    return [texts[place] for place in np.sort(places)]


def _newest(folder: Path, dimension: int, wanted: str) -> Path | None:
    kept = sorted(
        folder.glob(f"lsa-{dimension}-*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True
    )
    chosen = (path for path in kept if _fingerprint_of(path) == wanted)
    return next(chosen, kept[0] if kept else None)


def _fingerprint_of(path: Path) -> str:
    _, dimension, digest = path.stem.split("-")
    return f"lsa/{dimension}/{digest}"


def _write(folder: Path, dimension: int, terms: list[str], idf: FloatArray, directions: FloatArray) -> Path:
    """Write under the content's own name, at once, and let the oldest ones go."""
    spelled = np.frombuffer("\n".join(terms).encode(), dtype=np.uint8)
    small = directions.astype(np.float16)
    digest = hashlib.sha256(f"{spelled.shape} {idf.shape} {small.shape}".encode())
    for part in (spelled, idf, small):
        digest.update(part.tobytes())
    path = folder / f"lsa-{dimension}-{digest.hexdigest()[:16]}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".lsa-", delete=False) as file:
            partial = Path(file.name)
            try:
                np.savez(file, terms=spelled, idf=idf, directions=small)
                file.flush()
                os.fsync(file.fileno())
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        os.utime(path)
        for old in sorted(folder.glob("lsa-*.npz"), key=lambda kept: -kept.stat().st_mtime_ns)[_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"what was learned cannot be stored in {folder} ({error.strerror or type(error).__name__})",
            stage=Stage.EMBEDDING,
            move="Check its rights and the free space, or set HOLDFAST_HOME to another folder",
        ) from error
    return path


def _read(path: Path) -> _Space | None:
    """Return the space, or None for a damaged file: then the corpus is learned anew."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            terms = stored["terms"].tobytes().decode("utf-8")
            idf = stored["idf"].astype(np.float32)
            directions = stored["directions"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    places = {term: place for place, term in enumerate(terms.split("\n") if terms else [])}
    return _Space(places=places, idf=idf, directions=directions)
