"""`holdfast models get`: fetch the embedding model and build its graph."""

from __future__ import annotations

from holdfast.cli.screen import say, show
from holdfast.stages.embedding.choose import models_get


def get() -> int:
    """Fetch, verify and build what is missing; print the folder."""
    show(str(models_get(say)))
    return 0
