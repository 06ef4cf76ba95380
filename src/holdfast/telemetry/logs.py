"""Log events with the ids of the run they belong to; nothing is written until a process asks for it.

This file is cheap to import. structlog is loaded by `set_up_logs`, which the command line and the
server call; used as a library, Holdfast writes no log unless its host calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TextIO

from pydantic import Field

from holdfast.loading import load
from holdfast.settings import Settings

Level = Literal["debug", "info", "warning", "error"]
Sink = Callable[[Level, str, Mapping[str, Any]], None]

_bound: ContextVar[Mapping[str, str]] = ContextVar("holdfast_log_fields", default={})  # noqa: B039 -- never changed
_sinks: list[Sink] = []


class LoggingSettings(Settings):
    """The `logging` section: where a process tells what it does."""

    form: Literal["json", "console"] = Field(
        default="console", description="json: one object a line, for machines; console: for people."
    )
    level: Level = Field(default="warning", description="Events below this are not written.")
    document_text: bool = Field(
        default=False,
        description="Write questions, passages and answers too. Off: only their length is written.",
    )


def set_up_logs(
    settings: LoggingSettings, *, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Write events, and warnings of other libraries, to `stream` (stderr); the last call counts.

    `secrets` are values (API keys, passwords) that are hidden wherever they turn up, beside those known
    by the name of their field or by their looks.
    """
    sink: Sink = load("holdfast.telemetry.structured:sink")(settings, secrets, stream)
    _sinks[:] = [sink]


def log(event: str, level: Level = "info", **fields: Any) -> None:
    """Write one event, named `thing.happened`, with its fields and those that are bound."""
    for sink in _sinks:
        sink(level, event, {**_bound.get(), **fields})


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Put these ids (`run`, `job`, `sync`) on every event of this context, its tasks and threads."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)
