"""Take a reply's text out of the one tool call that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ENDINGS = ("tool_calls", "function_call", "tool_use")


class Called:
    """Takes in what a reply calls and what it says.

    A model that was to call and wrote instead has its words taken, for they may hold the object; words
    beside a call do not count.
    """

    def __init__(self) -> None:
        self._words: list[str] = []
        self._call: int | None = None

    def calls(self, at: int, arguments: str | Mapping[str, Any] | None) -> str:
        """Return what is added to the first call's arguments; `at` is the call's place in the reply."""
        if self._call is None:
            self._call = at
        if at != self._call or not arguments:
            return ""
        return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)

    def says(self, words: str) -> str:
        """Keep words until it is known that no call comes; nothing of them is text yet."""
        self._words.append(words)
        return ""

    def rest(self) -> str:
        """Return the words of a reply that called nothing."""
        return "" if self._call is not None else "".join(self._words)

    def ending(self, finish: str) -> str:
        """Return how the reply ended: with the call that was asked for it is whole."""
        return "stop" if self._call is not None and finish in _ENDINGS else finish
