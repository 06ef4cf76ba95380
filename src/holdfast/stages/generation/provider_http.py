"""The HTTP client of a provider's endpoint."""

from __future__ import annotations

import ssl
from functools import cache
from urllib.parse import urlsplit

import httpx2

from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint

_CONNECT_S = 10.0


def http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """Return the HTTP client of one endpoint; a server on this machine is never reached by proxy.

    Reads have no timeout of their own: the deadline of the call ends them.
    """
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=_CONNECT_S),
        transport=endpoint.transport,
        verify=_trusted(by_environment=not endpoint.is_here),
        trust_env=not endpoint.is_here,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=200, max_keepalive_connections=50),
    )


@cache
def _trusted(*, by_environment: bool) -> ssl.SSLContext:
    """Return the certificates that are trusted, read once in a process: 30 ms of every client otherwise."""
    return httpx2.create_ssl_context(trust_env=by_environment)


def key_text(key: Key | None, endpoint: Endpoint) -> str:
    """Return the key to send; clients insist on one even where the endpoint asks for none."""
    return key.reveal() if key else f"no-key-for-{urlsplit(endpoint.base_url).hostname}"
