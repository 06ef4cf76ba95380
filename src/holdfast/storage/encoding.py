"""How domain values stand in the database: JSON, compressed where they are long."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, from_json, to_json

from holdfast.errors import StorageError
from holdfast.storage.storable import storable

T = TypeVar("T")

COMPRESSION = 1
"""zlib level: records are written on the path of an answer, so speed counts before size."""


def to_text(value: Any) -> str:
    """Return a domain value as JSON; lone surrogates become `?`."""
    return _json(value).decode()


def from_text(kind: type[T], text: str) -> T:
    """Return the domain value that `to_text` wrote."""
    with _readable():
        value: T = _adapter(kind).validate_json(text)  # type: ignore[arg-type]  # types are hashable
    return value


def pack(value: Any) -> bytes:
    """Return a domain value as compressed JSON; lone surrogates become `?`."""
    return zlib.compress(_json(value), COMPRESSION)


def unpack(data: bytes) -> Any:
    """Return what `pack` wrote as plain lists, dicts and scalars."""
    with _readable():
        return from_json(zlib.decompress(data))


def unpack_as(kind: Any, data: bytes) -> Any:
    """Return what `pack` wrote as a domain value of that kind."""
    with _readable():
        return _adapter(kind).validate_json(zlib.decompress(data))


def pack_text(text: str) -> bytes:
    """Return text as compressed UTF-8, changed as a text column would change it."""
    return zlib.compress(storable(text).encode(), COMPRESSION)


def unpack_text(data: bytes) -> str:
    """Return what `pack_text` wrote."""
    with _readable():
        return zlib.decompress(data).decode()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (zlib.error, ValueError) as error:  # pydantic's and the decoders' errors are ValueErrors
        raise StorageError(
            "a record in the database cannot be read: the file is damaged",
            stage="storage",
            move="Restore a backup, or move the file away and run `holdfast sync`.",
        ) from error


def _json(value: Any) -> bytes:
    try:
        return to_json(value, inf_nan_mode="constants", serialize_unknown=True, bytes_mode="base64")
    except PydanticSerializationError:
        plain = _storable(value)
        return to_json(plain, inf_nan_mode="constants", serialize_unknown=True, bytes_mode="base64")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if is_dataclass(value):
        return {field.name: _storable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_storable(inner) for inner in value]
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in what was unpacked, however deep; keys are not among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
