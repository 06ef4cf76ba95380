"""Speak OpenAI's chat completions by its client, for structured output in the provider's own way."""

from __future__ import annotations

from urllib.parse import urlsplit

from holdfast.stages.generation.provider_http import http_client, key_text
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire
from holdfast.stages.generation.provider_wire import PydanticWire

try:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider
except ImportError as error:
    raise ImportError(
        "OpenAI-compatible providers need an extra: pip install 'holdfast[providers]'"
    ) from error

_OPENAI_HOSTS = (".openai.com", ".azure.com")


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client; organisation, project and address come from the declaration alone."""
    http = http_client(endpoint)
    client = AsyncOpenAI(
        api_key=key_text(key, endpoint),
        base_url=endpoint.base_url,
        max_retries=0,
        http_client=http,
    )
    known = OpenAIProvider.model_profile(endpoint.model)
    host = urlsplit(endpoint.base_url).hostname or ""
    profile = OpenAIModelProfile(
        # Without it a stream that was cut counts as complete, and "stop" is made up (seen in 2.62).
        openai_chat_streaming_requires_finish_reason=True,
        # Servers that only speak the protocol know the older name of the parameter.
        openai_chat_supports_max_completion_tokens=host.endswith(_OPENAI_HOSTS),
    )
    model = OpenAIChatModel(
        endpoint.model,
        provider=OpenAIProvider(openai_client=client),
        profile=merge_profile(known, profile),
    )
    reasons = bool(model.profile.get("openai_supports_reasoning", False))
    return PydanticWire(model, endpoint, key, client=http, sends_temperature=not reasons)
