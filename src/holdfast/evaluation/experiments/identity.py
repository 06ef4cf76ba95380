"""Tell whether two experiments asked the same cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from holdfast.domain.cases import Case

_ASKED = ("question", "principal", "fields", "attachments", "history", "expect")
"""What makes a case the case it is; its kind, risk or place may change."""


def case_digest(case: Case) -> str:
    """Return the digest of what a case asks, as whom, and what it expects: 16 hex digits of sha256."""
    plain = asdict(case)
    for evidence in plain["expect"]["evidence"]:
        evidence.pop("line")
    return _digest({name: _plain(plain[name]) for name in _ASKED})


def cases_digest(digests: Mapping[str, str]) -> str:
    """Return the digest of a set of cases; their order does not matter."""
    return _digest(sorted(digests.items()))


def digests_of(cases: Iterable[Case]) -> dict[str, str]:
    """Return each case's digest by its id, in their order."""
    return {case.id: case_digest(case) for case in cases}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _digest(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
