"""Recorded exchanges with a provider, as a file of JSON lines that a person can read and edit.

The first line is `{"cassette": 1, "provider": ...}`. An exchange is a line `{"request": ...}`, a line
`{"response": ...}` and, where it was streamed, a line for each event with the time since its head.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.errors import DeclarationError, UsageError

VERSION = 1
STAGE = "testing"
_USUAL = re.compile(r"(?:event: (?P<name>[^\n]+)\n)?data: (?P<data>[^\n]*)")
"""How both protocols write an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A server-sent event, or what else stood between two empty lines of a stream."""

    text: str
    """As it came, without the empty line that ends it."""
    at_ms: int = 0
    """Milliseconds after the head of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked."""

    method: str
    path: str
    """With its query; keys in it are scrubbed."""
    body: Any = None
    """A JSON value; a body that is none is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came back."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """Those that a client acts on; names in lower case."""
    after_ms: int = 0
    """Milliseconds from the request to the head of the reply."""
    body: Any = None
    """A JSON value, or its text where it is none; None for a stream."""
    events: tuple[Event, ...] | None = None
    """None: the reply was not streamed."""
    is_cut: bool = False
    """Whether the connection broke before the reply's end."""
    line: int = 0
    """Where it begins in its file, from 1; 0: nowhere."""

    @property
    def text(self) -> str:
        """Return the body as it goes on the wire."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


def header_line(provider: str) -> str:
    """Return the first line of a cassette."""
    return _line({"cassette": VERSION, "provider": provider})


def lines_of(exchange: Exchange) -> str:
    """Return an exchange as the lines of a cassette."""
    request, response = exchange.request, {"status": exchange.status, "headers": dict(exchange.headers)}
    asked: dict[str, Any] = {"method": request.method, "path": request.path}
    if request.body is not None:
        asked["body"] = request.body
    response["after_ms"] = exchange.after_ms
    if exchange.is_cut:
        response["is_cut"] = True
    if exchange.events is None:
        response["body"] = exchange.body
    events = (_event_json(event) for event in exchange.events or ())
    return "".join(map(_line, ({"request": asked}, {"response": response}, *events)))


def read_cassette(path: Path) -> tuple[Exchange, ...]:
    """Return the exchanges in order; raise UsageError for no file, DeclarationError naming a bad line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"the cassette {path} cannot be read ({why})",
            stage=STAGE,
            move="Record one with `holdfast testing record --cassette FILE`",
        ) from None
    entries = [_entry(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not entries or entries[0].value.get("cassette") != VERSION:
        raise _bad(path, 1, f'is not {{"cassette": {VERSION}, ...}}', "Record it anew, or correct the line")
    return tuple(_exchanges(path, entries[1:]))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a file."""

    number: int
    value: dict[str, Any]


def _entry(path: Path, number: int, line: str) -> _Entry:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise _bad(path, number, f"is no JSON ({error})", "Correct the line") from None
    if not isinstance(value, dict):
        raise _bad(path, number, "is no JSON object", "Correct the line")
    return _Entry(number, value)


def _exchanges(path: Path, entries: Iterable[_Entry]) -> Iterator[Exchange]:
    rest = list(entries)
    while rest:
        asked = rest.pop(0)
        if "request" not in asked.value or not rest or "response" not in rest[0].value:
            raise _bad(
                path,
                asked.number,
                "is not where a request with its response begins",
                'Write a line {"request": ...}, then a line {"response": ...}',
            )
        answered, events = rest.pop(0), []
        while rest and "at_ms" in rest[0].value:
            events.append(rest.pop(0).value)
        try:
            yield _exchange(asked, answered.value["response"], events)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else f"cannot be used ({error})"
            raise _bad(path, answered.number, what, "Correct the exchange, or record it anew") from None


def _exchange(asked: _Entry, response: dict[str, Any], events: list[dict[str, Any]]) -> Exchange:
    request = asked.value["request"]
    has_body = "body" in response
    return Exchange(
        request=Request(method=request["method"], path=request["path"], body=request.get("body")),
        status=int(response["status"]),
        headers={str(name).lower(): str(value) for name, value in response.get("headers", {}).items()},
        after_ms=int(response.get("after_ms", 0)),
        body=response.get("body"),
        events=None if has_body else tuple(_event(one) for one in events),
        is_cut=bool(response.get("is_cut", False)),
        line=asked.number,
    )


def _event_json(event: Event) -> dict[str, Any]:
    """Return an event with its data as JSON where it is said in the usual manner, else as its text."""
    told: dict[str, Any] = {"at_ms": event.at_ms}
    usual = _USUAL.fullmatch(event.text)
    data = json_of(usual["data"]) if usual else None
    if usual is None or not isinstance(data, dict):
        return told | {"text": event.text}
    return told | ({"event": usual["name"]} if usual["name"] else {}) | {"data": data}


def _event(told: dict[str, Any]) -> Event:
    text = told["text"] if "text" in told else _said(told.get("event", ""), told["data"])
    return Event(text=str(text), at_ms=int(told["at_ms"]))


def json_of(text: str) -> Any:
    """Return a JSON value, or the text where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _said(name: str, data: Any) -> str:
    """Return an event as both protocols write it."""
    return f"event: {name}\n{_data(data)}" if name else _data(data)


def _data(data: Any) -> str:
    return f"data: {json.dumps(data, separators=(',', ':'))}"


def _line(value: Mapping[str, Any]) -> str:
    """Return a line; half characters, which no file can hold, stay escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value)
    return f"{text}\n"


def _bad(path: Path, line: int, what: str, move: str) -> DeclarationError:
    return DeclarationError(f"{path} line {line} {what}", stage=STAGE, move=move)
