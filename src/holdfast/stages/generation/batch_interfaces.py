"""Speak the batch interfaces of OpenAI and Anthropic: hand requests in, follow them, fetch replies.

The requests are those of single calls, and the replies are read as theirs are: a batch is another way to
carry them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol

import httpx2

from holdfast.domain.stages import Stage
from holdfast.errors import ReplyMalformed

MARK = "holdfast"
"""Key of OpenAI's metadata that holds our own name of a batch."""
_QUEUE_FULL = "token_limit_exceeded"
_LISTED = 100
_CLOCKS_APART_S = 120.0
_SENT_ON = (
    "authorization", "x-api-key", "api-key", "openai-organization", "openai-project", "anthropic-version",
    "anthropic-beta",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of a batch, as a single call's wire wrote it."""

    digest: str
    path: str
    """With its query."""
    body: bytes
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a single call would have been answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is."""

    has_ended: bool
    done: int
    """Requests that are answered or failed."""
    told: Mapping[str, Any]
    """All that the provider says of it."""
    is_turned_away: bool = False
    """Whether it ended unworked because the provider's queue was full."""


class Refused(Exception):
    """The provider did not accept a batch; `answered` is what it said."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.status)
        self.answered = answered


class QueueFull(Exception):
    """A batch was turned away, unworked: more tokens wait at the provider than it queues for an account."""

    def __init__(self, message: str, told: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.told = told
        """All that the provider says of the batch."""


class BatchInterface(Protocol):
    """One provider's batch interface at one address."""

    async def submit(self, key: str, asked: Sequence[Asked]) -> str:
        """Hand requests in and return the provider's name of the batch; raise Refused or httpx2's errors."""
        ...

    async def find(self, key: str, *, made: float, requests: int, headers: Mapping[str, str]) -> str:
        """Return the name of a batch whose submission was not heard of, empty where there is none."""
        ...

    async def progress(self, batch: str, headers: Mapping[str, str]) -> Progress:
        """Return how far a batch is; raise Refused or httpx2's errors."""
        ...

    async def replies(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Answered]:
        """Return the replies of an ended batch by digest; those that were not worked on are left out.

        Raises Refused for a batch that is not valid, QueueFull for one that was turned away.
        """
        ...

    async def clear(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Delete what the provider keeps of a batch."""
        ...


class _Speaking:
    """What both have in common."""

    def __init__(self, client: httpx2.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._base_path = httpx2.URL(self._base_url).path.rstrip("/")

    async def _call(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> httpx2.Response:
        kept = {name: value for name, value in headers.items() if name.lower() in _SENT_ON}
        if "content" in more:
            kept["content-type"] = "application/json"
        response = await self._client.request(method, f"{self._base_url}{path}", headers=kept, **more)
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise Refused(_answer_of(response))
        return response

    async def _json(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> dict[str, Any]:
        response = await self._call(method, path, headers, **more)
        try:
            value = response.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Refused(
                failed(HTTPStatus.BAD_GATEWAY, f"the batch interface answers {path} with no JSON object")
            )
        return value


class OpenAIBatches(_Speaking):
    """OpenAI's batches: a file of requests in, files of replies and errors out."""

    async def submit(self, key: str, asked: Sequence[Asked]) -> str:
        """Upload the requests, then make the batch."""
        headers = asked[0].headers
        endpoint = f"/v1{asked[0].path.partition('?')[0].removeprefix(self._base_path)}"
        lines = b"\n".join(_openai_line(one, endpoint) for one in asked)
        form = {"data": {"purpose": "batch"}, "files": {"file": ("batch.jsonl", lines, "application/jsonl")}}
        file = await self._json("POST", "/files", headers, **form)
        body = {
            "input_file_id": file["id"],
            "endpoint": endpoint,
            "completion_window": "24h",
            "metadata": {MARK: key},
        }
        made = await self._json("POST", "/batches", headers, json=body)
        return str(made["id"])

    async def find(self, key: str, *, made: float, requests: int, headers: Mapping[str, str]) -> str:  # noqa: ARG002
        """Return the batch that carries our own name."""
        listed = await self._json("GET", f"/batches?limit={_LISTED}", headers)
        for one in listed.get("data", ()):
            if (one.get("metadata") or {}).get(MARK) == key:
                return str(one["id"])
        return ""

    async def progress(self, batch: str, headers: Mapping[str, str]) -> Progress:
        """Return how far a batch is."""
        told = await self._json("GET", f"/batches/{batch}", headers)
        counts = told.get("request_counts") or {}
        return Progress(
            has_ended=told.get("status") in ("completed", "failed", "expired", "cancelled"),
            done=int(counts.get("completed", 0)) + int(counts.get("failed", 0)),
            told=told,
            is_turned_away=any(one.get("code") == _QUEUE_FULL for one in _errors(told)),
        )

    async def replies(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Answered]:
        """Return the replies of the output file and of the error file."""
        if told.get("status") == "failed":
            message = "; ".join(str(one.get("message", "")) for one in _errors(told)[:3])
            if any(one.get("code") == _QUEUE_FULL for one in _errors(told)):
                raise QueueFull(message, told)
            raise Refused(failed(HTTPStatus.BAD_REQUEST, message or "the batch is not valid"))
        found: dict[str, Answered] = {}
        for name in ("output_file_id", "error_file_id"):
            if file := told.get(name):
                content = await self._call("GET", f"/files/{file}/content", headers)
                for line in _lines(content):
                    if answered := _openai_answer(line):
                        found[str(line["custom_id"])] = answered
        return found

    async def clear(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Delete the files; OpenAI keeps the batch itself, without texts."""
        for name in ("input_file_id", "output_file_id", "error_file_id"):
            if file := told.get(name):
                await self._call("DELETE", f"/files/{file}", headers)


class AnthropicBatches(_Speaking):
    """Anthropic's message batches."""

    def __init__(self, client: httpx2.AsyncClient, base_url: str) -> None:
        super().__init__(client, base_url.rstrip("/").removesuffix("/v1"))

    async def submit(self, key: str, asked: Sequence[Asked]) -> str:  # noqa: ARG002 they carry no name of ours
        """Send the requests in one piece."""
        requests = b",".join(
            b'{"custom_id":' + json.dumps(one.digest).encode() + b',"params":' + one.body + b"}"
            for one in asked
        )
        made = await self._json(
            "POST", "/v1/messages/batches", asked[0].headers,
            content=b'{"requests":[' + requests + b"]}",
        )  # fmt: skip
        return str(made["id"])

    async def find(self, key: str, *, made: float, requests: int, headers: Mapping[str, str]) -> str:  # noqa: ARG002
        """Return the oldest batch of that many requests that was made since; Anthropic keeps no name of ours.

        Whether it is ours is seen by its replies, which carry the digests.
        """
        listed = await self._json("GET", f"/v1/messages/batches?limit={_LISTED}", headers)
        fitting = [
            (created, str(one["id"]))
            for one in listed.get("data", ())
            if (created := _seconds(one.get("created_at", ""))) >= made - _CLOCKS_APART_S
            and sum((one.get("request_counts") or {}).values()) == requests
        ]
        return min(fitting)[1] if fitting else ""

    async def progress(self, batch: str, headers: Mapping[str, str]) -> Progress:
        """Return how far a batch is."""
        told = await self._json("GET", f"/v1/messages/batches/{batch}", headers)
        counts = dict(told.get("request_counts") or {})
        counts.pop("processing", None)
        has_ended = told.get("processing_status") == "ended"
        return Progress(has_ended=has_ended, done=sum(counts.values()), told=told)

    async def replies(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Answered]:
        """Return the results."""
        results = await self._call("GET", f"/v1/messages/batches/{told['id']}/results", headers)
        return {
            str(line["custom_id"]): answered
            for line in _lines(results)
            if (answered := _anthropic_answer(line["result"]))
        }

    async def clear(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Delete the batch with its results."""
        await self._call("DELETE", f"/v1/messages/batches/{told['id']}", headers)


INTERFACES: Mapping[str, type[OpenAIBatches | AnthropicBatches]] = {
    "openai": OpenAIBatches,
    "anthropic": AnthropicBatches,
}


def failed(status: int, message: str) -> Answered:
    """Return an error in words that both clients read."""
    told = {"type": "error", "error": {"type": "batch_error", "message": message}}
    return Answered(status=status, body=json.dumps(told).encode())


def is_final(status: int) -> bool:
    """Return whether asking again would bring the same."""
    passes = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return not passes or status == HTTPStatus.NOT_IMPLEMENTED


def _errors(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what OpenAI says is wrong with a batch."""
    found: list[Mapping[str, Any]] = (told.get("errors") or {}).get("data") or []
    return found


def _answer_of(response: httpx2.Response) -> Answered:
    if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        where = response.request.url.copy_with(query=None)
        return failed(HTTPStatus.NOT_IMPLEMENTED, f"there is no batch interface at {where}")
    named = ("retry-after", "retry-after-ms", "content-type")
    headers = {name: response.headers[name] for name in named if name in response.headers}
    return Answered(status=response.status_code, body=response.content, headers=headers)


def _openai_line(one: Asked, endpoint: str) -> bytes:
    head = {"custom_id": one.digest, "method": "POST", "url": endpoint}
    return json.dumps(head).encode()[:-1] + b', "body": ' + one.body + b"}"


def _openai_answer(line: Mapping[str, Any]) -> Answered | None:
    """Return what a line says; None for a request that was not worked on."""
    response, error = line.get("response"), line.get("error") or {}
    if response:
        return Answered(status=int(response["status_code"]), body=json.dumps(response["body"]).encode())
    if error.get("code") in ("batch_expired", "batch_cancelled"):
        return None
    return failed(HTTPStatus.INTERNAL_SERVER_ERROR, str(error.get("message", "the request failed")))


_ANTHROPIC_STATUS = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip


def _anthropic_answer(result: Mapping[str, Any]) -> Answered | None:
    match result.get("type"):
        case "succeeded":
            return Answered(status=HTTPStatus.OK, body=json.dumps(result["message"]).encode())
        case "errored":
            error = result["error"]
            kind = (error.get("error") or error).get("type", "")
            status = _ANTHROPIC_STATUS.get(kind, HTTPStatus.INTERNAL_SERVER_ERROR)
            return Answered(status=status, body=json.dumps(error).encode())
        case _:
            return None


def _lines(response: httpx2.Response) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in response.text.split("\n") if line.strip()]
    except ValueError as error:
        raise ReplyMalformed(
            f"the replies of a batch are no JSON lines ({error})",
            stage=Stage.GENERATION,
            move="Run the command again: it fetches them anew",
        ) from None


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).timestamp()
    except ValueError:
        return 0.0
