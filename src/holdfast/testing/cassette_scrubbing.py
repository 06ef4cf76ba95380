"""Take secrets out of what a cassette keeps: keys, who pays, and who asked.

What is known to be a secret (the key that was sent, cookies, the organisation's id) goes wherever it stands;
beside it goes what looks like a key, and what stands under a name that only secrets have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from holdfast.testing.cassettes import Event, Exchange, Request, json_of

SCRUBBED = "(scrubbed)"
KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms", "x-should-retry")
"""Headers of a reply that a client acts on; none of the others is written."""
_SECRET_HEADERS = (
    "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "set-cookie",
    "openai-organization", "openai-project", "anthropic-organization-id",
)  # fmt: skip
_SHORTEST_SECRET = 6
_SECRET_NAME = re.compile(
    r"(?:x[-_])?api[-_]?keys?|authorization|cookies?|passwords?|(?:client[-_]?)?secrets?|access[-_]?tokens?"
    r"|refresh[-_]?tokens?|org(?:anization)?[-_]ids?|project[-_]id",
    re.IGNORECASE,
)
_SECRET_IN_A_QUERY = re.compile(r"key|sig|signature|token|code", re.IGNORECASE)
_WHO_ASKED = ("user", "safety_identifier", "prompt_cache_key", "metadata")
"""Parameters of a request, at its top, that say who asked."""
_SECRET = re.compile(
    r"""
    \b(?:sk|pk|rk|gsk|xai|pplx|hf|r8|ghp|gho|ghs|glpat|xox[abprs])[-_][\w*.-]{8,}  # keys of many services
    | \bgithub_pat_\w{8,}
    | \bAKIA[0-9A-Z]{16}\b
    | \bAIza[\w-]{30,}
    | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?              # JSON web tokens
    | \bBearer\s+[\w.~+/*=-]{6,}
    | \b(?:org|proj|user|wrkspc|acct)[-_](?:[A-Za-z0-9]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{10,})\b  # who pays
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)
    | (?<=://)[^\s/:@"']+:[^\s/@"']+(?=@)                 # user and password of an address
    """,
    re.VERBOSE | re.DOTALL,
)
_UUID_AFTER_ORGANISATION = re.compile(
    r"(?i)(organi[sz]ation\W{1,4}(?:id\W{1,4})?)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def secrets_in(headers: Iterable[tuple[str, str]]) -> set[str]:
    """Return what headers hold that must be written nowhere."""
    found: set[str] = set()
    for name, value in headers:
        if name.lower() not in _SECRET_HEADERS:
            continue
        parts = [value, value.partition(" ")[2]]
        if "cookie" in name.lower():
            parts += [one.partition("=")[2].strip() for one in value.split(";")]
        found.update(one for one in parts if len(one) >= _SHORTEST_SECRET)
    return found


class Scrubber:
    """Takes secrets out, the same way each time."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take what is known to be secret beside what looks like it."""
        known = sorted({one for one in secrets if one}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange without secrets and with the headers that are kept."""
        events = exchange.events
        return replace(
            exchange,
            request=self.request(exchange.request),
            headers={
                name: self.text(value) for name, value in exchange.headers.items() if name in KEPT_HEADERS
            },
            body=self.value(exchange.body),
            events=None if events is None else self._stream(events),
        )

    def request(self, request: Request) -> Request:
        """Return a request without secrets, also as it is compared when replayed."""
        path, mark, query = request.path.partition("?")
        pairs = [
            (name, SCRUBBED if _is_secret(name) or _SECRET_IN_A_QUERY.fullmatch(name) else self.text(value))
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        body = request.body
        if isinstance(body, dict):
            body = {name: SCRUBBED if name in _WHO_ASKED else value for name, value in body.items()}
        query = urlencode(pairs, safe="()")
        return replace(request, path=f"{self.text(path)}{mark}{query}", body=self.value(body))

    def text(self, text: str) -> str:
        """Return a text without what is known to be a secret, or looks like one."""
        if self._known is not None:
            text = self._known.sub(SCRUBBED, text)
        text = _UUID_AFTER_ORGANISATION.sub(rf"\g<1>{SCRUBBED}", text)
        return _SECRET.sub(SCRUBBED, text)

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets; texts that are JSON themselves are read as well."""
        match value:
            case str():
                inner = json_of(value) if value[:1] in "{[" else value
                scrubbed = self.value(inner) if isinstance(inner, (dict, list)) else inner
                return json.dumps(scrubbed, ensure_ascii=False) if scrubbed != inner else self.text(value)
            case list():
                return [self.value(one) for one in value]
            case dict():
                return {
                    self.text(name): SCRUBBED
                    if _is_secret(name) and isinstance(one, str) and one
                    else self.value(one)
                    for name, one in value.items()
                }
            case _:
                return value

    def holds(self, text: str) -> bool:
        """Return whether a known secret stands in a text."""
        return self._known is not None and self._known.search(text) is not None

    # --- streams: a model writes a key piece by piece ---

    def _stream(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Return events without secrets, those that are spread over several events included."""
        told = [self._data(event.text) for event in events]
        pieces: dict[tuple[str | int, ...], list[tuple[dict[Any, Any] | list[Any], Any]]] = {}
        for data in told:
            if isinstance(data, dict):
                _collect(data, (), pieces)
        for places in pieces.values():
            self._scrub_across(places)
        return tuple(
            replace(event, text=_with_data(event.text, self.value(data)))
            if isinstance(data, dict)
            else replace(event, text=self.text(event.text))
            for event, data in zip(events, told, strict=True)
        )

    def _data(self, text: str) -> Any:
        return next((json_of(line[6:]) for line in text.split("\n") if line.startswith("data: ")), None)

    def _scrub_across(self, places: Sequence[tuple[Any, Any]]) -> None:
        """Take secrets out of the texts at one path of all events, read as one text."""
        texts = [holder[key] for holder, key in places]
        whole = "".join(texts)
        spans = [match.span() for match in self._matches(whole)]
        if not spans:
            return
        begin = 0
        for (holder, key), text in zip(places, texts, strict=True):
            holder[key] = _without(text, begin, spans)
            begin += len(text)

    def _matches(self, text: str) -> list[re.Match[str]]:
        found = list(_SECRET.finditer(text))
        return found + (list(self._known.finditer(text)) if self._known is not None else [])


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


def _collect(
    value: dict[Any, Any] | list[Any],
    path: tuple[str | int, ...],
    into: dict[tuple[str | int, ...], list[tuple[Any, Any]]],
) -> None:
    """Note where each text of a value stands, by its path."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(one, str):
            into.setdefault((*path, key), []).append((value, key))
        elif isinstance(one, (dict, list)):
            _collect(one, (*path, key), into)


def _without(text: str, begin: int, spans: Sequence[tuple[int, int]]) -> str:
    """Return a piece that begins at `begin` of the whole without the spans; where one begins, it says so."""
    kept, said = [], False
    for at, character in enumerate(text, begin):
        inside = [span for span in spans if span[0] <= at < span[1]]
        if not inside:
            kept.append(character)
            said = False
        elif any(span[0] == at for span in inside) and not said:
            kept.append(SCRUBBED)
            said = True
    return "".join(kept)


def _with_data(text: str, data: Mapping[str, Any]) -> str:
    lines = text.split("\n")
    at = next(place for place, line in enumerate(lines) if line.startswith("data: "))
    lines[at] = f"data: {json.dumps(data, separators=(',', ':'))}"
    return "\n".join(lines)
