"""Make text storable in both databases, character for character."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text with NUL as U+FFFD and lone surrogates as `?`, so that offsets stay.

    PostgreSQL takes no NUL in text; neither driver can encode half a surrogate pair, which broken
    documents, provider errors and file names do hold.
    """
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub(lambda found: "\ufffd" if found.group() == "\x00" else "?", text)


class Word(sa.types.TypeDecorator[str]):
    """A short text column that takes every `str`."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        """Return what is written."""
        return None if value is None else storable(value)


class Words(Word):
    """A long text column that takes every `str`."""

    impl = sa.Text
    cache_ok = True
