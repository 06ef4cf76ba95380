"""Read what the loopback provider is to answer from a YAML file."""

from __future__ import annotations

import dataclasses
import typing
from pathlib import Path
from typing import Any, Self

from pydantic import Field, create_model, model_validator

from holdfast.declaring.checked import settings_of
from holdfast.declaring.mistakes import Mistake, Unreadable, declaration_error
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.errors import UsageError
from holdfast.settings import Settings
from holdfast.testing.provider import Script
from holdfast.testing.provider_script import Fault, Mix, Scripted

_STAGE = "testing"
_HINTS = typing.get_type_hints(Scripted)
_KEYS: dict[str, Any] = {one.name: (_HINTS[one.name], one.default) for one in dataclasses.fields(Scripted)}
ReplySettings = create_model("ReplySettings", __base__=Settings, **_KEYS)
"""The keys of one reply: the fields of Scripted."""


class MixSettings(Settings):
    """Faults by chance."""

    seed: int = Field(default=0, ge=0, description="The same seed gives the same sequence of faults.")
    shares: dict[Fault, float] = Field(description="Share of the requests that each fault gets, from 0 to 1.")

    @model_validator(mode="after")
    def _are_shares(self) -> Self:
        Mix(self.shares)
        return self


class ScriptSettings(Settings):
    """A whole script file."""

    replies: tuple[ReplySettings, ...] = Field(  # type: ignore[valid-type] # made of Scripted's fields
        default=(), description="One for each request, in order; the last one answers all further ones."
    )
    mix: MixSettings | None = Field(
        default=None, description="Faults by chance; requests that draw none get the replies."
    )


def read_script(path: Path) -> Script:
    """Return the script; raise UsageError for a file that cannot be read, DeclarationError for mistakes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror})", stage=_STAGE, move="Name a YAML file in --script"
        ) from None
    try:
        text = parse_yaml(data, name=path.name)
    except Unreadable as unreadable:
        raise declaration_error([unreadable.mistake]) from None
    settings = settings_of(text, ScriptSettings, file=path.name)
    if isinstance(settings, list):
        raise declaration_error(settings)
    if not text.values:
        raise declaration_error(
            [Mistake(file=path.name, what="says nothing", move="write `replies:` or `mix:`")]
        )
    replies = [Scripted(**dict(one)) for one in settings.replies]
    if settings.mix is None:
        return replies
    return Mix(settings.mix.shares, seed=settings.mix.seed, otherwise=replies or Scripted())
