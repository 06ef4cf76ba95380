"""A peer that finds documents by the words they share with a question."""

from __future__ import annotations

TITLE = "Fake"
HOW = "shared words"
PACKAGES = ()
WAYS = ("most", "fewest")


class System:
    def __init__(self, embedder):
        print("a peer may print what it likes")  # noqa: T201 that is the point
        self.stopwatch = embedder.stopwatch
        self.documents = []

    def index(self, documents):
        if any("poison" in one["text"] for one in documents):
            raise ValueError("a poisoned document")
        with self.stopwatch.running(len(documents)):
            self.documents = documents

    def ask(self, query, *, way, k):
        if query == "die":
            raise SystemExit(3)
        words = set(query.split())
        shared = {one["id"]: len(words & set(one["text"].split())) for one in self.documents}
        return sorted(shared, key=lambda name: shared[name] * (-1 if way == "most" else 1))[:k]
