"""Structured output as a workflow declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """The shape that a reply must have."""

    name: str
    """Letters, digits and underscores: providers show it to the model."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of one object."""
