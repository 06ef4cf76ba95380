"""Find passages for the training scripts: BM25 with MiniLM, fused as the defaults of retrieval do.

It stands in for the whole flow so that a training run needs no index on disk. Vectors are those of the
default embedder (`holdfast models get`) and are kept in the folder that HOLDFAST_TRAINING_CACHE names, so
that a second run takes seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.domain.queries import FloatArray
from holdfast.protocols import Embedder
from holdfast.stages.embedding.choose import embedder_for
from holdfast.stages.embedding.settings import EmbeddingSettings
from holdfast.text.sentences import split_sentences
from holdfast.text.words import content_stems

LONGEST_CHUNK = 850
PASSAGES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A chunk of one document."""

    document: str
    title: str
    text: str
    start: int = 0


class Standin:
    """One corpus, searchable by both legs."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = list(pieces)
        texts = [f"{piece.title}\n{piece.text}" for piece in self.pieces]
        self._counts = [Counter(content_stems(text)) for text in texts]
        self._frequency = Counter(stem for counts in self._counts for stem in counts)
        self._lengths = np.array([sum(counts.values()) or 1 for counts in self._counts], dtype=np.float32)
        self._vectors = embed(texts)

    def search(self, question: str, *, without: frozenset[str] = frozenset()) -> tuple[Passage, ...]:
        """Return the best passages, leaving out those of the documents named in `without`."""
        allowed = np.array([piece.document not in without for piece in self.pieces])
        dense = np.where(allowed, self._vectors @ embed([question])[0], -1)
        sparse = np.where(allowed, self._bm25(question), -1)
        fused = 0.5 * _unit(dense) + 0.5 * _unit(sparse)
        order = [int(i) for i in np.argsort(-fused, kind="stable")[:PASSAGES] if allowed[i]]
        return tuple(
            Passage(
                n=n,
                document=self.pieces[i].document,
                text=self.pieces[i].text,
                start=self.pieces[i].start,
                end=self.pieces[i].start + len(self.pieces[i].text),
                context=self.pieces[i].title,
                metadata=Metadata(title=self.pieces[i].title),
                chunk_id=i,
                score=float(fused[i]),
                dense_score=float(dense[i]),
                sparse_score=float(sparse[i]),
            )
            for n, i in enumerate(order, 1)
        )

    def _bm25(self, question: str, k1: float = 1.2, b: float = 0.75) -> FloatArray:
        scores = np.zeros(len(self.pieces), dtype=np.float32)
        norm = k1 * (1 - b + b * self._lengths / self._lengths.mean())
        for stem in content_stems(question):
            counts = np.array([held[stem] for held in self._counts], dtype=np.float32)
            n = self._frequency[stem]
            scores += (
                math.log(1 + (len(self.pieces) - n + 0.5) / (n + 0.5)) * counts * (k1 + 1) / (counts + norm)
            )
        return scores


def cut(document: str, title: str, text: str) -> list[Piece]:
    """Return chunks of whole sentences."""
    pieces: list[Piece] = []
    start = end = 0
    for sentence in split_sentences(text):
        if end > start and sentence.end - start > LONGEST_CHUNK:
            pieces.append(Piece(document=document, title=title, text=text[start:end], start=start))
            start = sentence.start
        end = sentence.end
    if end > start:
        pieces.append(Piece(document=document, title=title, text=text[start:end], start=start))
    return pieces


def embed(texts: Sequence[str]) -> FloatArray:
    """Return one unit vector per text, from the cache where it is known."""
    folder = Path(os.environ["HOLDFAST_TRAINING_CACHE"])
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(folder / "vectors.sqlite", timeout=300) as cache:
        cache.execute("CREATE TABLE IF NOT EXISTS vector (text BLOB PRIMARY KEY, value BLOB)")
        names = [hashlib.sha256(text.encode()).digest() for text in texts]
        known = {name: row[0] for name in names if (row := _cached(cache, name))}
        missing = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
        ordered = sorted(missing, key=lambda name: len(missing[name]))
        for start in range(0, len(ordered), 16):
            batch = ordered[start : start + 16]
            for name, vector in zip(batch, _encode([missing[name] for name in batch]), strict=True):
                known[name] = vector.astype(np.float32).tobytes()
                cache.execute("INSERT OR IGNORE INTO vector VALUES (?, ?)", (name, known[name]))
    return np.stack([np.frombuffer(known[name], dtype=np.float32) for name in names])


def _cached(cache: sqlite3.Connection, name: bytes) -> tuple[bytes] | None:
    return cache.execute("SELECT value FROM vector WHERE text = ?", (name,)).fetchone()  # type: ignore[no-any-return]


def _unit(scores: FloatArray) -> FloatArray:
    """Return scores between 0 and 1, over the best fifty as a real leg would have them."""
    best = np.sort(scores)[-50:]
    low, high = float(best[0]), float(best[-1])
    return np.clip((scores - low) / ((high - low) or 1.0), 0, 1)  # type: ignore[no-any-return]


def _encode(texts: list[str]) -> FloatArray:
    return asyncio.run(_minilm().embed(texts, kind="document"))


@cache
def _minilm() -> Embedder:
    state = Path(os.environ["HOLDFAST_TRAINING_CACHE"])
    return embedder_for(EmbeddingSettings(model="minilm"), root=state, state_folder=state)
