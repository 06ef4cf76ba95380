"""The providers Holdfast speaks to, what is known of their models, and the model of a rung."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from holdfast.calling.addresses import is_here
from holdfast.calling.settings import PriceSettings
from holdfast.domain.prompts import Limits
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError, UsageError
from holdfast.loading import load
from holdfast.stages.generation.provider_model import Endpoint, ProviderModel
from holdfast.stages.generation.settings import PROTOCOLS, RungSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What is known of a provider before any client is imported."""

    wire: str
    """Factory of the client, `module:function`; imported when the first call is made."""
    base_url: str
    key_env: str
    """Empty: the provider asks for no key."""
    window: int
    """Window of a model that the table below does not know: small enough to be safe."""


_OPENAI_WIRE = "holdfast.stages.generation.openai_direct:open_wire"
_ANTHROPIC_WIRE = "holdfast.stages.generation.anthropic_direct:open_wire"
_OTHER_WIRE = "holdfast.stages.generation.other_providers:open_wire"

PROVIDERS = {
    "openai": Provider(
        wire=_OPENAI_WIRE, base_url="https://api.openai.com/v1", key_env="OPENAI_API_KEY", window=8_192
    ),
    "anthropic": Provider(
        wire=_ANTHROPIC_WIRE,
        base_url="https://api.anthropic.com",
        key_env="ANTHROPIC_API_KEY",
        window=200_000,
    ),
    # Ollama cuts prompts to num_ctx without a word, and its default is 4,096 whatever the model could take.
    "ollama": Provider(wire=_OPENAI_WIRE, base_url="http://127.0.0.1:11434/v1", key_env="", window=4_096),
    # Whatever else pydantic-ai's extras bring: `model` says whose, and its client finds key and address.
    "pydantic-ai": Provider(wire=_OTHER_WIRE, base_url="", key_env="", window=8_192),
}

WINDOWS = {
    "gpt-3.5-turbo": 16_385,
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4o": 128_000,
    "gpt-4.1": 1_000_000,
    "gpt-5": 400_000,
    "gpt-5.3-chat": 128_000,
    "gpt-5.4": 400_000,
    "gpt-5.5": 1_000_000,
    "gpt-5.6": 1_050_000,
    "gpt-6": 1_050_000,
    "gpt-oss": 131_072,
    "o1": 200_000,
    "o3": 200_000,
    "o4": 200_000,
    "claude-fable-5": 1_000_000,
    "claude-haiku-5": 1_000_000,
    "claude-opus-4-6": 1_000_000,
    "claude-opus-4-7": 1_000_000,
    "claude-opus-4-8": 1_000_000,
    "claude-opus-5": 1_000_000,
    "claude-sonnet-4-6": 1_000_000,
    "claude-sonnet-5": 1_000_000,
}
"""Windows by the beginning of the model's id, the longest that fits counts (genai-prices, 2026-11)."""


def model_for(rung: RungSettings, *, price: PriceSettings | None = None) -> ProviderModel:
    """Return the model of a rung; nothing heavy is imported and no key is read before its first call.

    `price` comes before that of the price list.
    """
    if rung.use:
        raise DeclarationError(
            f"the rung `{rung.name}` names a part of its own, not a provider",
            stage=Stage.GENERATION,
            move="Load it as a plug-in or hook",
        )
    return ProviderModel(endpoint_of(rung, price=price), wire=PROVIDERS[rung.provider].wire)


def load_clients(rungs: Iterable[RungSettings]) -> None:
    """Import what speaks to these rungs' providers, which takes the first call a second; nothing is asked."""
    for wire in dict.fromkeys(PROVIDERS[rung.provider].wire for rung in rungs if not rung.use):
        with suppress(ImportError):  # the call tells which extra to install
            load(wire)


def endpoint_of(rung: RungSettings, *, price: PriceSettings | None = None) -> Endpoint:
    """Return where and how the model of a rung is called."""
    provider, base_url = PROVIDERS[rung.provider], address_of(rung)
    return Endpoint(
        provider=rung.provider,
        model=rung.model,
        base_url=base_url,
        key_env=rung.key_env or ("" if is_here(base_url) else provider.key_env),
        is_own=base_url == provider.base_url,
        is_here=is_here(base_url),
        temperature=rung.temperature,
        stream=rung.stream,
        price=price,
    )


def address_of(rung: RungSettings) -> str:
    """Return the base URL that the rung's model is called at."""
    return (rung.base_url or PROVIDERS[rung.provider].base_url).rstrip("/")


def limits_for(rung: RungSettings) -> Limits:
    """Return what the rung's model can take: as declared, else as known of it, else a safe minimum."""
    return Limits(context_tokens=rung.context_tokens or _window_of(rung), output_tokens=rung.output_tokens)


def rung_named(name: str) -> RungSettings:
    """Return the rung that `PROVIDER:NAME` on the command line means; raise UsageError."""
    provider, colon, model = name.partition(":")
    if not colon or not model or provider not in PROTOCOLS:
        raise UsageError(
            f"`{name}` is no model of the form PROVIDER:NAME",
            stage=Stage.GENERATION,
            move=f"Providers are {', '.join(PROTOCOLS)}; for example openai:gpt-5-mini or ollama:llama3.2",
        )
    return RungSettings.model_validate({"provider": provider, "model": model})


def _window_of(rung: RungSettings) -> int:
    provider = PROVIDERS[rung.provider]
    fitting = [known for known in WINDOWS if rung.model.startswith(known)]
    if rung.provider == "ollama" or not fitting:
        return max(provider.window, 2 * rung.output_tokens)
    return WINDOWS[max(fitting, key=len)]
