"""The sparse leg: BM25 over the chunks' terms, a projection kept by tantivy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Self

import tantivy

from holdfast.domain.documents import Status
from holdfast.domain.hits import Candidate
from holdfast.domain.queries import Filter
from holdfast.errors import IndexUnavailable
from holdfast.stages.indexing.analyser import Analyser
from holdfast.stages.indexing.damage import is_cut, read_by, unreadable
from holdfast.stages.indexing.marks import NAME as MARK
from holdfast.stages.indexing.marks import Mark, Stamp, read_mark, stamp_of, write_mark
from holdfast.stages.indexing.sums import FoundWhole, Look, Part, sum_of
from holdfast.stages.indexing.terms_files import LIST, list_part, parts_of, sizes_of
from holdfast.stages.indexing.words_query import WordsQuery
from holdfast.storage.feed import Indexable
from holdfast.storage.storable import storable

FORMAT = 4
WRITER_BYTES = 64_000_000
_STANDINGS = {status.value: number for number, status in enumerate(Status)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    generation: int
    index: tantivy.Index
    languages: tuple[str, ...]
    sizes: Mapping[str, int]
    """Bytes of the files of terms by path, as they were when they were mapped."""

    def whole(self) -> tantivy.Index:
        """Return the index; raise IndexUnavailable when something has cut one of its files."""
        if any(is_cut(path, size) for path, size in self.sizes.items()):
            raise unreadable("sparse")
        return self.index


class SparseLeg:
    """One tantivy index in one folder; one writer at a time, readers reload."""

    def __init__(
        self, folder: Path, analyser: Analyser, *, whole: FoundWhole | None = None, compounds: bool = True
    ) -> None:
        self._folder = folder
        self._analyser = analyser
        self._words = WordsQuery(analyser, compounds=compounds)
        self._whole = whole or FoundWhole(folder)
        self._opened: _Opened | None = None

    @property
    def signature(self) -> str:
        """Return what this code would make; a mark with another signature is rebuilt."""
        return f"sparse/{FORMAT} {self._analyser.signature}"

    @property
    def stamp(self) -> Stamp | None:
        """Return what changes whenever a process writes this leg."""
        return stamp_of(self._folder)

    def mark(self) -> Mark:
        """Return where the files stand; an empty mark when there are none that can be used."""
        mark = read_mark(self._folder)
        if mark.signature != self.signature:
            return Mark(generation=mark.generation)
        index = self._open(mark)
        if index is None:
            return Mark(generation=mark.generation)
        if index.searcher().num_docs != mark.size:
            index.reload()
        return mark if index.searcher().num_docs == mark.size else Mark(generation=mark.generation)

    def _open(self, mark: Mark) -> tantivy.Index | None:
        """Return this generation's index, None when its files cannot be read."""
        opened = self._opened
        if opened is not None and opened.generation == mark.generation:
            return opened.index
        if not self._may_be_read(mark):
            return None
        try:
            with read_by("sparse"):
                index = tantivy.Index.open(str(self._path(mark)))
        except IndexUnavailable:
            return None
        self._opened = self._as_of(mark, index)
        return index

    def _as_of(self, mark: Mark, index: tantivy.Index) -> _Opened:
        """Return the index with what its mark and its files say now."""
        return _Opened(
            generation=mark.generation,
            index=index,
            languages=mark.languages,
            sizes=sizes_of(self._path(mark)),
        )

    def _may_be_read(self, mark: Mark) -> bool:
        """Return whether no file would mislead a search: damaged ones make tantivy panic, or find others."""
        return self._whole.is_sure or not self._whole.broken(parts_of(self._path(mark)), Look.OPENING)

    def broken(self, look: Look) -> list[str]:
        """Return which files hold other bytes than were written, of those that are due to be compared."""
        mark = read_mark(self._folder)
        if mark.signature == self.signature:
            return self._whole.broken(self._parts(mark), look)
        return [MARK] if mark.is_damaged_in(self._folder) else []

    def _parts(self, mark: Mark) -> list[Part]:
        folder = self._path(mark)
        lists = [list_part(folder, mark.sums[LIST])] if LIST in mark.sums else []
        return [*parts_of(folder), *lists]

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
        before until it is whole. Raises IndexUnavailable where files are damaged that are to be changed.
        """
        with self._whole.own_change(lambda: self._parts(read_mark(self._folder))):
            self._change(added, removed, mark, rebuild=rebuild)

    def _change(
        self, added: Iterable[Sequence[Indexable]], removed: Sequence[int], mark: Mark, *, rebuild: bool
    ) -> None:
        now = read_mark(self._folder)
        if rebuild:
            now, index = self._next_generation(now)
        else:
            index = self._usable(now)
            added = _with_something(added)
            if not added and not removed:
                index.reload()
                self._note(mark, now, index, set(now.languages))
                return
        writer = index.writer(WRITER_BYTES, 1)
        # A writer that was killed left files of a commit that never was; the next would trip over them.
        writer.garbage_collect_files()
        languages = set(now.languages)
        for number in removed:
            writer.delete_documents_by_term("chunk", number)
        for batch in added:
            for one in batch:
                if not rebuild:
                    writer.delete_documents_by_term("chunk", one.chunk_id)
                writer.add_document(self._document(one))
                languages.add(self._analyser.language(one.language))
        if not rebuild:  # a kill before the note that follows is no damage
            write_mark(self._folder, replace(now, sums={}), outlasts_power=False)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._note(mark, now, index, languages)
        self._remove_older(now.generation)

    def _note(self, mark: Mark, now: Mark, index: tantivy.Index, languages: set[str]) -> None:
        noted = replace(
            mark, signature=self.signature, generation=now.generation, size=index.searcher().num_docs,
            languages=tuple(sorted(languages)), sums={LIST: sum_of(self._path(now) / LIST)},
        )  # fmt: skip
        write_mark(self._folder, noted)
        self._opened = self._as_of(noted, index)

    def _next_generation(self, mark: Mark) -> tuple[Mark, tantivy.Index]:
        made = Mark(generation=max([mark.generation, *self._generations()]) + 1)
        self._path(made).mkdir(parents=True)
        return made, tantivy.Index(_schema(), path=str(self._path(made)))

    def _generations(self) -> list[int]:
        names = (path.suffix[1:] for path in self._folder.glob("terms.*"))
        return [int(number) for number in names if number.isdigit()]

    def _remove_older(self, generation: int) -> None:
        for number in self._generations():
            if number < generation:
                shutil.rmtree(self._path(Mark(generation=number)), ignore_errors=True)

    def _document(self, one: Indexable) -> tantivy.Document:
        document = tantivy.Document()
        document.add_integer("chunk", one.chunk_id)
        document.add_unsigned("gate", _gate(one.access_id, one.status))
        for facet in one.facets:
            document.add_text("facet", facet)
        language = self._analyser.language(one.language)
        if terms := self._analyser.terms(one.text, language):
            # what `of_language` makes of each, joined: a third of the time
            document.add_text("body", f"{language}:" + f" {language}:".join(terms))
        return document

    @contextmanager
    def with_canaries(self, canaries: Sequence[Indexable]) -> Iterator[Self]:
        """Yield this leg with entries more that no reader sees: another folder of the same files.

        tantivy never changes a file of terms, it writes new ones, so links to them are enough.
        """
        for left in self._folder.glob("canaries.*"):  # by a process that was killed: this one has the lock
            shutil.rmtree(left, ignore_errors=True)
        mark = read_mark(self._folder)
        folder = self._folder / f"canaries.{os.getpid()}"
        try:
            write_mark(folder, mark, outlasts_power=False)
            _link_all(self._path(mark), folder / self._path(mark).name)
            leg = type(self)(folder, self._analyser, whole=FoundWhole(folder, is_sure=True))
            leg.apply([canaries], [], mark)
            yield leg
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # --- reading ---

    def reload(self) -> None:
        """See what other processes have committed."""
        opened, mark = self._opened, read_mark(self._folder)
        if opened is not None and opened.generation == mark.generation and self._may_be_read(mark):
            opened.index.reload()
            self._opened = self._as_of(mark, opened.index)
        else:
            self._opened = None

    def holds(self, chunks: frozenset[int]) -> bool:
        """Return whether any of these chunks can be found."""
        index = self._usable(read_mark(self._folder))
        for number in chunks:
            query = tantivy.Query.term_query(index.schema, "chunk", number)
            if index.searcher().search(query, 1, count=False).hits:
                return True
        return False

    def search(self, text: str, *, visible: frozenset[int], filter_: Filter, limit: int) -> list[Candidate]:
        """Return up to `limit` candidates by BM25, best first, inside access and filter.

        The question is read in every language of the index, each time for the documents of that language:
        a question is too short to tell its own, and may be answered by a paper in another.
        """
        gates = [
            _gate(access, status)
            for access in visible
            for status in _STANDINGS
            if status not in filter_.exclude
        ]
        if not gates:
            return []
        opened = self._opened
        if opened is None:
            mark = read_mark(self._folder)
            opened = self._as_of(mark, self._usable(mark))
        index = opened.whole()
        terms = self._words.terms(text, opened.languages)
        if not terms:
            return []
        with read_by("sparse"):
            query = tantivy.Query.boolean_query(
                [*self._inside(index, gates, filter_), (tantivy.Occur.Must, self._words.any_of(index, terms))]
            )
            searcher = index.searcher()
            # Counting would visit every match; without it the search may skip those that cannot win.
            found = searcher.search(query, limit, count=False).hits
            chunks = searcher.fast_field_values("chunk", [address for _, address in found])
        return [
            Candidate(int(chunk), score)
            for (score, _), chunk in zip(found, chunks, strict=True)
            if chunk is not None
        ]

    def _inside(
        self, index: tantivy.Index, gates: Sequence[int], filter_: Filter
    ) -> list[tuple[Any, tantivy.Query]]:
        schema = index.schema
        musts: list[tuple[Any, tantivy.Query]] = [
            (tantivy.Occur.Must, _silent(tantivy.Query.term_set_query(schema, "gate", sorted(gates))))
        ]
        for key, values in filter_.keys.items():
            facets = [storable(f"{key}={value}") for value in values]
            musts.append((tantivy.Occur.Must, _silent(tantivy.Query.term_set_query(schema, "facet", facets))))
        return musts

    def _usable(self, mark: Mark) -> tantivy.Index:
        index = self._open(mark)
        if index is None:
            raise unreadable("sparse")
        return index


def _with_something(batches: Iterable[Sequence[Indexable]]) -> Iterable[Sequence[Indexable]]:
    """Return the batches, or an empty list where they hold nothing: a commit takes 30 ms all the same."""
    several = iter(batches)
    first = next((batch for batch in several if batch), None)
    return [] if first is None else chain([first], several)


def _link_all(folder: Path, other: Path) -> None:
    """Make a folder of the same files; copies where the file system knows no links."""
    other.mkdir()
    for path in folder.iterdir():
        if path.suffix == ".json":  # the lists of files, which each folder has its own of
            shutil.copy(path, other / path.name)
        elif path.suffix != ".lock":
            _link(path, other / path.name)


def _link(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except OSError:
        shutil.copy(path, other)


def _gate(access: int, status: str) -> int:
    """Return access list and standing as one number: one filter to walk through instead of two."""
    return access * len(_STANDINGS) + _STANDINGS[status]


def _silent(query: tantivy.Query) -> tantivy.Query:
    """Return the query as a filter: it selects and adds nothing to the score."""
    return tantivy.Query.const_score_query(query, 0.0)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Signed: by a term of an unsigned field tantivy 0.27 deletes nothing, and says nothing.
    builder.add_integer_field("chunk", indexed=True, fast=True)
    builder.add_unsigned_field("gate", indexed=True)
    builder.add_text_field("facet", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    return builder.build()
