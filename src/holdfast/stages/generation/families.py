"""What is known of the families of models: how each can be asked for structured output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from holdfast.domain.outputs import Mode
from holdfast.stages.generation.anthropic_schema import why_not_held
from holdfast.stages.generation.settings import RungSettings

MODES: dict[str, dict[str, Mode]] = {
    "openai": {
        "gpt-3.5-turbo": "tool",
        "gpt-4": "tool",
        "gpt-4-turbo": "tool",
        "gpt-4o": "schema",
        "gpt-4o-2024-05-13": "tool",
        "gpt-4.1": "schema",
        "gpt-5": "schema",
        "gpt-6": "schema",
        "o1": "schema",
        "o1-mini": "prompt",
        "o1-preview": "prompt",
        "o3": "schema",
        "o4": "schema",
    },
    "anthropic": {
        "claude-": "tool",
        "claude-fable-5": "schema",
        "claude-haiku-4-5": "schema",
        "claude-haiku-5": "schema",
        "claude-mythos-5": "schema",
        "claude-opus-4-1": "schema",
        "claude-opus-4-5": "schema",
        "claude-opus-4-6": "schema",
        "claude-opus-4-7": "schema",
        "claude-opus-4-8": "schema",
        "claude-opus-5": "schema",
        "claude-sonnet-4-5": "schema",
        "claude-sonnet-4-6": "schema",
        "claude-sonnet-5": "schema",
    },
    # Ollama holds every model to a schema itself, while it samples.
    "ollama": {"": "schema"},
    # Of what pydantic-ai speaks to, nearly all take tools.
    "pydantic-ai": {"": "tool"},
}
"""Best mode by provider and by the beginning of the model's id; the longest that fits counts (2026-11)."""

REASONING = ("o1", "o3", "o4", "gpt-5")
"""Beginnings of OpenAI's models that reason before they write, and refuse a temperature (2026-11)."""
NOT_REASONING = ("gpt-5-chat",)
SYSTEM_AS_USER = ("o1-mini",)
"""Models that know no system message."""


def reasons(model: str) -> bool:
    """Return whether a model of OpenAI's refuses a temperature."""
    return model.startswith(REASONING) and not model.startswith(NOT_REASONING)


REFUSE_SAMPLING = (
    "claude-fable-5",
    "claude-haiku-5-5",
    "claude-mythos-5",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-sonnet-5",
)
"""Beginnings of Anthropic's models that refuse a temperature (pydantic-ai's profiles, 2026-11)."""


def refuses_sampling(model: str) -> bool:
    """Return whether a model of Anthropic's refuses a temperature."""
    return model.startswith(REFUSE_SAMPLING)


THINK_UNASKED = (
    "claude-fable-5",
    "claude-haiku-5-5",
    "claude-mythos-5",
    "claude-mythos-preview",
    "claude-opus-5",
    "claude-sonnet-5",
)
"""Beginnings of Anthropic's models that think before they write unless told not to (2026-11)."""


def thinks_unasked(model: str) -> bool:
    """Return whether a model of Anthropic's thinks first, and is therefore not forced to call."""
    return model.startswith(THINK_UNASKED)


def asks_system_as(model: str) -> str:
    """Return the role that rules are told in."""
    return "user" if model.startswith(SYSTEM_AS_USER) else "system"


Native = Literal["auto", "schema", "tool", "prompt"]


def mode_of(rung: RungSettings, native: Native = "auto", *, asked: Mapping[str, Any] | None = None) -> Mode:
    """Return how a rung's model is asked for a shape: as declared, else the best it is known to have.

    Anthropic's models are asked for an `asked` schema that its output format cannot hold by a tool call.
    What is not known is asked in words, which every model understands: behind OpenAI's protocol stand
    servers that refuse the parameter. A part of the user's own takes messages, so it is asked in words.
    """
    if rung.use:
        return "prompt"
    if native != "auto":
        return native
    known = MODES[rung.provider]
    fitting = [beginning for beginning in known if rung.model.startswith(beginning)]
    best = known[max(fitting, key=len)] if fitting else "prompt"
    is_held = rung.provider != "anthropic" or asked is None or not why_not_held(asked)
    return best if best != "schema" or is_held else "tool"


def is_told_in_words(rung: RungSettings, mode: Mode) -> bool:
    """Return whether the schema has to stand in the prompt.

    OpenAI and Anthropic show it to their models; other servers hold the model to it by a grammar, so that
    it never sees what a field means.
    """
    return mode == "prompt" or (mode == "schema" and (rung.provider == "ollama" or bool(rung.base_url)))
