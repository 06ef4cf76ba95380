"""Sign a notice so that its receiver can tell it from a forged or an old one."""

from __future__ import annotations

import hashlib
import hmac
import time

HEADER = "Holdfast-Signature"
TOLERANCE_S = 300.0


def sign(secret: str, body: bytes, *, at: float) -> str:
    """Return the header `t=SECONDS,v1=HEX`: HMAC-SHA256 (RFC 2104) over `SECONDS.BODY`."""
    moment = f"{int(at)}"
    return f"t={moment},v1={_digest(secret, moment, body)}"


def is_genuine(secret: str, header: str, body: bytes, *, now: float | None = None) -> bool:
    """Return whether a notice was signed with the secret less than `TOLERANCE_S` seconds ago."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment = parts.get("t", "")
    if not moment.isdecimal() or abs((time.time() if now is None else now) - int(moment)) > TOLERANCE_S:
        return False
    return hmac.compare_digest(parts.get("v1", ""), _digest(secret, moment, body))


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
