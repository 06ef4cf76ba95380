"""The official client asked for an object by its JSON Schema."""

from __future__ import annotations

from typing import Any, ClassVar

from calls import bare
from calls.holdfast_schema import SCHEMA

TITLE = "openai's AsyncClient, an object by its schema"
PACKAGES = bare.PACKAGES
HOW = "`chat.completions.create` with `response_format`, deltas joined; nothing is parsed"


class System(bare.System):
    """One open client."""

    further: ClassVar[dict[str, Any]] = {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "torque", "schema": SCHEMA, "strict": True},
        }
    }
