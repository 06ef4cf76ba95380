"""OpenAI's and Anthropic's batch interfaces of the loopback provider; each request draws from the script."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from holdfast.testing.provider_account import Sent
from holdfast.testing.provider_http import Served, whole_bytes
from holdfast.testing.provider_replies import AnthropicMessages, Dialect, OpenAIChat
from holdfast.testing.provider_script import Fault, Scripted

_PATH = re.compile(r"/v1/(?P<kind>files|batches|messages/batches)(?:/(?P<id>[\w-]+))?(?:/(?P<part>\w+))?")
_NO_REPLY = frozenset(
    {Fault.STALL, Fault.STALL_MIDWAY, Fault.PINGS, Fault.ENDS_EARLY, Fault.CUT, Fault.RESET, Fault.HTML,
     Fault.MALFORMED, Fault.WRONG_ENVELOPE}
)  # fmt: skip
"""Faults of a connection: a provider that meets one in a batch says that the request failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchScript:
    """How the loopback provider works on batches."""

    takes_s: float = 0.0
    """From a batch's submission to its end."""
    expires_after: int | None = None
    """The batch ends with only that many requests worked on."""
    invalid: str = ""
    """The batch is not valid, in these words (OpenAI)."""
    enqueued_tokens: int | Callable[[], int | None] | None = None
    """Most tokens (about 4 bytes each) of batches under way; one above it is turned away (OpenAI)."""
    refused: tuple[Scripted, ...] = ()
    """Error replies to the first submissions, one each."""


@dataclass(slots=True, kw_only=True)
class _Batch:
    """A batch, worked on when it is first asked for after its time."""

    id: str
    lines: list[dict[str, Any]]
    made: datetime
    ends_at: float
    metadata: Any = None
    endpoint: str = ""
    input_file: str = ""
    turned_away: str = ""
    results: list[dict[str, Any]] | None = None
    files: dict[str, str] = field(default_factory=dict)


