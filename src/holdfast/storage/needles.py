"""What to look for after something was forgotten: pieces of it that stand nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa

from holdfast.domain.items import GOLDEN
from holdfast.storage.encoding import texts_in, unpack, unpack_text
from holdfast.storage.parts import in_parts
from holdfast.storage.schema import chunks, documents, problems, runs, vectors

MOST = 24
"""Pieces of one text."""
LEAST, LONGEST = 16, 48
"""Characters of a piece: shorter ones prove nothing, longer ones are more likely to be cut somewhere."""
WORDS = 200
"""Words that are looked for by themselves."""
LONG, ENDING = 11, 4
"""Letters from which a word is, and how many of its last a stemmer may take."""
VECTOR_BYTES = 24
_LONG = re.compile(rf"[^\W\d_]{{{LONG},}}")
_BREAKS = re.compile(r'["\\\x00-\x1f\ufffd]+')
"""What JSON writes in another way, and what was changed to be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needles:
    """Pieces that stood in what was forgotten and in nothing else on record."""

    texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Long words that no other document has: looked for where vocabularies lie, not in records of talk."""
    vectors: tuple[bytes, ...] = ()
    """How its vectors begin, as they stand in the database and as they stand in the dense leg's file."""
    chunks: frozenset[int] = frozenset()
    """Numbers of its chunks, by which both legs know them."""


def needles_of_documents(connection: sa.Connection, source: str, paths: Sequence[str]) -> Needles:
    """Return what tells these documents, all revisions and problems of them, from all others."""
    mine = (documents.c.source == source) & documents.c.path.in_(list(paths))
    numbers = sa.select(documents.c.id).where(mine)
    rows = connection.execute(sa.select(documents.c.title, documents.c.text).where(mine)).all()
    whole = [text for row in rows for text in (row.title, unpack_text(row.text))]
    pieces = [*(row.title for row in rows), *(piece for text in whole for piece in _pieces(text))]
    there = (problems.c.source == source) & problems.c.path.in_(list(paths))
    pieces += connection.execute(sa.select(problems.c.reason).where(there)).scalars()
    others = (
        text
        for row in connection.execute(
            sa.select(documents.c.path, documents.c.title, documents.c.text)
            .where(~mine)
            .execution_options(yield_per=100)
        )
        for text in (row.path, row.title, unpack_text(row.text))
    )
    reasons = connection.execute(sa.select(problems.c.reason).where(~there)).scalars().all()
    told, words = _telling([*paths, *pieces], _words(whole), chain(reasons, others))
    mine_chunks = sa.select(chunks.c.id).where(chunks.c.document_id.in_(numbers))
    return Needles(
        texts=told,
        words=words,
        vectors=tuple(_vectors(connection, numbers)),
        chunks=frozenset(connection.execute(mine_chunks).scalars()),
    )


def needles_of_person(connection: sa.Connection, user: str) -> Needles:
    """Return pieces of what a person asked that stand in nobody else's items and name or hold no document.

    The name of a golden case that is asked as them is not theirs: it stays with its file and its experiments.
    """
    mine = runs.c.principal == user
    items = connection.execute(sa.select(runs.c.item).where(mine)).scalars()
    told = (text for item in items for text in texts_in(_without_case(unpack(item))))
    pieces = [piece for text in told for piece in _pieces(text)]
    asked = connection.execute(sa.select(runs.c.item).where(~mine).execution_options(yield_per=100))
    others = [text for item in asked.scalars() for text in texts_in(unpack(item))]
    kept = sa.select(documents.c.path, documents.c.title, documents.c.text)
    read = connection.execute(kept.execution_options(yield_per=100))
    texts = (text for row in read for text in (row.path, row.title, unpack_text(row.text)))
    own, _ = _telling(pieces, (), chain(others, texts))
    return Needles(texts=own)


def _without_case(item: Any) -> Any:
    is_golden = isinstance(item, dict) and item.get("origin") == GOLDEN
    return {key: value for key, value in item.items() if key != "id"} if is_golden else item


def _pieces(text: str) -> Iterator[str]:
    """Yield pieces of the text, spread over it, that stand in it as they are."""
    lines = [piece.strip() for piece in _BREAKS.split(text)]
    long = [line for line in lines if len(line) >= LEAST]
    step = max(1, len(long) // MOST)
    for line in long[::step][:MOST]:
        start = max(0, (len(line) - LONGEST) // 2)
        yield line[start : start + LONGEST].strip()


def _telling(
    pieces: Iterable[str], words: Iterable[str], others: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pieces and the words that stand in none of the others."""
    left = {piece for piece in pieces if len(piece) >= LEAST and not _BREAKS.search(piece)}
    rare = set(words)
    for text in others:
        folded = text.casefold()
        left = {piece for piece in left if piece not in text}
        rare = {word for word in rare if word not in folded}
        if not left and not rare:
            break
    return tuple(sorted(left)), tuple(sorted(rare))


def _words(texts: Iterable[str]) -> list[str]:
    """Return the longest words without their endings, as vocabularies and term lists hold them."""
    found = {word for text in texts for word in _LONG.findall(text.casefold())}
    longest = sorted(found, key=lambda word: (-len(word), word))[:WORDS]
    return [word[: max(LONG, len(word) - ENDING)] for word in longest]


def _vectors(connection: sa.Connection, numbers: sa.Select[tuple[int]]) -> Iterator[bytes]:
    """Yield the beginnings of vectors that no other document's text needs."""
    own = set(
        connection.execute(sa.select(chunks.c.text_key).where(chunks.c.document_id.in_(numbers))).scalars()
    )
    for some in in_parts(sorted(own)):
        shared = sa.select(chunks.c.text_key).where(
            chunks.c.text_key.in_(some), chunks.c.document_id.not_in(numbers)
        )
        query = sa.select(vectors.c.vector).where(
            vectors.c.text_key.in_(some), vectors.c.text_key.not_in(shared)
        )
        for data in connection.execute(query).scalars():
            vector = np.frombuffer(data, dtype=np.float16).astype(np.float32)
            if np.count_nonzero(vector[: VECTOR_BYTES // 4]) * 4 == VECTOR_BYTES:
                yield data[:VECTOR_BYTES]
                yield (vector / max(float(np.linalg.norm(vector)), 1e-12)).tobytes()[:VECTOR_BYTES]
