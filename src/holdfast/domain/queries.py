"""A query to the index: text, vector, filters; the principal travels beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from holdfast.domain.documents import Status

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which documents may be found at all, beside the access lists."""

    exclude: frozenset[Status] = frozenset()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key to accepted values: a document must carry one of them for every key named here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """One query for the legs of the index; a leg whose input is missing is not searched."""

    text: str = ""
    vector: FloatArray | None = field(default=None, repr=False)
    """Shape (dimension,), L2-normalised."""
    k: int = 50
    """Hits wanted from each leg."""
    filter: Filter = Filter()
