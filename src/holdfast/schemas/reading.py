"""Read the JSON object in a model's reply, whole or as far as it has come."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from pydantic_core import from_json

_OPENINGS_AT_MOST = 20
_UNFINISHED = re.compile(r"[-+.0-9eE]+\Z")
_LONE = re.compile("[\ud800-\udfff]")
_EACH_SHARE = 64


def object_in(text: str) -> dict[str, Any]:
    """Return the object, whatever stands around it (a code fence, a sentence); raise ValueError in words."""
    problem = "it holds no JSON object"
    for at in _openings(text):
        try:
            found, _ = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise ValueError("its JSON is nested too deeply") from None
        except json.JSONDecodeError as error:
            # The first opening tells most: later ones lie inside it, where what is cut looks whole.
            raise ValueError(f"its JSON breaks at character {error.pos - at + 1} ({error.msg})") from None
        if found:
            return _encodable(found)  # type: ignore[no-any-return]  # what begins with { is an object
        problem = "its JSON object is empty"
    raise ValueError(problem)


def _openings(text: str) -> Iterator[int]:
    """Yield where an object may begin: after a fence first, then at each brace that opens a pair."""
    for at, found in enumerate(re.finditer(r"\{(?=\s*[\"}])", text)):
        if at == _OPENINGS_AT_MOST:
            return
        yield found.start()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"its JSON has {twice!r} twice in one object")
    return made


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"its JSON holds {word}, which is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _no_number(digits[:20])
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)


def _encodable(value: Any) -> Any:
    """Return the value with halves of characters replaced: they pass here and break on writing."""
    match value:
        case str():
            return _LONE.sub("\ufffd", value)
        case list():
            return [_encodable(one) for one in value]
        case dict():
            return {_LONE.sub("\ufffd", key): _encodable(one) for key, one in value.items()}
    return value


class PartialObject:
    """Takes a reply piece by piece and tells how far its object has come.

    What was told once stays: fields are added, texts grow, nothing is taken back. Numbers are told when
    they are finished. It reads anew when a 64th has been added, so that the work stays in proportion.
    """

    def __init__(self) -> None:
        self._text = ""
        self._is_inside = False
        self._read_until = 0
        self._told: dict[str, Any] = {}

    def __call__(self, piece: str) -> dict[str, Any] | None:
        """Return the object so far, or None when nothing new can be told."""
        self._text += piece
        if not self._is_inside:
            opening = next(_openings(self._text), None)
            if opening is None:
                return None
            self._text, self._is_inside = self._text[opening:], True
        if len(self._text) - self._read_until < len(self._text) / _EACH_SHARE:
            return None
        self._read_until = len(self._text)
        return self._new()

    def _new(self) -> dict[str, Any] | None:
        try:
            found = from_json(
                _UNFINISHED.sub("", self._text).encode("utf-8", "replace"), allow_partial="trailing-strings"
            )
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or not found or found == self._told:
            return None
        self._told = found
        return found
