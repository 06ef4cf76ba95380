"""Carry the requests of a model's client by way of batches in the place of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import httpx2

from holdfast.calling.settings import PriceSettings
from holdfast.stages.generation.batch_interfaces import INTERFACES, Answered, BatchInterface
from holdfast.stages.generation.provider_http import http_client
from holdfast.stages.generation.provider_model import ProviderModel
from holdfast.stages.generation.providers import PROVIDERS, endpoint_of
from holdfast.stages.generation.settings import RungSettings


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """The batches of one model at one address."""

    name: str
    """`provider:model at ADDRESS`."""
    interface: BatchInterface
    client: httpx2.AsyncClient
    """Speaks the batch interface; to be closed after use."""


Carrier = Callable[[Lane, str, bytes, Mapping[str, str]], Awaitable[Answered]]
"""Answers a request of a lane: path, body, headers."""


def carried_model(
    rung: RungSettings, *, price: PriceSettings | None, price_share: float, carrier: Carrier
) -> tuple[Lane, ProviderModel]:
    """Return the model of a rung whose requests the carrier answers, at that share of its price."""
    endpoint = endpoint_of(rung, price=price)
    client = http_client(endpoint)
    interface = INTERFACES[rung.provider](client, endpoint.base_url)
    lane = Lane(f"{endpoint.name} at {endpoint.base_url}", interface, client)
    carried = replace(endpoint, stream=False, price_share=price_share, transport=_Transport(lane, carrier))
    return lane, ProviderModel(carried, wire=PROVIDERS[rung.provider].wire)


class _Transport(httpx2.AsyncBaseTransport):
    """Hands requests to a carrier."""

    def __init__(self, lane: Lane, carrier: Carrier) -> None:
        self._lane = lane
        self._carrier = carrier

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the reply when it is there, however long that takes."""
        answered = await self._carrier(
            self._lane, request.url.raw_path.decode(), await request.aread(), dict(request.headers)
        )
        headers = {"content-type": "application/json", **(answered.headers or {})}
        return httpx2.Response(answered.status, headers=headers, content=answered.body, request=request)
