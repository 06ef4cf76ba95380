"""Holdfast itself, as `holdfast bench retrieval` runs it, but each question is embedded anew."""

# ruff: noqa: PLC0415, ARG002 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "Holdfast"
HOW = (
    "its defaults: sections cut into chunks with their title, tantivy and memory-mapped vectors on disk, "
    "access filter in both legs, leak test at the end of a sync; recent questions' vectors are not kept"
)
PACKAGES = ("holdfast", "tantivy")
WAYS = ("default",)
HITS = 60
"""Chunks asked for; where they are of fewer documents than wanted, all that both legs found are."""
DECLARATION = "name: peers\nsources: [{files: documents}]\nembedding: {query_cache: 0}\n"


class System:
    """A workflow over a corpus, in a folder that is thrown away."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("holdfast"):
            from holdfast.domain.access import Principal
            from holdfast.domain.items import WorkItem
            from holdfast.evaluation.beir import SUFFIX, BeirSource
            from holdfast.session import Flow
            from holdfast.waiting import wait_for
            from holdfast.wire import wire_corpus
        self._item, self._reader = WorkItem, Principal(user="benchmark")
        self._source, self._suffix = BeirSource, SUFFIX
        self._flow_of, self._wire, self._wait = Flow, wire_corpus, wait_for
        self._stopwatch = embedder.stopwatch
        self._runner = asyncio.Runner()
        self._flow: Any = None
        self._retrievers: list[Any] = []
        self._folder: TemporaryDirectory[str] | None = None

    def prepare(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Write the corpus where its source reads it; peers are handed it in memory, so this is not timed."""
        self.close()
        self._folder = TemporaryDirectory(prefix="holdfast-peers-")
        folder = Path(self._folder.name)
        (folder / "workflow.yaml").write_text(DECLARATION, encoding="utf-8")
        for name in ("documents", "state"):
            (folder / name).mkdir()
        rows = ({"_id": one["id"], "title": one["title"], "text": one["body"]} for one in documents)
        (folder / "corpus.jsonl").write_text(
            "".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8"
        )

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Sync the documents that were prepared."""
        assert self._folder is not None
        folder = Path(self._folder.name)
        wiring = self._wire(self._source(folder), state=folder / "state", workflow=folder)
        wiring.embedder = _Timed(wiring.embedder, self._stopwatch)
        self._flow = self._flow_of(wiring)
        report = self._runner.run(self._flow.sync())
        assert report.added == len(documents), f"{report.added} of {len(documents)} documents taken in"
        depth = wiring.settings.retrieval.depth
        self._retrievers = [wiring.retriever(k=hits, depth=depth) for hits in (HITS, 2 * depth)]

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        item = self._item(id="q", question=query, principal=self._reader, origin="bench")
        names: dict[str, None] = {}
        for retriever in self._retrievers:
            found = self._wait(self._runner, retriever.retrieve(item))
            names = dict.fromkeys(hit.document.removesuffix(self._suffix) for hit in found.hits)
            if len(names) >= k:
                break
        return list(names)[:k]

    def close(self) -> None:
        """Close the workflow and delete its folder."""
        if self._flow is not None:
            self._flow.close()
        if self._folder is not None:
            self._folder.cleanup()


class _Timed:
    """An embedder whose work on documents is timed."""

    def __init__(self, inner: Any, stopwatch: Any) -> None:
        self.fingerprint: str = inner.fingerprint
        self.dimension: int = inner.dimension
        self.notice: str = getattr(inner, "notice", "")
        self._inner = inner
        self._stopwatch = stopwatch
        self.embed_question = inner.embed_question

    async def embed(self, texts: Sequence[str], *, kind: str) -> Any:
        """Return what the inner embedder returns."""
        if kind == "query":
            return await self._inner.embed(texts, kind=kind)
        with self._stopwatch.running(len(texts)):
            return await self._inner.embed(texts, kind=kind)
