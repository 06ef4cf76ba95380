"""Keep the order of the fusion, and the best hits of it."""

from __future__ import annotations

from dataclasses import replace

from holdfast.domain.hits import Dropped, Retrieved
from holdfast.domain.items import WorkItem


class KeepOrder:
    """The reranker of a workflow without one."""

    def __init__(self, *, keep: int) -> None:
        self._keep = keep

    async def rerank(self, item: WorkItem, retrieved: Retrieved) -> Retrieved:  # noqa: ARG002 the socket's shape
        """Return the first hits as they are."""
        return first(retrieved, self._keep)


def first(retrieved: Retrieved, keep: int) -> Retrieved:
    """Return the first `keep` hits; the others are recorded as dropped."""
    if len(retrieved.hits) <= keep:
        return retrieved
    left = tuple(
        Dropped(
            thing=f"{hit.document} {hit.start}-{hit.end}",
            reason=f"not among the first {keep} after reranking",
        )
        for hit in retrieved.hits[keep:]
    )
    return replace(retrieved, hits=retrieved.hits[:keep], dropped=(*retrieved.dropped, *left))
