"""How domain values stand in the database: JSON, compressed where they are long."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

T = TypeVar("T")

COMPRESSION = 1
"""zlib level: records are written on the path of an answer, so speed counts before size."""


def to_text(value: Any) -> str:
    """Return a domain value as JSON."""
    return to_json(value, inf_nan_mode="constants", serialize_unknown=True).decode()


def from_text(kind: type[T], text: str) -> T:
    """Return the domain value that `to_text` wrote."""
    value: T = _adapter(kind).validate_json(text)  # type: ignore[arg-type]  # types are hashable
    return value


def pack(value: Any) -> bytes:
    """Return a domain value as compressed JSON; lone surrogates become `?`."""
    return zlib.compress(_json(value), COMPRESSION)


def unpack(data: bytes) -> Any:
    """Return what `pack` wrote as plain lists, dicts and scalars."""
    return from_json(zlib.decompress(data))


def unpack_as(kind: Any, data: bytes) -> Any:
    """Return what `pack` wrote as a domain value of that kind."""
    return _adapter(kind).validate_json(zlib.decompress(data))


def pack_text(text: str) -> bytes:
    """Return text as compressed UTF-8."""
    return zlib.compress(text.encode("utf-8", "replace"), COMPRESSION)


def unpack_text(data: bytes) -> str:
    """Return what `pack_text` wrote."""
    return zlib.decompress(data).decode()


def _json(value: Any) -> bytes:
    return to_json(value, inf_nan_mode="constants", serialize_unknown=True)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
