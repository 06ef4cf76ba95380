"""The endpoints beside the two chat protocols: embeddings, rerank, and lists of models."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.testing import provider_refusals as refusals
from holdfast.testing.embedding_server import vector_of
from holdfast.testing.provider_replies import AnthropicMessages, Dialect, Events, OpenAIChat
from holdfast.testing.provider_script import Fault, Scripted

DIMENSION = 8
"""Length of a vector when the request names none."""


def dialect_of(path: str, headers: Mapping[str, str]) -> Dialect | None:
    """Return the dialect spoken at a path, or None when nothing is there."""
    plain = path.partition("?")[0].rstrip("/")
    if plain.endswith("/models"):
        return AnthropicModels() if "anthropic-version" in headers else OpenAIModels()
    return next((dialect for end, dialect in _BY_END.items() if plain.endswith(end)), None)


class _Whole:
    """A dialect that does not stream and words its errors as OpenAI does."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return the body of a reply."""
        raise NotImplementedError

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> Events:
        """Return the reply as one event."""
        return Events(tokens=(f"data: {self.whole(asked, scripted)}\n\n",))

    def refused(self, scripted: Scripted) -> Scripted:
        """Return OpenAI's status and words for a fault."""
        return refusals.refused(scripted, refusals.OPENAI)

    def error(self, scripted: Scripted) -> str:
        """Return OpenAI's error object."""
        return refusals.openai_error(scripted)


class Embeddings(_Whole):
    """OpenAI's embeddings: vectors that are derived from the texts alone."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return a vector for each text, of `dimensions` numbers, as floats or base64 of float32."""
        given = asked.get("input", [])
        texts = [given] if isinstance(given, str) else given
        dimension = asked.get("dimensions") or DIMENSION
        vectors: list[Any] = [vector_of(str(text), dimension) for text in texts]
        if asked.get("encoding_format") == "base64":
            vectors = [base64.b64encode(np.array(one, dtype="<f4").tobytes()).decode() for one in vectors]
        rows = [{"object": "embedding", "index": n, "embedding": one} for n, one in enumerate(vectors)]
        if scripted.fault is Fault.EMPTY_CHOICES:
            rows = []
        usage = {"prompt_tokens": scripted.input_tokens, "total_tokens": scripted.input_tokens}
        model = scripted.model or asked.get("model", "")
        return json.dumps({"object": "list", "data": rows, "model": model, "usage": usage})


class Rerank(_Whole):
    """The rerank endpoint of Cohere and Jina: scores by the words that query and document share."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return `results`, best first, at most `top_n`."""
        documents = [text if isinstance(text, str) else text["text"] for text in asked["documents"]]
        scored = sorted(
            ((_shared(asked["query"], text), -index) for index, text in enumerate(documents)), reverse=True
        )
        results = [{"index": -index, "relevance_score": score} for score, index in scored]
        if scripted.fault is Fault.EMPTY_CHOICES:
            results = []
        billed = {"billed_units": {"search_units": 1}}
        kept = results[: asked.get("top_n")]
        return json.dumps({"model": asked.get("model", ""), "results": kept, "meta": billed})

    def error(self, scripted: Scripted) -> str:
        """Return Cohere's error object."""
        return json.dumps({"message": scripted.message})


class OpenAIModels(_Whole):
    """OpenAI's list of models."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:  # noqa: ARG002
        """Return one model."""
        model = {
            "id": scripted.model or _MODEL,
            "object": "model",
            "created": 1_700_000_000,
            "owned_by": "test",
        }
        return json.dumps({"object": "list", "data": [model]})


class AnthropicModels(_Whole):
    """Anthropic's list of models."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:  # noqa: ARG002
        """Return one model."""
        name = scripted.model or _MODEL
        model = {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return json.dumps({"data": [model], "has_more": False, "first_id": name, "last_id": name})

    def refused(self, scripted: Scripted) -> Scripted:
        """Return Anthropic's status and words for a fault."""
        return refusals.refused(scripted, refusals.ANTHROPIC)

    def error(self, scripted: Scripted) -> str:
        """Return Anthropic's error object."""
        return refusals.anthropic_error(scripted)


class OllamaTags(_Whole):
    """Ollama's list of models."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:  # noqa: ARG002
        """Return one embedding model and one that answers."""
        return json.dumps({"models": [{"name": "nomic-embed-text"}, {"name": scripted.model or "llama3.2"}]})


_MODEL = "loopback"
_BY_END: Mapping[str, Dialect] = {
    "/chat/completions": OpenAIChat(),
    "/messages": AnthropicMessages(),
    "/embeddings": Embeddings(),
    "/rerank": Rerank(),
    "/api/tags": OllamaTags(),
}


def _shared(query: str, text: str) -> float:
    asked = set(re.findall(r"\w+", query.lower()))
    return len(asked & set(re.findall(r"\w+", text.lower()))) / max(1, len(asked))
