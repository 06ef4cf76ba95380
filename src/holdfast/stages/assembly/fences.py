"""Fence document text so that a model can tell evidence from instructions.

The mark of a fence is derived from everything it encloses in one prompt, so no text can hold the mark
that will enclose it, and the same prompt is built again for a replay. Text that imitates a fence is
kept, but visibly changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_MARK_DIGITS = 12
_ODD = r"[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff/]*"
"""What may stand between the parts of an imitation without a reader seeing it."""
_IMITATION = re.compile(
    rf"[<\uff1c\u2039\u3008\u27e8](?={_ODD}" + _ODD.join("passage") + r"(?![a-z]))", re.IGNORECASE
)
_NEUTRAL = "(not a fence) "
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f\u0085\u2028\u2029]+")


def mark_of(texts: Iterable[str]) -> str:
    """Return the mark for a prompt that encloses these texts: digits, so that each costs the same."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return str(int.from_bytes(digest.digest()) % 10**_MARK_DIGITS).zfill(_MARK_DIGITS)


def neutral(text: str) -> str:
    """Return the text with every imitation of a fence made visible and harmless."""
    return _IMITATION.sub(_NEUTRAL, text)


def one_line(text: str) -> str:
    """Return the text neutral, on one line and without double quotes, fit for a fence's attributes."""
    return neutral(_BREAKS.sub(" ", text)).strip().replace('"', "'")


def fenced(n: int, text: str, *, mark: str, attributes: dict[str, str]) -> str:
    """Return the text between a fence's two lines; attributes without a value are left out."""
    shown = "".join(f' {name}="{one_line(value)}"' for name, value in attributes.items() if value)
    return f'<passage n="{n}" mark="{mark}"{shown}>\n{neutral(text)}\n</passage n="{n}" mark="{mark}">'
