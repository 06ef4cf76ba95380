"""Documents of several owners, cut and embedded: what an index under test is filled with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.domain.access import EVERYONE, AccessList, Principal
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, Status
from holdfast.domain.queries import Filter, FloatArray, IndexQuery
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.records import chunks_of, document

EMBEDDER = BagEmbedder()
NO_FILTER = Filter()
COMMON = "torque"
"""A word that every chunk of the library holds."""

ANA = Principal(user="ana")
BEN = Principal(user="ben", groups=frozenset({"service"}))
EVE = Principal(user="eve", groups=frozenset({"sales"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A document with everything an index takes."""

    document: Document
    chunks: tuple[Chunk, ...]
    vectors: FloatArray
    """One unit row per chunk, of EMBEDDER."""

    @property
    def access(self) -> AccessList:
        """Return who may see it."""
        return self.document.access


def library() -> tuple[Volume, ...]:
    """Return volumes for all, for a group, for one person and for nobody; the closed ones match best."""
    return (
        *(_volume(f"open/{n}.md", f"torque of screw {n} in the open manual of pump {n}") for n in range(6)),
        *(_volume(f"service/{n}.md", "torque torque torque", entries=["service"]) for n in range(12)),
        _volume("ben.md", "torque torque for one", entries=["user:ben"]),
        _volume("closed.md", "torque torque torque torque", entries=[]),
        _volume("draft.md", "torque of a draft", status=Status.DRAFT),
        _volume("hx.md", "torque of a product", keys={"product": ("HX-200",)}),
    )


def visible(volumes: Iterable[Volume], principal: Principal) -> set[str]:
    """Return the paths that the principal may see."""
    return {volume.document.path for volume in volumes if volume.access.allows(principal)}


def a_query(text: str = COMMON, *, k: int = 50, filter_: Filter = NO_FILTER) -> IndexQuery:
    """Return a query for both legs."""
    return IndexQuery(text=text, vector=EMBEDDER.vectors([text])[0], k=k, filter=filter_)


def _volume(
    path: str,
    text: str,
    *,
    entries: Iterable[str] = (EVERYONE,),
    status: Status = Status.APPROVED,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> Volume:
    made = document(path, text, entries=entries, status=status, keys=keys)
    chunks = chunks_of(made, size=len(text))
    return Volume(document=made, chunks=chunks, vectors=EMBEDDER.vectors([chunk.indexed for chunk in chunks]))
