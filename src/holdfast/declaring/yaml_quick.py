"""Read ordinary YAML quickly, or leave it to the slower parser.

libyaml reads a file of cases in a tenth of the time. It stands between YAML 1.1 and 1.2, its errors
are not ours: whatever it refuses, or might read in another way than YAML 1.2 does, is left to the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

TAG = "tag:yaml.org,2002:"
MOST_TOKENS = 50_000
DEEPEST = 50
_UNLIKE = re.compile(
    r"^(?:%|---|\.\.\.)"
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]"
    r"|[|>][-+0-9]*(?:\#|\ *\n\ *\n)",
    re.MULTILINE,
)
"""Directives, marks of documents, control characters, line ends of YAML 1.1 alone, blank lines
at the head of a block: what the two parsers read, or refuse, in different ways."""
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4} ?-.*[0-9]:[0-9].*", re.DOTALL)
_MAYBE_NUMBER = re.compile(r"[-+.0-9][-+._0-9a-fA-FoOxXiInN]*")
_WORDS = {"": "null", "~": "null", "null": "null", "true": "bool", "false": "bool"}
_ODD = frozenset({"<<", "=", "Null", "NULL", "True", "TRUE", "False", "FALSE", "!", "&", "*"})


class Unsure(Exception):
    """The text is not plain enough to be read quickly."""


class Mark(NamedTuple):
    """Where a node begins."""

    line: int
    """From 0."""


class Node(NamedTuple):
    """A value of the text: `value` is text, a list of nodes, or a list of pairs of them."""

    tag: str
    value: Any
    start_mark: Mark


def quick_nodes(text: str) -> Node | None:
    """Return the tree of nodes, None for a text without any; raise Unsure when the text is not plain."""
    if _UNLIKE.search(text):
        raise Unsure
    try:
        from yaml.cyaml import CParser  # noqa: PLC0415 a build without libyaml has none
        from yaml.error import YAMLError  # noqa: PLC0415
    except ImportError:
        raise Unsure from None
    try:
        parser = CParser(text)
        return _Building(text).tree(iter(parser.get_event, None))
    except (YAMLError, ValueError, UnicodeError):
        raise Unsure from None


class _Building:
    """Puts events together, without recursion: brackets are nested as deeply as an adversary likes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[str, list[Any], Mark]] = []
        self._root: Node | None = None
        self._documents = 0

    def tree(self, events: Iterable[Any]) -> Node | None:
        """Return the root of the only document."""
        for count, event in enumerate(events):
            if count > MOST_TOKENS or len(self._open) > DEEPEST:
                raise Unsure
            self._take(event)
        return self._root

    def _take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.anchor is not None or event.tag is not None:
                raise Unsure
            if event.style == '"' and "\\" in self._text[event.start_mark.index : event.end_mark.index]:
                raise Unsure
            plain = event.style in (None, "")
            tag = _tag(event.value) if plain else "str"
            self._put(Node(TAG + tag, event.value, Mark(event.start_mark.line)))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if event.anchor is not None or event.tag is not None:
                raise Unsure
            tag = "map" if kind == "MappingStartEvent" else "seq"
            self._open.append((tag, [], Mark(event.start_mark.line)))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            tag, held, mark = self._open.pop()
            value = list(zip(held[::2], held[1::2], strict=True)) if tag == "map" else held
            self._put(Node(TAG + tag, value, mark))
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise Unsure
        elif kind == "AliasEvent":
            raise Unsure

    def _put(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._root = node


def _tag(plain: str) -> str:
    """Return the kind of an unquoted value where it is beyond doubt."""
    if plain in _WORDS:
        return _WORDS[plain]
    if plain in _ODD:
        raise Unsure
    if _DATE.fullmatch(plain):
        return "timestamp"
    if _MOMENT.fullmatch(plain):
        raise Unsure
    if not _MAYBE_NUMBER.fullmatch(plain):
        return "str"
    if _INTEGER.fullmatch(plain):
        return "int"
    if _DECIMAL.fullmatch(plain):
        return "float"
    raise Unsure
