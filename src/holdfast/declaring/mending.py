"""Find the key that somebody meant when they wrote one that does not exist."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

SIMILAR = 0.6
ELSEWHERE = {
    "api_key": "key_env",
    "key": "key_env",
    "token": "key_env",
    "password": "key_env",
    "top_k": "k",
    "url": "base_url",
    "endpoint": "base_url",
    "max_tokens": "output_tokens",
    "timeout": "deadline_s",
    "timeout_s": "deadline_s",
    "llm": "generation",
    "models": "rungs",
    "path": "files",
    "folder": "files",
}
"""What other tools call it; used only where the key on the right exists."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty text."""
    words = list(known)
    if (meant := ELSEWHERE.get(word.casefold(), "")) in words:
        return meant
    plain = {_plain(one): one for one in words}
    close = get_close_matches(_plain(word), plain, n=1, cutoff=SIMILAR)
    return plain[close[0]] if close else ""


def advice_for_key(model: type[BaseModel], section: Sequence[str | int], key: str) -> str:
    """Return the next move for a key that `section` of the model does not know."""
    known = keys_of(model, section)
    if meant := nearest(key, known):
        secret = ": keys come from the environment, and it names the variable" if meant == "key_env" else ""
        return f"did you mean '{meant}'?{secret}"
    homes = [".".join((*home, key)) for home in homes_of(model, key)]
    if len(homes) == 1:
        return f"did you mean {homes[0]}?"
    return f"the keys here are {', '.join(known)}" if known else "remove it"


def keys_of(model: type[BaseModel], section: Sequence[str | int]) -> list[str]:
    """Return the keys that a section of a model has."""
    kinds: list[Any] = [model]
    for part in section:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return list(dict.fromkeys(key for kind in kinds if _is_model(kind) for key in _written(kind)))


def homes_of(model: type[BaseModel], key: str) -> list[tuple[str, ...]]:
    """Return every section of the model that has the key."""
    return [path for path, section in _sections(model, ()) if key in _written(section) and path]


def _sections(
    model: type[BaseModel], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    yield path, model
    for name, info in _written(model).items():
        for kind in _inside(info.annotation):
            yield from _sections(kind, (*path, name))


def _written(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields by the keys that a declaration has for them."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _step(kind: Any, part: str | int) -> list[Any]:
    """Return the kinds of value that lie behind a key or position."""
    if _is_model(kind):
        info = _written(kind).get(str(part))
        return _alternatives(info.annotation) if info else []
    arguments = [argument for argument in typing.get_args(kind) if argument is not Ellipsis]
    return _alternatives(arguments[-1]) if arguments else []


def _inside(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type holds, in lists and mappings too."""
    if _is_model(kind):
        yield kind
    for argument in typing.get_args(kind):
        yield from _inside(argument)


def _alternatives(kind: Any) -> list[Any]:
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return [one for argument in typing.get_args(kind) for one in _alternatives(argument)]
    return [kind]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
