"""Find the decided cases that ask the same, by what their questions come down to."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from holdfast.domain.reviews import Action
from holdfast.storage.inserting import insert_into
from holdfast.storage.review_tables import gists, review_items
from holdfast.text.gists import Gist, gist_of

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A decided case that asks the same."""

    run: str
    overlap: float
    """The share of both questions' words that both have; 1: none differs."""


def gist_of_item(item: Mapping[str, Any]) -> Gist | None:
    """Return what an item as it is on record comes down to.

    None for a follow-up and for one with attachments: what it asks does not stand in its question.
    """
    if item.get("history") or item.get("attachments"):
        return None
    return gist_of(str(item.get("question") or ""), item.get("fields") or {})


def keep_gist(connection: sa.Connection, run: str, item: Mapping[str, Any]) -> None:
    """Write down what the question of a decided case comes down to, as digests: no word of it is readable."""
    if rows := rows_of(run, item):
        connection.execute(insert_into(connection, gists).on_conflict_do_nothing(), rows)


def rows_of(run: str, item: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return a row for each word of an item's question, none where nothing tells it apart."""
    gist = gist_of_item(item)
    if gist is None:
        return []
    exact, size = _digest_of(gist.exact), len(gist.words)
    return [
        {"run": run, "exact": exact, "word": _number_of(word), "size": size} for word in sorted(gist.words)
    ]


def forget_gists(connection: sa.Connection, runs: Collection[str]) -> None:
    """Take out what the questions of these runs come down to."""
    connection.execute(sa.delete(gists).where(gists.c.run.in_(runs)))


def decided_alike(
    connection: sa.Connection,
    gist: Gist,
    *,
    least: float,
    verdicts: Collection[Action],
    but: str = "",
    limit: int = 200,
) -> tuple[Asking, ...]:
    """Return finished cases whose question is the same, the last decided first; nobody's access is asked.

    `least` is the overlap from which it counts as the same, above 0.
    """
    size, numbers = len(gist.words), [_number_of(word) for word in sorted(gist.words, key=_rarest_first)]
    fewest = math.ceil(size * least - _ROUNDING)
    found = connection.execute(
        _ALIKE,
        {
            "exact": _digest_of(gist.exact), "words": numbers, "some": numbers[: size - fewest + 1],
            "wanted": size, "fewest": fewest, "most": math.floor(size / least + _ROUNDING),
            "least": least - _ROUNDING, "verdicts": [one.value for one in verdicts], "but": but,
            "limit": limit,
        },
    )  # fmt: skip
    return tuple(Asking(run=row.run, overlap=row.shared / (size + row.size - row.shared)) for row in found)


def _rarest_first(word: str) -> tuple[int, str]:
    return -len(word), word  # long words stand in fewer questions


def _alike() -> sa.Select[Any]:
    """Return the query: of those that share one of so many words that they must, those that share enough."""
    shared = sa.func.count()
    wanted = sa.bindparam("wanted", type_=sa.Integer)
    near = sa.select(gists.c.run).where(
        gists.c.exact == sa.bindparam("exact"),
        gists.c.word.in_(sa.bindparam("some", expanding=True)),
        gists.c.size.between(sa.bindparam("fewest"), sa.bindparam("most")),
        gists.c.run != sa.bindparam("but"),
    )
    alike = (
        sa.select(gists.c.run, gists.c.size, shared.label("shared"))
        .where(gists.c.run.in_(near), gists.c.word.in_(sa.bindparam("words", expanding=True)))
        .group_by(gists.c.run, gists.c.size)
        .having(shared >= sa.bindparam("least", type_=sa.Float) * (wanted + gists.c.size - shared))
        .subquery()
    )
    return (
        sa.select(alike)
        .join(review_items, review_items.c.run == alike.c.run)
        .where(
            review_items.c.state == "done",
            review_items.c.verdict.in_(sa.bindparam("verdicts", expanding=True)),
        )
        .order_by(review_items.c.done_at.desc(), alike.c.run)
        .limit(sa.bindparam("limit"))
    )


_ALIKE = _alike()


def _digest_of(exact: Collection[str]) -> str:
    return blake2b("\0".join(sorted(exact)).encode("utf-8", "replace"), digest_size=16).hexdigest()


@lru_cache(maxsize=1 << 14)
def _number_of(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
