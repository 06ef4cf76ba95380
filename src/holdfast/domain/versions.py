"""A Version: one digest over everything that can change what the workflow does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The digest and the named parts it was made of."""

    digest: str
    """First 16 hex digits of sha256 over the parts."""
    parts: Mapping[str, str]


def version_of(parts: Mapping[str, str]) -> Version:
    """Return the Version of these parts; their order does not matter."""
    canonical = json.dumps(dict(sorted(parts.items())), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return Version(digest=digest, parts=dict(parts))
