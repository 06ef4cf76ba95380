"""Answer the questions of run.py inside a peer's environment: a JSON object a line in, one a line out.

    python -m peers.serve peers.NAME      (from the folder bench/)

    {"do": "load", "model": {...}}                     -> {"took_s", "versions", "ways"}
    {"do": "index", "documents": [{"id", "title", "body"}]} -> {"took_s", "embedder_s", "texts"}
    {"do": "ask", "queries": [...], "way", "k"}        -> {"rankings": [[id]], "took_ms": [...]}

What goes wrong comes back as {"error"}. A peer's own prints go to stderr: stdout is the protocol's.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

from peers.minilm import MiniLM
from peers.wanted import PeerMissing


def main() -> None:
    """Serve one adapter until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(importlib.import_module(sys.argv[1]), sys.stdin, answers)


def serve(adapter: Any, questions: TextIO, answers: TextIO) -> None:
    """Answer every line."""
    served = Served(adapter)
    for line in questions:
        try:
            answer = served.answer(json.loads(line))
        except PeerMissing as error:
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 whatever a peer raises belongs to the other side
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    served.close()


class Served:
    """One adapter with its system and the shared embedder."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter
        self._system: Any = None
        self._embedder: Any = None

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one question."""
        if asked["do"] == "load":
            return self._load(asked["model"])
        if asked["do"] == "index":
            return self._index([_document(**one) for one in asked["documents"]])
        return self._ask(asked["queries"], asked["way"], asked["k"])

    def close(self) -> None:
        """Let the system clean up after itself."""
        if hasattr(self._system, "close"):
            self._system.close()

    def _load(self, model: Mapping[str, Any]) -> dict[str, Any]:
        self._embedder = MiniLM(**model)
        started = time.perf_counter()
        self._system = self._adapter.System(self._embedder)
        took = time.perf_counter() - started
        versions = {name: importlib.metadata.version(name) for name in self._adapter.PACKAGES}
        return {"took_s": took, "versions": versions, "ways": list(self._adapter.WAYS)}

    def _index(self, documents: list[dict[str, str]]) -> dict[str, Any]:
        if hasattr(self._system, "prepare"):
            self._system.prepare(documents)
        stopwatch = self._embedder.stopwatch
        stopwatch.reset()
        started = time.perf_counter()
        self._system.index(documents)
        took = time.perf_counter() - started
        return {"took_s": took, "embedder_s": stopwatch.seconds, "texts": stopwatch.texts}

    def _ask(self, queries: list[str], way: str, k: int) -> dict[str, Any]:
        rankings, took = [], []
        for query in queries:
            started = time.perf_counter()
            found = self._system.ask(query, way=way, k=k)
            took.append(1000 * (time.perf_counter() - started))
            rankings.append(found)
        return {"rankings": rankings, "took_ms": took}


def _document(*, id: str, title: str, body: str) -> dict[str, str]:  # noqa: A002 the protocol's word
    """Return what adapters index: `text` is title and body, for systems without titles of their own."""
    text = body if not title or body.startswith(title) else f"{title}\n{body}"
    return {"id": id, "title": title, "body": body, "text": text}


if __name__ == "__main__":
    main()
