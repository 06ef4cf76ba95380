"""Turn named features into a probability with weights that a training script wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A logistic regression: each feature less its mean, over its scale, times its weight."""

    bias: float
    weights: Mapping[str, float]
    means: Mapping[str, float]
    scales: Mapping[str, float]

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Return the log-odds; a feature that is missing counts as its mean."""
        return self.bias + sum(
            weight * (features.get(name, self.means[name]) - self.means[name]) / self.scales[name]
            for name, weight in self.weights.items()
        )

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability, 0 to 1."""
        return sigmoid(self.log_odds(features))


def load_logistic(package: str, file: str, part: str = "") -> Logistic:
    """Return the model kept in a package's JSON file, or in one part of that file."""
    values: dict[str, Any] = json.loads(files(package).joinpath(file).read_text(encoding="utf-8"))
    return Logistic(**(values[part] if part else values))


def sigmoid(log_odds: float) -> float:
    """Return the probability of log-odds without overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))
