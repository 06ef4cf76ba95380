"""A whole local index in one folder, for tests and benchmarks of what finds and who may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.documents import Document
from holdfast.domain.hits import Hit
from holdfast.domain.queries import Filter, IndexQuery
from holdfast.stages.indexing.analyser import Analyser
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.index import LocalIndex
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.stages.indexing.writer import LocalIndexWriter
from holdfast.storage.database import open_database, sqlite_url
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.records import PASSAGE, SOURCE, chunks_of

NO_FILTER = Filter()


class LocalRig:
    """Database, projections, writer and index over one folder; open it twice to have two processes' view."""

    def __init__(
        self,
        folder: Path,
        *,
        url: str = "",
        embedder: BagEmbedder | None = None,
        exact_up_to: int = 50_000,
        stemming: bool = True,
        compounds: bool = True,
    ) -> None:
        self.folder = folder
        self.files = folder / "index"
        self.embedder = embedder or BagEmbedder()
        folder.mkdir(parents=True, exist_ok=True)
        self.database = open_database(url or sqlite_url(folder / "records.sqlite"))
        self.projections = Projections(
            self.files,
            self.database,
            sparse=SparseLeg(self.files / "sparse", Analyser(stemming=stemming), compounds=compounds),
            dense=DenseLeg(self.files / "dense", self.embedder, exact_up_to=exact_up_to),
            embedder=self.embedder,
        )
        self.index = LocalIndex(self.database, self.projections)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def writer(self) -> LocalIndexWriter:
        """Return a writer of the next version."""
        return LocalIndexWriter(self.database, self.projections, self.embedder)

    def write(
        self,
        writer: LocalIndexWriter,
        documents: Iterable[Document],
        *,
        with_vectors: bool = True,
        size: int = PASSAGE,
    ) -> None:
        """Hand documents, cut into pieces of `size` characters, to a writer."""
        for document in documents:
            chunks = chunks_of(document, size=size)
            vectors = self.embedder.vectors([chunk.indexed for chunk in chunks]) if with_vectors else None
            writer.write(document, chunks, vectors, skip_key=f"v1:{document.digest}")

    def publish(self, *documents: Document, removed: Sequence[str] = ()) -> int:
        """Write documents, end others, and publish; return the version."""
        writer = self.writer()
        self.write(writer, documents)
        writer.remove([(SOURCE, path) for path in removed])
        return writer.publish()

    def refile(self, changes: Mapping[str, Iterable[str]]) -> None:
        """Give documents other access lists."""
        lists = {(SOURCE, path): AccessList(entries=frozenset(entries)) for path, entries in changes.items()}
        self.writer().refile_access(lists)

    def search(
        self, text: str, principal: Principal, *, k: int = 50, filter_: Filter = NO_FILTER
    ) -> dict[str, tuple[Hit, ...]]:
        """Return both legs' hits."""
        vector = self.embedder.vectors([text])[0]
        query = IndexQuery(text=text, vector=vector, k=k, filter=filter_)
        return dict(self.index.search(query, principal=principal))

    def texts(self, text: str, principal: Principal, *, k: int = 50) -> dict[str, list[str]]:
        """Return both legs' hits as texts."""
        return {leg: [hit.text for hit in hits] for leg, hits in self.search(text, principal, k=k).items()}
