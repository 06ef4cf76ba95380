"""Holdfast's model of a rung of Anthropic's, asked for an object in its own way."""

from __future__ import annotations

from calls import holdfast_schema

TITLE = "Holdfast, Anthropic's messages, an object by its schema"
PACKAGES = holdfast_schema.PACKAGES
HOW = holdfast_schema.HOW


class System(holdfast_schema.System):
    """One model."""

    provider = "anthropic"
