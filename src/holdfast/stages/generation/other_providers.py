"""Speak to any other provider that pydantic-ai has a model for, by that provider's own client."""

from __future__ import annotations

from holdfast.domain.stages import Stage
from holdfast.errors import ProviderRejected
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire
from holdfast.stages.generation.provider_wire import PydanticWire

try:
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model
except ImportError as error:
    raise ImportError("model providers need an extra: pip install 'holdfast[providers]'") from error


def open_wire(endpoint: Endpoint, _key: Key | None) -> Wire:
    """Return an open client; its key and address come from the variables that the provider's client reads.

    Raises ProviderRejected when its package is not installed, its key is not set or nobody knows it.
    """
    try:
        model = infer_model(endpoint.model)
    except ImportError as error:
        raise _unusable(endpoint, str(error), "Install the package that it names") from None
    except UserError as error:
        raise _unusable(endpoint, str(error), "Set what it names, or correct the model's name") from None
    return PydanticWire(model, endpoint, None, client=None, sends_temperature=True)


def _unusable(endpoint: Endpoint, why: str, move: str) -> ProviderRejected:
    return ProviderRejected(f"{endpoint.name} cannot be used: {why}", stage=Stage.GENERATION, move=move)
