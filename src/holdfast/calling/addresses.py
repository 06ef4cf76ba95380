"""Tell whether an address is on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_here(url: str) -> bool:
    """Return whether a URL leads to this machine: no key is asked for, no proxy used, nothing charged."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
