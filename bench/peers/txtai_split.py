"""txtai with its documents cut, so that the dense leg reads all of them."""

from __future__ import annotations

from peers import txtai

TITLE = "txtai, split"
HOW = (
    "the same over paragraphs, cut by its Segmentation pipeline as its examples do; a document counts at its "
    "best paragraph's rank"
)
ENVIRONMENT = "txtai"
PACKAGES = txtai.PACKAGES
WAYS = txtai.WAYS


class System(txtai.System):
    """One embeddings database of paragraphs."""

    is_split = True
