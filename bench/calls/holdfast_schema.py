"""Holdfast's model of a rung, asked for an object in the provider's own way."""

from __future__ import annotations

from calls import holdfast

from holdfast.domain.outputs import OutputSpec

TITLE = "Holdfast, an object by its schema"
PACKAGES = ("holdfast",)
HOW = holdfast.HOW
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "torque_nm": {"type": "number"}},
    "required": ["text", "torque_nm"],
    "additionalProperties": False,
}


class System(holdfast.System):
    """One model."""

    output = OutputSpec(name="torque", schema=SCHEMA, asked=SCHEMA, cited=(), mode="schema")
