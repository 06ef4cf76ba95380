"""Holdfast's model of a rung of Anthropic's."""

from __future__ import annotations

from calls import holdfast

TITLE = "Holdfast, Anthropic's messages"
PACKAGES = ("holdfast",)
HOW = holdfast.HOW


class System(holdfast.System):
    """One model."""

    provider = "anthropic"
