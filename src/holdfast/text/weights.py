"""How much a word tells: rare stems weigh more than common ones."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

_UNSEEN_SHARE = 0.0005


@lru_cache(maxsize=1 << 16)
def weight(stem: str) -> float:
    """Return the weight of a stem, 1 for one that no everyday text holds, near .2 for the commonest."""
    share = _shares().get(stem, _UNSEEN_SHARE)
    return math.log(1 / share) / math.log(1 / _UNSEEN_SHARE)


def covered(wanted: Iterable[str], held: frozenset[str]) -> float:
    """Return the weighted share of the wanted stems that are held; 0 when nothing is wanted."""
    wanted = frozenset(wanted)
    total = sum(map(weight, wanted))
    return sum(map(weight, wanted & held)) / total if total else 0.0


def is_everyday(stem: str) -> bool:
    """Return whether everyday text holds the stem often enough to be counted."""
    return stem in _shares()


@lru_cache(maxsize=1)
def _shares() -> dict[str, float]:
    """Return the share of everyday passages that hold each frequent stem (scripts/count_words.py)."""
    text = files("holdfast.text").joinpath("background.json").read_text(encoding="utf-8")
    return {stem: float(share) for stem, share in json.loads(text).items()}
