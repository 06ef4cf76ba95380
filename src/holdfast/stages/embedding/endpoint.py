"""Embed by any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from holdfast.calling.accounts import Account
from holdfast.calling.guarded import Guarded
from holdfast.calling.posting import Endpoint, post_json
from holdfast.calling.recording import Recorded, estimated_tokens
from holdfast.calling.settings import PriceSettings, RetrySettings
from holdfast.calling.shared import SharedCalls
from holdfast.calling.tariffs import tariff_of, used_by
from holdfast.domain.calls import Deadline, Purpose
from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage
from holdfast.errors import ProviderRejected, ReplyMalformed
from holdfast.stages.embedding.settings import EndpointSettings

_FIRST_WAIT_S = 0.1
_CHECK = "Check url, model, dimension and key_env under embedding.endpoint"
_NOTHING = " "
"""Sent for an empty text, which endpoints refuse."""


class EndpointEmbedder:
    """Sends texts in batches, a few requests at once, each with its tries under one deadline."""

    notice = ""

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        shared: SharedCalls | None = None,
        account: Account | None = None,
        prices: Mapping[str, PriceSettings] = MappingProxyType({}),
    ) -> None:
        """Take what other embedders of the process share with this one, who pays, and declared prices."""
        self.dimension = settings.dimension
        self.fingerprint = _fingerprint(settings)
        self._settings = settings
        self._endpoint = Endpoint(
            url=f"{settings.url}/embeddings",
            stage=Stage.EMBEDDING,
            later="Check the endpoint's status; the next sync tries again",
            check=_CHECK,
        )
        retry = RetrySettings(tries=settings.tries, first_wait_s=_FIRST_WAIT_S)
        tariff = tariff_of(settings.url, settings.model, prices)
        self._guarded = Guarded(
            (shared or SharedCalls()).of(
                f"{settings.url}/{settings.model}",
                retry=retry,
                breaker=settings.breaker,
                limits=settings.limits,
            ),
            retry,
            stage=Stage.EMBEDDING,
            tariff=tariff,
            account=account,
        )

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised.

        Raises ProviderUnavailable when the tries or the deadline are used up or, for a query, the breaker
        is open; ProviderRejected when the endpoint will refuse the same request again or sends vectors of
        another length.
        """
        settings = self._settings
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        key = read_key(settings.key_env)
        prefix = settings.query_prefix if kind == "query" else settings.document_prefix
        prepared = [f"{prefix}{_clean(text)}"[: settings.text_chars] or _NOTHING for text in texts]
        allowed_s = settings.query_deadline_s if kind == "query" else settings.deadline_s
        turn = asyncio.Semaphore(settings.requests_at_once)

        async def send(places: Sequence[int]) -> None:
            async with turn:
                batch = [prepared[place] for place in places]
                vectors[places] = await self._sent(batch, key, kind, Deadline.after(allowed_s))

        batches = _batches(prepared, texts_at_most=settings.batch_texts, chars_at_most=settings.batch_chars)
        try:
            async with asyncio.TaskGroup() as group:
                for places in batches:
                    group.create_task(send(places))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return vectors

    async def _sent(
        self, texts: Sequence[str], key: str, kind: Literal["document", "query"], deadline: Deadline
    ) -> FloatArray:
        """Return the vectors of one request.

        Nobody waits for documents, so they wait for an open breaker; a query is told at once.
        """
        settings = self._settings
        body: dict[str, Any] = {"model": settings.model, "input": list(texts), "encoding_format": "float"}
        if settings.send_dimension:
            body["dimensions"] = settings.dimension

        async def once(recorded: Recorded) -> FloatArray:
            reply = await post_json(self._endpoint, body, key=key, deadline=deadline)
            recorded.usage = used_by(reply)
            return self._vectors(reply, len(texts))

        return await self._guarded.call(
            once,
            deadline=deadline,
            worst=Usage(input_tokens=estimated_tokens(texts)),
            purpose=Purpose.ANSWER if kind == "query" else Purpose.EMBEDDING,
            queue=kind,
            is_patient=kind == "document",
        )

    def _vectors(self, reply: Any, count: int) -> FloatArray:
        """Return the reply's vectors in the order of the texts, normalised; raise ProviderError."""
        vectors = np.zeros((count, self.dimension), dtype=np.float32)
        try:
            for row in reply["data"]:
                vector = np.asarray(row["embedding"], dtype=np.float32)
                if vector.shape != (self.dimension,):
                    raise self._unusable(f"vectors of length {vector.size}, not {self.dimension}")
                vectors[_place(row["index"], count)] = vector
            seen = len({row["index"] for row in reply["data"]})
        except (KeyError, TypeError, ValueError):
            raise self._incomplete("something that is no list of vectors") from None
        if seen != count:
            raise self._incomplete(f"{seen} vectors for {count} texts")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._unusable("vectors that are empty or not numbers")
        vectors /= lengths
        return vectors

    def _unusable(self, what: str) -> ProviderRejected:
        return ProviderRejected(f"{self._endpoint.host} sent {what}", stage=Stage.EMBEDDING, move=_CHECK)

    def _incomplete(self, what: str) -> ReplyMalformed:
        return ReplyMalformed(f"{self._endpoint.host} sent {what}", stage=Stage.EMBEDDING, move=_CHECK)


def read_key(variable: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the key in `VARIABLE` or in the file that `VARIABLE_FILE` names; raise ProviderRejected.

    Read for every call, so that a rotated key is taken up and none is kept in an object.
    """
    if not variable:
        return ""
    environment = os.environ if environ is None else environ
    key = environment.get(variable, "").strip()
    path = environment.get(f"{variable}_FILE", "")
    if not key and path:
        try:
            key = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            key = ""
    if not key or not key.isascii() or not key.isprintable():
        raise ProviderRejected(
            f"there is no usable key in {variable}",
            stage=Stage.EMBEDDING,
            move=f"Set {variable} (or {variable}_FILE), or correct embedding.endpoint.key_env",
        )
    return key


def _batches(texts: Sequence[str], *, texts_at_most: int, chars_at_most: int) -> Iterator[list[int]]:
    """Yield places in batches, texts of like length together: many endpoints pad to the longest."""
    batch: list[int] = []
    chars = 0
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        if batch and (len(batch) == texts_at_most or chars + len(texts[place]) > chars_at_most):
            yield batch
            batch, chars = [], 0
        batch.append(place)
        chars += len(texts[place])
    if batch:
        yield batch


def _place(index: Any, count: int) -> int:
    if not isinstance(index, int) or not 0 <= index < count:
        raise ValueError(index)
    return index


def _clean(text: str) -> str:
    """Return the text without lone surrogates and NULs, which servers answer with 400 or 500."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _fingerprint(settings: EndpointSettings) -> str:
    said = (settings.query_prefix, settings.document_prefix, settings.text_chars, settings.send_dimension)
    digest = hashlib.sha256(repr(said).encode()).hexdigest()[:8]
    return f"endpoint/{settings.url}/{settings.model}/{settings.dimension}/{digest}"
