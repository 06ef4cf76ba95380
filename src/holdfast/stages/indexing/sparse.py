"""The sparse leg: BM25 over the chunks' terms, a projection kept by tantivy."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tantivy

from holdfast.domain.documents import Status
from holdfast.domain.hits import Candidate
from holdfast.domain.queries import Filter
from holdfast.errors import IndexUnavailable
from holdfast.stages.indexing.analyser import Analyser
from holdfast.stages.indexing.marks import Mark, read_mark, write_mark
from holdfast.storage.feed import Indexable

FORMAT = 1
WRITER_BYTES = 64_000_000


class SparseLeg:
    """One tantivy index in one folder; one writer at a time, readers reload."""

    def __init__(self, folder: Path, analyser: Analyser) -> None:
        self._folder = folder
        self._analyser = analyser
        self._index: tantivy.Index | None = None
        self._generation = -1

    @property
    def signature(self) -> str:
        """Return what this code would make; a mark with another signature is rebuilt."""
        return f"sparse/{FORMAT} {self._analyser.signature}"

    def mark(self) -> Mark:
        """Return where the files stand; an empty mark when there are none that can be used."""
        mark = read_mark(self._folder)
        if mark.signature != self.signature or not self._opens(mark):
            return Mark(generation=mark.generation)
        return mark

    def _opens(self, mark: Mark) -> bool:
        if self._index is not None and self._generation == mark.generation:
            return True
        try:
            self._index = tantivy.Index.open(str(self._path(mark)))
        except (ValueError, OSError):
            return False
        self._generation = mark.generation
        return True

    def _path(self, mark: Mark) -> Path:
        return self._folder / f"terms.{mark.generation}"

    # --- writing (under the projections' lock) ---

    def apply(
        self,
        added: Iterable[Sequence[Indexable]],
        removed: Sequence[int],
        mark: Mark,
        *,
        rebuild: bool = False,
    ) -> None:
        """Add (or put anew) and remove chunks, commit, and note where the projection stands then.

        Applying the same change twice has the effect of once, so a kill between commit and note
        costs nothing but the repetition. A rebuild writes the next generation; readers keep the one
        before until it is whole.
        """
        now = read_mark(self._folder)
        if rebuild:
            now = self._next_generation(now)
        index = self._opened(now)
        writer = index.writer(WRITER_BYTES, 1)
        for number in removed:
            writer.delete_documents("chunk", number)
        for batch in added:
            for one in batch:
                if not rebuild:
                    writer.delete_documents("chunk", one.chunk_id)
                writer.add_document(self._document(one))
        writer.commit()
        writer.wait_merging_threads()
        noted = replace(mark, signature=self.signature, generation=now.generation)
        write_mark(self._folder, noted)
        self._remove_older(noted.generation)
        index.reload()

    def _next_generation(self, mark: Mark) -> Mark:
        made = Mark(generation=mark.generation + 1)
        shutil.rmtree(self._path(made), ignore_errors=True)
        self._path(made).mkdir(parents=True)
        self._index = tantivy.Index(_schema(), path=str(self._path(made)))
        self._generation = made.generation
        return made

    def _remove_older(self, generation: int) -> None:
        for path in self._folder.glob("terms.*"):
            number = path.suffix[1:]
            if number.isdigit() and int(number) < generation:
                shutil.rmtree(path, ignore_errors=True)

    def _document(self, one: Indexable) -> tantivy.Document:
        document = tantivy.Document()
        document.add_unsigned("chunk", one.chunk_id)
        document.add_unsigned("access", one.access_id)
        document.add_text("status", one.status)
        for facet in one.facets:
            document.add_text("facet", facet)
        document.add_text("body", " ".join(self._analyser.terms(one.text, one.language)))
        return document

    # --- reading ---

    def reload(self) -> None:
        """See what other processes have committed."""
        if self._generation != read_mark(self._folder).generation:
            self._index = None
        if self._index is not None:
            self._index.reload()

    def search(
        self, text: str, *, language: str, visible: frozenset[int], filter_: Filter, limit: int
    ) -> list[Candidate]:
        """Return up to `limit` candidates by BM25, best first, inside access and filter."""
        index = self._opened(read_mark(self._folder)) if self._index is None else self._index
        terms = self._analyser.query_terms(text, language)
        if not terms or not visible:
            return []
        query = tantivy.Query.boolean_query(
            [*self._inside(index, visible, filter_), (tantivy.Occur.Must, self._any_of(index, terms))]
        )
        searcher = index.searcher()
        found = searcher.search(query, limit).hits
        return [
            Candidate(chunk_id=int(searcher.doc(address)["chunk"][0]), score=float(score))
            for score, address in found
        ]

    def _any_of(self, index: tantivy.Index, terms: Sequence[str]) -> tantivy.Query:
        # Repeated terms keep their weight: a term's clause is boosted by its count.
        counts: dict[str, int] = {}
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, self._term(index, term, count)) for term, count in counts.items()]
        )

    def _term(self, index: tantivy.Index, term: str, count: int) -> tantivy.Query:
        query = tantivy.Query.term_query(index.schema, "body", term, index_option="freq")
        return query if count == 1 else tantivy.Query.boost_query(query, float(count))

    def _inside(
        self, index: tantivy.Index, visible: frozenset[int], filter_: Filter
    ) -> list[tuple[Any, tantivy.Query]]:
        schema = index.schema
        musts: list[tuple[Any, tantivy.Query]] = [
            (tantivy.Occur.Must, _silent(tantivy.Query.term_set_query(schema, "access", sorted(visible))))
        ]
        if filter_.exclude:
            kept = [status.value for status in Status if status not in filter_.exclude]
            musts.append((tantivy.Occur.Must, _silent(tantivy.Query.term_set_query(schema, "status", kept))))
        for key, values in filter_.keys.items():
            facets = [f"{key}={value}" for value in values]
            musts.append((tantivy.Occur.Must, _silent(tantivy.Query.term_set_query(schema, "facet", facets))))
        return musts

    def _opened(self, mark: Mark) -> tantivy.Index:
        if not self._opens(mark) or self._index is None:
            raise IndexUnavailable(
                "the sparse index cannot be opened", stage="indexing", move="Run `holdfast sync --rebuild`."
            )
        return self._index


def _silent(query: tantivy.Query) -> tantivy.Query:
    """Return the query as a filter: it selects and adds nothing to the score."""
    return tantivy.Query.const_score_query(query, 0.0)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", stored=True, indexed=True)
    builder.add_unsigned_field("access", indexed=True)
    builder.add_text_field("status", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("facet", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    return builder.build()
