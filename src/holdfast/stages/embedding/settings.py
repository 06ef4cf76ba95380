"""The `embedding` section of a declaration."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.calling.settings import BreakerSettings, LimitSettings
from holdfast.settings import PartSettings, Settings


class EndpointSettings(Settings):
    """An OpenAI-compatible embeddings endpoint."""

    url: str = Field(description="Base URL; `/embeddings` is appended (https://api.example.com/v1).")
    model: str = Field(min_length=1, description="Model name as the endpoint knows it.")
    dimension: int = Field(ge=1, le=16_384, description="Length of the model's vectors; checked.")
    send_dimension: bool = Field(
        default=False, description="Ask for this length (`dimensions`), where the model can shorten vectors."
    )
    key_env: str = Field(
        default="",
        description="Environment variable that holds the key; NAME_FILE may name a file instead. "
        "Empty: no key.",
    )
    query_prefix: str = Field(default="", description="Put in front of queries (`query: ` for E5).")
    document_prefix: str = Field(default="", description="Put in front of chunks (`passage: ` for E5).")
    batch_texts: int = Field(default=128, ge=1, le=2048, description="Texts in one request at most.")
    batch_chars: int = Field(default=200_000, ge=1_000, description="Characters in one request at most.")
    text_chars: int = Field(default=24_000, ge=100, description="A text is cut to this before it is sent.")
    requests_at_once: int = Field(default=4, ge=1, le=64, description="Requests under way at the same time.")
    tries: int = Field(default=4, ge=1, le=10, description="Tries of one request, the first included.")
    deadline_s: float = Field(
        default=60.0, gt=0, le=600, description="Seconds for one request with all its tries."
    )
    query_deadline_s: float = Field(
        default=10.0, gt=0, le=600, description="The same for a question that somebody waits for."
    )
    breaker: BreakerSettings = Field(
        default=BreakerSettings(), description="When an endpoint that keeps failing is left alone."
    )
    limits: LimitSettings = Field(
        default=LimitSettings(), description="What may be asked of the endpoint at a time."
    )

    @field_validator("url")
    @classmethod
    def _is_plain_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the url must start with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the url holds a name, key or query; put the key in the variable of key_env")
        return url.rstrip("/")


class OnnxFolderSettings(Settings):
    """A local folder with `model.onnx` and `tokenizer.json`."""

    folder: str = Field(min_length=1, description="The folder; a relative path starts at the workflow's.")
    pooling: Literal["mean", "cls"] = Field(
        default="mean", description="How token vectors become one, where the graph does not pool itself."
    )
    max_tokens: int = Field(
        default=512, ge=8, le=8192, description="Tokens read of a text, special ones included."
    )
    query_prefix: str = Field(default="", description="Put in front of queries.")
    document_prefix: str = Field(default="", description="Put in front of chunks.")


class LsaSettings(Settings):
    """Latent semantic analysis of the corpus, for use without any model."""

    dimension: int = Field(default=384, ge=8, le=1024, description="Length of the vectors.")
    terms: int = Field(default=20_000, ge=100, le=200_000, description="Terms kept, the commonest first.")
    sample: int = Field(default=20_000, ge=100, le=200_000, description="Chunks learned from at most.")


class EmbeddingSettings(PartSettings):
    """What turns texts into vectors."""

    model: Literal["minilm", "endpoint", "onnx", "lsa"] = Field(
        default="minilm",
        description="minilm: all-MiniLM-L6-v2 on this machine (English); endpoint: any OpenAI-compatible "
        "one; onnx: a local folder; lsa: no model, statistics of the corpus.",
    )
    precision: Literal["int8", "fp32"] = Field(
        default="int8", description="Of minilm: int8 is 2.6 times as fast, cosine .995 to fp32."
    )
    code_in_words: bool = Field(
        default=True,
        description="Of minilm: read program code a second time in words (names taken apart, no marks) and "
        "take the mean of both vectors; twice the time for chunks that are code.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Texts embedded side by side on this machine; 0: one a core, four at most.",
    )
    query_cache: int = Field(default=1024, ge=0, description="Query vectors kept in memory.")
    endpoint: EndpointSettings | None = Field(default=None, description="Needed for `model: endpoint`.")
    onnx: OnnxFolderSettings | None = Field(default=None, description="Needed for `model: onnx`.")
    lsa: LsaSettings = Field(
        default=LsaSettings(), description="For `model: lsa`, and when minilm cannot be had."
    )

    @model_validator(mode="after")
    def _has_the_section_it_names(self) -> Self:
        if self.model == "endpoint" and self.endpoint is None:
            raise ValueError("`model: endpoint` needs the section `endpoint` (url, model, dimension)")
        if self.model == "onnx" and self.onnx is None:
            raise ValueError("`model: onnx` needs the section `onnx` (folder)")
        return self
