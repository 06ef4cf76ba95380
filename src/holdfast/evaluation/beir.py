"""Read a retrieval data set in BEIR layout."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.domain.access import EVERYONE, AccessList
from holdfast.domain.documents import FoundDocument, RawDocument
from holdfast.domain.listing import Listing
from holdfast.errors import UsageError

OPEN = AccessList(entries=frozenset({EVERYONE}), rule="a benchmark's corpus is open to everyone")
SUFFIX = ".txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A query with what is relevant to it."""

    id: str
    text: str
    relevance: dict[str, int]


class BeirSource:
    """The corpus of a BEIR data set as a Source: one document per entry."""

    name = "corpus"

    def __init__(self, folder: Path) -> None:
        self._entries: dict[str, RawDocument] = {}
        for entry in _lines(folder / "corpus.jsonl"):
            data = str(entry["text"]).encode("utf-8", "replace")
            path = f"{entry['_id']}{SUFFIX}"
            title = str(entry.get("title") or "")
            digest = hashlib.sha256(title.encode("utf-8", "replace") + b"\0" + data).hexdigest()
            self._entries[path] = RawDocument(
                source=self.name, path=path, data=data, digest=digest, access=OPEN, stamp=digest,
                properties={"title": title} if title else {},
            )  # fmt: skip

    def survey(self) -> Listing:
        """Return every entry of the corpus, open to everyone."""
        found = tuple(
            FoundDocument(source=self.name, path=path, access=OPEN, size=len(raw.data), stamp=raw.stamp)
            for path, raw in self._entries.items()
        )
        return Listing(found=found)

    def read(self, found: FoundDocument) -> RawDocument:
        """Return one entry."""
        return self._entries[found.path]


def judged_queries(folder: Path) -> list[Judged]:
    """Return the queries that have judgements, in file order; raise UsageError for another layout."""
    grades: dict[str, dict[str, int]] = {}
    files = sorted((folder / "qrels").glob("*.tsv"))
    if not files:
        raise UsageError(f"{folder} has no qrels/*.tsv", move="Name a folder in BEIR layout.")
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                grades.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    queries = ((str(entry["_id"]), str(entry["text"])) for entry in _lines(folder / "queries.jsonl"))
    return [Judged(id=id_, text=text, relevance=grades[id_]) for id_, text in queries if id_ in grades]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _entry(path, number, line)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror})", move="Name a folder in BEIR layout."
        ) from error


def _entry(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{path} line {number} is not JSON", move="Mend the line.") from error
    return entry