class Batches:
    """Keeps files and batches, and answers requests about them."""

    def __init__(self, script: BatchScript, draw: Callable[[Served], tuple[Scripted, Sent]]) -> None:
        """Take how batches go, and what draws the reply of one request and accounts for it."""
        self._script = script
        self._draw = draw
        self._refused = list(script.refused)
        self._files: dict[str, str] = {}
        self._batches: dict[str, _Batch] = {}
        self._numbers = itertools.count(1)

    def answer(self, request: Served) -> bytes | None:
        """Return the answer, or None for a path that is none of a batch interface."""
        asked = _PATH.fullmatch(request.path.partition("?")[0])
        if asked is None:
            return None
        kind, name, part = asked["kind"], asked["id"], asked["part"]
        if kind == "files":
            return self._file(request, name, part)
        if name is None and request.method == "POST" and self._refused:
            return _error(self._refused.pop(0), OpenAIChat() if kind == "batches" else AnthropicMessages())
        if name is None:
            make = self._made_by_openai if kind == "batches" else self._made_by_anthropic
            return make(request) if request.method == "POST" else self._listed(kind)
        return self._one(request, kind, name, part)

    def _one(self, request: Served, kind: str, name: str, part: str | None) -> bytes:
        batch = self._batches.get(name)
        if batch is None:
            return _missing(name)
        if request.method == "DELETE":
            del self._batches[name]
            return _json({"id": name, "type": "message_batch_deleted"})
        self._work(batch)
        if part == "results":
            if batch.results is None:
                return _refused("the batch has not ended")
            return whole_bytes(HTTPStatus.OK, _joined(batch.results), kind="application/x-jsonl")
        return _json(self._openai(batch) if kind == "batches" else self._anthropic(batch))

    # --- files ---

    def _file(self, request: Served, name: str | None, part: str | None) -> bytes:
        if name is None:
            return _json({"object": "file", "id": self._kept(_uploaded(request)), "purpose": "batch"})
        if name not in self._files:
            return _missing(name)
        if request.method == "DELETE":
            del self._files[name]
            return _json({"id": name, "object": "file", "deleted": True})
        if part == "content":
            return whole_bytes(HTTPStatus.OK, self._files[name], kind="application/octet-stream")
        return _json({"object": "file", "id": name, "purpose": "batch"})

    def _kept(self, text: str) -> str:
        name = f"file-{next(self._numbers)}"
        self._files[name] = text
        return name

    # --- batches ---

    def _made_by_openai(self, request: Served) -> bytes:
        name = str(request.body.get("input_file_id"))
        if name not in self._files:
            return _refused(f"there is no file {name}")
        lines = [json.loads(line) for line in self._files[name].split("\n") if line.strip()]
        batch = self._made("batch_", lines)
        batch.metadata, batch.input_file = request.body.get("metadata"), name
        batch.endpoint = str(request.body.get("endpoint"))
        self._queue(batch)
        return _json(self._openai(batch))

    def _made_by_anthropic(self, request: Served) -> bytes:
        lines = [
            {"custom_id": one["custom_id"], "url": "/v1/messages", "body": one["params"]}
            for one in request.body.get("requests", ())
        ]
        return _json(self._anthropic(self._made("msgbatch_", lines)))

    def _made(self, prefix: str, lines: list[dict[str, Any]]) -> _Batch:
        batch = _Batch(
            id=f"{prefix}{next(self._numbers)}",
            lines=lines,
            made=datetime.now(UTC),
            ends_at=time.monotonic() + self._script.takes_s,
        )
        self._batches[batch.id] = batch
        return batch

    def _queue(self, batch: _Batch) -> None:
        """Turn a batch away that does not fit into the queue."""
        for one in self._batches.values():
            self._work(one)
        under_way = (one for one in self._batches.values() if one.results is None or one is batch)
        tokens = sum(len(json.dumps(line)) // 4 for one in under_way for line in one.lines)
        limit = self._script.enqueued_tokens
        limit = limit() if callable(limit) else limit
        if limit is not None and tokens > limit:
            batch.turned_away, batch.results = f"Limit: {limit:,} enqueued tokens.", []

    def _work(self, batch: _Batch) -> None:
        """Work on the requests of a batch whose time has come, once."""
        if batch.results is not None or time.monotonic() < batch.ends_at:
            return
        is_openai = batch.id.startswith("batch_")
        worked = batch.lines[: self._script.expires_after]
        if is_openai and self._script.invalid:
            worked = []
        say = _openai_line if is_openai else _anthropic_line
        dialect: Dialect = OpenAIChat() if is_openai else AnthropicMessages()
        batch.results = [self._worked(line, dialect, say) for line in worked]
        if is_openai:
            for name in ("output", "error"):
                mine = [
                    one
                    for one in batch.results
                    if (one["response"]["status_code"] != HTTPStatus.OK) is (name == "error")
                ]
                if mine:
                    batch.files[f"{name}_file_id"] = self._kept(_joined(mine))
        else:
            rest = batch.lines[len(worked) :]
            batch.results += [{"custom_id": one["custom_id"], "result": {"type": "expired"}} for one in rest]

    def _worked(
        self,
        line: Mapping[str, Any],
        dialect: Dialect,
        say: Callable[[str, int, dict[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        scripted, sent = self._draw(Served(method="POST", path=line["url"], headers={}, body=line["body"]))
        if scripted.fault in _NO_REPLY:
            scripted = Scripted(fault=Fault.SERVER_ERROR)
        told = dialect.refused(scripted)
        sent.status = told.status
        if told.status >= HTTPStatus.MULTIPLE_CHOICES:
            return say(line["custom_id"], told.status, json.loads(dialect.error(told)))
        sent.input_tokens, sent.output_tokens = told.input_tokens, told.output_tokens
        sent.cached_tokens, sent.is_whole = told.cached_tokens, True
        return say(line["custom_id"], told.status, json.loads(dialect.whole(line["body"], told)))

    def _listed(self, kind: str) -> bytes:
        is_openai = kind == "batches"
        told = [
            self._openai(one) if is_openai else self._anthropic(one)
            for one in reversed(self._batches.values())
            if one.id.startswith("batch_") is is_openai
        ]
        return _json({"object": "list", "data": told, "has_more": False})

    def _openai(self, batch: _Batch) -> dict[str, Any]:
        failed = (
            0
            if batch.results is None
            else sum(one["response"]["status_code"] != HTTPStatus.OK for one in batch.results)
        )
        worked = len(batch.results or ())
        status = "in_progress" if batch.results is None else "completed"
        errors = None
        if batch.results is not None and self._script.invalid:
            status, errors = (
                "failed",
                {"object": "list", "data": [{"message": self._script.invalid, "line": 1}]},
            )
        elif batch.turned_away:
            model = batch.lines[0]["body"].get("model")
            message = f"Enqueued token limit reached for {model}. {batch.turned_away}"
            error = {"code": "token_limit_exceeded", "message": message, "line": None, "param": None}
            status, errors = "failed", {"object": "list", "data": [error]}
        elif batch.results is not None and worked < len(batch.lines):
            status = "expired"
        return {
            "id": batch.id, "object": "batch", "endpoint": batch.endpoint, "input_file_id": batch.input_file,
            "completion_window": "24h", "created_at": int(batch.made.timestamp()), "status": status,
            "errors": errors, "metadata": batch.metadata,
            "request_counts": {"total": len(batch.lines), "completed": worked - failed, "failed": failed},
            **batch.files,
        }  # fmt: skip

    def _anthropic(self, batch: _Batch) -> dict[str, Any]:
        kinds = [one["result"]["type"] for one in batch.results or ()]
        results = f"/v1/messages/batches/{batch.id}/results"
        counts = {name: kinds.count(name) for name in ("succeeded", "errored", "canceled", "expired")}
        return {
            "id": batch.id, "type": "message_batch", "created_at": batch.made.isoformat(),
            "processing_status": "in_progress" if batch.results is None else "ended",
            "request_counts": {"processing": len(batch.lines) - len(kinds), **counts},
            "results_url": results if batch.results is not None else None,
            "created_by": None, "ended_at": None, "archived_at": None, "cancel_initiated_at": None,
            "expires_at": (batch.made + timedelta(days=1)).isoformat(),
        }  # fmt: skip


def _openai_line(name: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "custom_id": name,
        "response": {"status_code": status, "request_id": "req_1", "body": body},
        "error": None,
    }


def _anthropic_line(name: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    is_fine = status < HTTPStatus.MULTIPLE_CHOICES
    result = {"type": "succeeded", "message": body} if is_fine else {"type": "errored", "error": body}
    return {"custom_id": name, "result": result}


def _uploaded(request: Served) -> str:
    """Return the text of the file in a form."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2].strip('"').encode()
    for part in request.data.split(b"--" + boundary):
        head, _, body = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return body.removesuffix(b"\r\n").decode()
    return ""


def _joined(lines: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def _json(value: Mapping[str, Any]) -> bytes:
    return whole_bytes(HTTPStatus.OK, json.dumps(value))


def _error(scripted: Scripted, dialect: Dialect) -> bytes:
    told = dialect.refused(scripted)
    return whole_bytes(told.status, dialect.error(told))


def _missing(name: str) -> bytes:
    return whole_bytes(HTTPStatus.NOT_FOUND, json.dumps({"error": {"message": f"there is no {name}"}}))


def _refused(message: str) -> bytes:
    return whole_bytes(HTTPStatus.BAD_REQUEST, json.dumps({"error": {"message": message}}))
