"""Draw the sample of production runs that are scored."""

from __future__ import annotations

import hashlib

_WHOLE = 1 << 64


def is_sampled(run_id: str, share: float) -> bool:
    """Return whether a run is in the sample: the same ones always, a larger share holds a smaller one's."""
    drawn = int.from_bytes(hashlib.sha256(run_id.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return drawn < share * _WHOLE
