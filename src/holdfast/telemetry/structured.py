"""Write log events with structlog, as JSON lines or for a console."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import structlog

from holdfast.telemetry.logs import Level, LoggingSettings, Sink
from holdfast.telemetry.redaction import Redaction

_NUMBERS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def sink(settings: LoggingSettings, secrets: Iterable[str], stream: TextIO | None) -> Sink:
    """Return what writes one event; takes over the warnings of other libraries on the way."""
    redaction = Redaction(secrets=secrets, keep_text=settings.document_text)
    out = stream if stream is not None else sys.stderr
    logger = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[*_processors(settings, redaction), _renderer(settings, out)],
        wrapper_class=structlog.make_filtering_bound_logger(_NUMBERS[settings.level]),
    )

    def write(level: Level, event: str, fields: Mapping[str, Any]) -> None:
        getattr(logger, level)(event, **fields)

    logging.basicConfig(handlers=[_Others(write, redaction)], level=logging.WARNING, force=True)
    return write


def _processors(settings: LoggingSettings, redaction: Redaction) -> list[structlog.typing.Processor]:
    def hide(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {**redaction.fields(event)}

    stamp = "iso" if settings.form == "json" else "%H:%M:%S"
    return [
        structlog.processors.add_log_level,
        # Tracebacks as text and without local variables: those hold prompts and keys.
        structlog.processors.format_exc_info,
        hide,
        structlog.processors.TimeStamper(fmt=stamp, utc=True),
    ]


def _renderer(settings: LoggingSettings, out: TextIO) -> structlog.typing.Processor:
    if settings.form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=True)
    return structlog.dev.ConsoleRenderer(colors=out.isatty())


class _Others(logging.Handler):
    """Passes what other libraries log through the same sink."""

    def __init__(self, write: Sink, redaction: Redaction) -> None:
        super().__init__(logging.WARNING)
        self._write = write
        self._redaction = redaction

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        self._write(level, self._redaction.text(record.getMessage()), fields)
