"""Ask a provider for structured output in its own way, and read the JSON that comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from holdfast.domain.outputs import OutputSpec

try:
    from pydantic_ai.messages import (
        ModelResponse,
        PartDeltaEvent,
        PartStartEvent,
        TextPart,
        TextPartDelta,
        ToolCallPart,
        ToolCallPartDelta,
    )
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition
except ImportError as error:
    raise ImportError("model providers need an extra: pip install 'holdfast[providers]'") from error

_PURPOSE = "Hand in the record that was asked for."


def parameters_for(output: OutputSpec | None) -> ModelRequestParameters:
    """Return what the request says of the wanted shape; nothing when it is asked for in words."""
    if output is None or output.mode == "prompt":
        return ModelRequestParameters()
    # Strictness is left to the client's schema transform: it knows what each provider can hold.
    schema = json.loads(json.dumps(output.asked))
    if output.mode == "schema":
        shape = OutputObjectDefinition(json_schema=schema, name=output.name)
        return ModelRequestParameters(output_mode="native", output_object=shape)
    tool = ToolDefinition(
        name=output.name, description=_PURPOSE, parameters_json_schema=schema, kind="output"
    )
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


class Shown:
    """Takes a reply's text out of its events: its words, or the arguments of its one tool call.

    A model that was to call and wrote instead has its words taken, for they may hold the object; words
    before a call do not count.
    """

    def __init__(self, *, is_call: bool) -> None:
        self._is_call = is_call
        self._held = ""
        self._call: int | None = None

    @property
    def has_call(self) -> bool:
        """Return whether a tool call that was asked for has come."""
        return self._call is not None

    def whole(self, response: ModelResponse) -> str:
        """Return the text of a reply that came at once."""
        calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
        if self._is_call and calls:
            self._call = 0
            return calls[0].args_as_json_str()
        return response.text or ""

    def of(self, event: object) -> str:
        """Return the text that an event adds."""
        match event:
            case PartStartEvent(index=index, part=ToolCallPart(args=arguments)) if self._is_call:
                self._call = index if self._call is None else self._call
                return _text(arguments) if index == self._call else ""
            case PartDeltaEvent(index=index, delta=ToolCallPartDelta(args_delta=arguments)) if (
                self._is_call and index == self._call
            ):
                return _text(arguments)
            case (
                PartStartEvent(part=TextPart(content=text))
                | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
            ):
                if not self._is_call:
                    return text
                self._held += text
        return ""

    def rest(self) -> str:
        """Return the words that were held back for a call that did not come."""
        return "" if self.has_call else self._held


def _text(arguments: str | Mapping[str, Any] | None) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""
