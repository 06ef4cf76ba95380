"""Anthropic's official client asked for an object by its JSON Schema."""

from __future__ import annotations

from typing import Any, ClassVar

from calls import bare_anthropic
from calls.holdfast_schema import SCHEMA

TITLE = "anthropic's AsyncClient, an object by its schema"
PACKAGES = bare_anthropic.PACKAGES
HOW = "`messages.create` with `output_config`, text deltas joined; nothing is parsed"


class System(bare_anthropic.System):
    """One open client."""

    further: ClassVar[dict[str, Any]] = {
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}
    }
