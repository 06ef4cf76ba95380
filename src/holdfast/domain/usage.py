"""Tokens of a model call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one model call."""

    input_tokens: int = 0
    """All of the prompt, cached ones included."""
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the prompt that the provider read from its own cache."""
