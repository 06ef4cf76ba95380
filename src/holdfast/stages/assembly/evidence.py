"""Choose which rows and hits become passages, best first, without repetition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from holdfast.domain.hits import Dropped, Hit, Leg
from holdfast.domain.prompts import Passage
from holdfast.domain.rows import Row
from holdfast.stages.assembly.duplicates import Shape, repeats, shape_of

_MERGED_CHARACTERS_AT_MOST = 2400
"""About three chunks: beyond that a citation says less about where to look."""
_NO_LEG = Leg(rank=0, score=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Passages in prompt order, numbered from 1, and what was left out."""

    passages: tuple[Passage, ...]
    dropped: tuple[Dropped, ...]


def evidence_of(
    hits: Sequence[Hit],
    rows: Sequence[Row],
    *,
    hits_at_most: int,
    rows_at_most: int,
    share: float,
    merge: bool,
) -> Evidence:
    """Return rows first (exact facts, fetched by key), then hits by rank."""
    dropped = [
        Dropped(thing=f"{row.document} {row.locator}", reason=f"more than {rows_at_most} rows")
        for row in rows[rows_at_most:]
    ]
    kept: list[Hit] = []
    shapes: list[Shape] = []
    for hit in hits:
        if len(kept) == hits_at_most:
            dropped.append(_dropped(hit, f"more than {hits_at_most} passages"))
            continue
        shape = shape_of(hit)
        twin = next((at for at, other in enumerate(shapes) if repeats(shape, other, share=share)), None)
        if twin is not None:
            dropped.append(_dropped(hit, f"repeats {_name(kept[twin])}"))
            continue
        near = _neighbour(hit, kept) if merge else None
        if near is not None:
            kept[near] = _merged(kept[near], hit)
            shapes[near] = shape_of(kept[near])
            continue
        kept.append(hit)
        shapes.append(shape)
    passages = [*map(_of_row, rows[:rows_at_most]), *map(_of_hit, kept)]
    return Evidence(passages=numbered(passages), dropped=tuple(dropped))


def numbered(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return the passages numbered from 1 in this order."""
    return tuple(replace(passage, n=n) for n, passage in enumerate(passages, start=1))


def name_of(passage: Passage) -> str:
    """Return how the record names a passage (`manuals/p4.md 120-610`, `lookup:orders row 2`)."""
    place = f"{passage.start}-{passage.end}" if passage.chunk_id is not None else str(passage.locator)
    return f"{passage.document} {place}".strip()


def _neighbour(hit: Hit, kept: Sequence[Hit]) -> int | None:
    """Return which kept hit touches or overlaps this one and stands in the same place of its document."""
    for at, other in enumerate(kept):
        if (
            other.document == hit.document
            and other.locator == hit.locator
            and other.context == hit.context
            and other.start <= hit.end
            and hit.start <= other.end
            and max(other.end, hit.end) - min(other.start, hit.start) <= _MERGED_CHARACTERS_AT_MOST
        ):
            return at
    return None


def _merged(better: Hit, other: Hit) -> Hit:
    """Return both as one hit whose text is still exactly the document's from `start` to `end`."""
    first, second = sorted((better, other), key=lambda hit: (hit.start, hit.end))
    text = first.text + second.text[max(0, first.end - second.start) :]
    legs = {
        leg: max((hit.legs.get(leg, _NO_LEG) for hit in (better, other)), key=lambda found: found.score)
        for leg in {*better.legs, *other.legs}
    }
    return replace(better, text=text, start=first.start, end=max(first.end, second.end), legs=legs)


def _of_hit(hit: Hit) -> Passage:
    return Passage(
        n=0,
        document=hit.document,
        text=hit.text,
        start=hit.start,
        end=hit.end,
        context=hit.context,
        locator=hit.locator,
        metadata=hit.metadata,
        chunk_id=hit.chunk_id,
        score=hit.score,
        dense_score=hit.legs["dense"].score if "dense" in hit.legs else 0.0,
        sparse_score=hit.legs["sparse"].score if "sparse" in hit.legs else 0.0,
    )


def _of_row(row: Row) -> Passage:
    text = row.text
    return Passage(n=0, document=row.document, text=text, start=0, end=len(text), locator=row.locator)


def _dropped(hit: Hit, reason: str) -> Dropped:
    return Dropped(thing=_name(hit), reason=reason)


def _name(hit: Hit) -> str:
    return f"{hit.document} {hit.start}-{hit.end}"
