"""The documents of a judged corpus, whole or in part, as every system is given them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.evaluation.beir import SUFFIX, BeirSource, Judged


def documents_of(dataset: Path) -> list[dict[str, str]]:
    """Return `id`, `title` and `body` of each document; raise UsageError for another layout."""
    source = BeirSource(dataset)
    raws = [source.read(found) for found in source.survey().found]
    return [
        {
            "id": raw.path.removesuffix(SUFFIX),
            "title": str(raw.properties.get("title") or ""),
            "body": raw.data.decode("utf-8"),
        }
        for raw in raws
    ]


def part_of(
    documents: Sequence[dict[str, str]], judged: Sequence[Judged], limit: int | None
) -> list[dict[str, str]]:
    """Return the first documents and all that a question needs, in the corpus's order.

    More than the limit only where the questions need more.
    """
    if limit is None:
        return list(documents)
    needed = {name for one in judged for name, grade in one.relevance.items() if grade > 0}
    others = [one["id"] for one in documents if one["id"] not in needed]
    kept = needed.union(others[: max(limit - len(needed), 0)])
    return [one for one in documents if one["id"] in kept]
