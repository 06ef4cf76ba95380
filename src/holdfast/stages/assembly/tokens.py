"""Estimate tokens by a rule of thumb that sooner counts too many than too few.

No tokenizer is loaded: the vocabularies of hosted models are not shipped with their clients, and two
providers' differ anyway. The rule counts what byte-pair tokenizers do to each kind of character: one
token for a short word, more as it gets longer, two to three digits a token, one for each mark or
line break, about one for each character of scripts that they merge little.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

MESSAGE_TOKENS = 5
"""What the envelope of one message costs (role, separators)."""
REPLY_TOKENS = 3
"""What the start of the reply costs."""

_KINDS = {
    "word": r"[A-Za-z]+",
    "digits": r"[0-9]+",
    "european": r"[\u0370-\u052f]+",
    "lines": r"\n+|\s{2,}",
    "space": r"\s",
    "rule": r"-{4,}|={4,}|_{4,}|\*{4,}|#{4,}|~{4,}|\.{4,}",
    "mark": r"[\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\ufe00-\ufe0f]",
    "wide": r"[\u0250-\uffff]+",
    "astral": r".",
}
_PIECES = re.compile("|".join(_KINDS.values()), re.DOTALL)
_KIND_OF = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()), re.DOTALL)

_FREE_LETTERS = 6
"""Letters that nearly always fit into one token."""
_TOKENS: dict[str, Callable[[int], int]] = {
    "word": lambda letters: 1 + _ceil(max(0, letters - _FREE_LETTERS), 5),
    "digits": lambda digits: _ceil(digits, 2),
    "european": lambda letters: _ceil(letters, 2),
    "lines": lambda _: 1,
    "space": lambda _: 0,
    "rule": lambda strokes: _ceil(strokes, 4),
    "mark": lambda _: 1,
    "wide": lambda characters: _ceil(5 * characters, 4),
    "astral": lambda _: 3,
}
"""Tokens by kind of piece and its length."""


def tokens_of(text: str) -> int:
    """Return an estimate of the tokens that a model counts for this text."""
    return sum(map(_tokens_of_piece, _PIECES.findall(text)))


def tokens_of_message(text: str) -> int:
    """Return the estimate for one message with this text, its envelope included."""
    return tokens_of(text) + MESSAGE_TOKENS


def cut_to(text: str, tokens: int) -> str:
    """Return the longest beginning of the text that the estimate puts at this many tokens or fewer."""
    spent = 0
    for piece in _PIECES.finditer(text):
        spent += _tokens_of_piece(piece[0])
        if spent > tokens:
            return text[: piece.start()]
    return text


@lru_cache(maxsize=50_000)
def _tokens_of_piece(piece: str) -> int:
    """Return the estimate for one piece; texts repeat their words, so most calls hit the cache."""
    kind = _KIND_OF.fullmatch(piece)
    assert kind is not None
    assert kind.lastgroup is not None
    return _TOKENS[kind.lastgroup](len(piece))


def _ceil(amount: int, per: int) -> int:
    return -(-amount // per)
