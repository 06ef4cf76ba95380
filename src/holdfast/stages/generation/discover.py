"""Find a model that could be used right away: a provider's key, or Ollama on this machine."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

_BY_KEY = {
    "ANTHROPIC_API_KEY": "anthropic:claude-haiku-4-5",
    "OPENAI_API_KEY": "openai:gpt-5-mini",
}
"""A small, cheap model of each provider; the command that is printed can name any other."""
_OLLAMA_PORT = 11_434
_OLLAMA_S = 0.05
_LIST_BYTES_AT_MOST = 200_000
_NOT_FOR_ANSWERS = ("embed", "rerank", "bge-", "minilm")


def discovered_model(environ: Mapping[str, str] | None = None) -> str:
    """Return `PROVIDER:NAME` of a model that could be used, or an empty text; takes under 100 ms."""
    environment = os.environ if environ is None else environ
    for variable, name in _BY_KEY.items():
        if environment.get(variable) or environment.get(f"{variable}_FILE"):
            return name
    port = _port_here(environment.get("OLLAMA_HOST", ""))
    found = _first_of_ollama(port) if port else ""
    return f"ollama:{found}" if found else ""


def _port_here(host: str) -> int | None:
    """Return the port that OLLAMA_HOST names on this machine, or None when it means another one."""
    try:
        parts = urlsplit(host if "//" in host else f"//{host}")
        port = parts.port or _OLLAMA_PORT
    except ValueError:
        return None
    is_here = (parts.hostname or "127.0.0.1") in ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 compared only
    return port if is_here else None


def _first_of_ollama(port: int) -> str:
    """Return the first model that a local Ollama lists, or an empty text when none answers in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_OLLAMA_S)
    try:
        connection.request("GET", "/api/tags")
        response = connection.getresponse()
        listed = json.loads(response.read(_LIST_BYTES_AT_MOST)) if response.status == http.client.OK else {}
        names = [str(model["name"]) for model in listed.get("models", [])]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return ""
    finally:
        connection.close()
    return next((name for name in names if not any(word in name for word in _NOT_FOR_ANSWERS)), "")
