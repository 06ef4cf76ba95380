"""Speak Anthropic's messages by its client, for structured output in its own way."""

from __future__ import annotations

from holdfast.stages.generation.provider_http import http_client, key_text
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire
from holdfast.stages.generation.provider_wire import PydanticWire

try:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider
except ImportError as error:
    raise ImportError("Anthropic needs an extra: pip install 'holdfast[providers]'") from error


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client.

    A stream that was cut ends without a stop reason here, which ProviderModel does not accept.
    """
    http = http_client(endpoint)
    client = AsyncAnthropic(
        api_key=key_text(key, endpoint),
        base_url=endpoint.base_url.removesuffix("/v1"),
        max_retries=0,
        http_client=http,
    )
    model = AnthropicModel(endpoint.model, provider=AnthropicProvider(anthropic_client=client))
    refuses = bool(model.profile.get("anthropic_disallows_sampling_settings", False))
    return PydanticWire(model, endpoint, key, client=http, sends_temperature=not refuses)
