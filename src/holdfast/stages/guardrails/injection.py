"""Score how much a person's text reads like an attempt to give the system other instructions."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.stages.guardrails.settings import InjectionSettings

LIMITS = (
    "Only what a person writes is scored. Instructions hidden in a document, mail or attachment cannot be "
    "told from its content: document text is fenced as data, and tools need a policy."
)
"""What this guardrail cannot do, for the interface to say."""

WINDOW_CHARS = 700
STEP_CHARS = 500
SOFTENING = 400.0
"""Added to the squared length of a feature vector: without it the single word `and` scored .80."""
_WORD = re.compile(r"\w+")
_CHAR_GRAMS = (3, 4)
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A logistic regression over TF-IDF features, as `scripts/train_injection.py` made it."""

    bias: float
    features: Mapping[str, tuple[float, float]]
    """Feature to its inverse document frequency, its weight."""


class Injection:
    """Notes or blocks a text by its highest-scoring window."""

    name = "injection"

    def __init__(self, settings: InjectionSettings | None = None, *, weights: Weights | None = None) -> None:
        self.settings = settings or InjectionSettings()
        self._weights = weights or shipped_weights()

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text as it is; what the system writes itself (`out`) is not scored."""
        if direction == "out" or not self.settings.is_on:
            return Screening(text=text)
        score = self.score(text)
        if score < self.settings.note_above:
            return Screening(text=text)
        is_blocked = self.settings.block_above <= score and self.settings.block_above < 1
        finding = Finding(
            guardrail=self.name,
            kind="direct_injection",
            action="block" if is_blocked else "note",
            detail=f"reads like an attempt to change the instructions (score {score:.2f})",
        )
        return Screening(text=text, findings=(finding,))

    def score(self, text: str) -> float:
        """Return the highest score of a window, between 0 and 1; a rank, not a probability."""
        return max(_sigmoid(self._margin(window)) for window in windows(text))

    def _margin(self, window: str) -> float:
        known = self._weights.features
        margin = square = 0.0
        for feature, count in Counter(features(window)).items():
            if feature in known:
                idf, weight = known[feature]
                value = (1 + math.log(count)) * idf
                margin += value * weight
                square += value * value
        return self._weights.bias + margin / math.sqrt(square + SOFTENING)


def windows(text: str) -> Iterator[str]:
    """Yield overlapping pieces, so that an attack in a long text is not thinned out by the rest."""
    yield text[:WINDOW_CHARS]
    for start in range(STEP_CHARS, len(text) - WINDOW_CHARS + STEP_CHARS, STEP_CHARS):
        yield text[start : start + WINDOW_CHARS]


def features(window: str) -> Iterator[str]:
    """Yield words, pairs of words (`_` between them), character grams of each word (`~` in front)."""
    # NFKC in this view only: full-width letters score like plain ones, the text itself stays
    words = _WORD.findall(unicodedata.normalize("NFKC", window).casefold())
    yield from words
    yield from map("_".join, pairwise(words))
    for word in words:
        padded = f" {word[:_LONGEST_WORD]} "
        for size in _CHAR_GRAMS:
            for start in range(len(padded) - size + 1):
                yield "~" + padded[start : start + size]


@cache
def shipped_weights() -> Weights:
    """Return the weights that come with Holdfast."""
    text = files(__package__).joinpath("injection_weights.json").read_text("utf-8")
    stored = json.loads(text)
    return Weights(
        bias=stored["bias"], features={name: tuple(pair) for name, pair in stored["features"].items()}
    )


def _sigmoid(margin: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, margin))))
