"""Bring the index level with its sources: read what is new, refile what changed hands, end what is gone."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, Self, runtime_checkable

from holdfast.domain.access import AccessList
from holdfast.domain.documents import FoundDocument
from holdfast.domain.indexing import Known, SyncReport, Trouble
from holdfast.domain.listing import Listing
from holdfast.domain.queries import FloatArray
from holdfast.domain.stages import Stage
from holdfast.errors import DocumentError, ProviderError, StorageError
from holdfast.flows.crew import InThread, walk_all
from holdfast.flows.ingest import Ingested, IngestParts, Name, Preparable, Steps, ingest
from holdfast.protocols import Embedder, Fittable, IndexWriter, Source

AT_ONCE = 48
"""Documents on their way at the same time: enough that their chunks fill whole embedding batches."""
FILL_BATCH = 512
MANY = 10
"""Documents that never vanish all at once without somebody saying so."""
FIT_ON = 50_000
"""Chunks that an embedder which learns from the corpus is shown at most."""

Progress = Callable[[str, int, int], None]
"""Told the stage in words, how many are done, and of how many (0: not known yet)."""


@runtime_checkable
class TellsUnaltered(Protocol):
    """An IndexWriter that knows of how many documents nothing new was written."""

    @property
    def unaltered(self) -> int:
        """Return how many documents were read again and found as they are on record."""
        ...


@dataclass(slots=True)
class _Tally:
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    kept: set[Name] = field(default_factory=set)
    """Every document that is still there, attachments included."""

    def take_back(self, unaltered: int) -> None:
        """Count documents as unchanged that were read again, as rules had changed, and came out the same."""
        same = min(unaltered, self.updated)
        self.updated -= same
        self.unchanged += same


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """What every document of one sync shares."""

    parts: IngestParts
    writer: IndexWriter
    trail: Steps
    known: Mapping[Name, Known]
    children: Mapping[Name, list[Known]]
    rebuild: bool
    current: str
    """How the skip key of a document begins that today's parts have read."""
    tally: _Tally = field(default_factory=_Tally)


async def sync(
    sources: Sequence[Source],
    parts: IngestParts,
    writer: IndexWriter,
    trail: Steps,
    *,
    listings: Mapping[str, Listing],
    progress: Progress,
    refiled: Callable[[], object] = lambda: None,
    rebuild: bool = False,
    may_vanish: bool = False,
) -> SyncReport:
    """Bring the index level with what the sources list; readers see all of it at once, at the end.

    The exception is access: it is refiled first, and counts from the next query on; `refiled` is told
    when it does. Raises StorageError when a source that held many documents lists none, unless it
    `may_vanish`.
    """
    started = time.monotonic()
    known = writer.known()
    _refuse_vanished(known, listings, may_vanish=may_vanish)
    changes = access_changes(known, listings.values())
    writer.refile_access(changes)
    refiled()

    ahead = _Pass(
        parts=parts, writer=writer, trail=trail, known=known, children=_children(known), rebuild=rebuild,
        current=parts.skip_key(""),
    )  # fmt: skip
    tally = ahead.tally
    await _take_in(sources, listings, ahead, progress)
    gone = [name for name, one in known.items() if name not in tally.kept and _is_gone(one, listings)]
    writer.remove(gone)
    if rebuild or writer.has_new_standings(parts.version):
        writer.refile_standing(parts.resolve(writer.standings()))
    notices = await _fill_vectors(parts, writer, trail, progress)
    progress("publishing", 0, 0)
    version = await asyncio.to_thread(writer.publish, rebuild=rebuild)
    if isinstance(writer, TellsUnaltered):
        tally.take_back(writer.unaltered)

    problems = [problem for listing in listings.values() for problem in listing.problems]
    return SyncReport(
        added=tally.added,
        updated=tally.updated,
        removed=sum(known[name].is_indexed for name in gone),
        unchanged=tally.unchanged,
        failed=tally.failed,
        access_changed=len(changes),
        chunks=writer.chunk_count(),
        index_version=version,
        problems=(*problems, *writer.problems()),
        notices=tuple(_notices(listings)) + notices,
        took_s=time.monotonic() - started,
    )


def _notices(listings: Mapping[str, Listing]) -> Iterator[str]:
    """Yield what the sources have to say, and which of them hold nothing."""
    for name, listing in listings.items():
        yield from listing.notices
        if not listing.found:
            yield f"{name} holds no document: nothing can be answered from it"


def _refuse_vanished(
    known: Mapping[Name, Known], listings: Mapping[str, Listing], *, may_vanish: bool
) -> None:
    """A share that is not mounted is an empty folder: don't take it for one that was emptied."""
    for name, listing in {} if may_vanish else listings.items():
        places = [f"{place}/" for place in listing.empty] if listing.found else [""]
        for place in places:
            held = sum(source == name and path.startswith(place) for source, path in known)
            if held >= MANY:
                raise StorageError(
                    f"all {held} documents of {f'{name}/{place}'.rstrip('/')} have vanished; "
                    "the index stays as it is",
                    stage=Stage.SOURCES,
                    move="Check that the folder is mounted; if it was emptied on purpose: sync --allow-empty",
                )


def access_changes(known: Mapping[Name, Known], listings: Iterable[Listing]) -> dict[Name, AccessList]:
    """Return the access lists that differ from those on record; attachments follow their outer document."""
    listed = {(found.source, found.path): found.access for listing in listings for found in listing.found}
    changes: dict[Name, AccessList] = {}
    for name, one in known.items():
        access = listed.get(_outermost(one, known) if one.parent else name)
        if one.is_indexed and access is not None and access.entries != one.entries:
            changes[name] = access
    return changes


def _outermost(one: Known, known: Mapping[Name, Known]) -> Name:
    while one.parent and (one.source, one.parent) in known:
        one = known[one.source, one.parent]
    return one.source, one.parent or one.path


async def _take_in(
    sources: Sequence[Source], listings: Mapping[str, Listing], ahead: _Pass, progress: Progress
) -> None:
    """Pass every new or changed document along its path, many at a time."""
    work: list[tuple[Source, FoundDocument]] = []
    for source in sources:
        for found in listings[source.name].found:
            before = ahead.known.get((found.source, found.path))
            if before is not None and _is_unchanged(before, found, ahead):
                _count_unchanged(before, ahead)
            else:
                work.append((source, found))
    total, done = len(work), 0
    progress("reading", 0, total)
    steps = InThread(ahead.trail)
    preparing = _Preparing(ahead.parts.preparable)

    def arrived(one: tuple[Source, FoundDocument], became: _Became) -> None:
        nonlocal done
        _count(one[1], became, ahead)
        done += 1
        progress("reading", done, total)

    async with preparing:
        await walk_all(
            work, lambda one: _one(*one, ahead, steps, preparing), steps=steps, at_once=AT_ONCE,
            arrived=arrived,
        )  # fmt: skip


class _Preparing:
    """Has the parts get ready while the first documents are read; over when all of them are."""

    def __init__(self, parts: Iterable[Preparable]) -> None:
        self._parts = list(parts)
        self._begun: list[threading.Thread] = []
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin, unless that was done."""
        with self._lock:
            while self._parts:
                prepare = partial(contextvars.copy_context().run, _prepare, self._parts.pop())
                thread = threading.Thread(target=prepare, daemon=True)
                self._begun.append(thread)
                thread.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for thread in self._begun:
            await asyncio.to_thread(thread.join)


def _prepare(part: Preparable) -> None:
    with suppress(Exception):  # the first document that needs it says so
        part.prepare()


def _is_unchanged(before: Known, found: FoundDocument, ahead: _Pass) -> bool:
    is_same = before.stamp == found.stamp and before.skip_key.startswith(ahead.current)
    return is_same and not ahead.rebuild


_Became = Ingested | Known | None
"""What became of a document: it was taken in, is the one known before, or could not be read."""


async def _one(
    source: Source, found: FoundDocument, ahead: _Pass, steps: Steps, preparing: _Preparing
) -> _Became:
    """Take one document along its path, in a thread."""
    name = (found.source, found.path)
    before = ahead.known.get(name)
    try:
        raw = await steps.step(Stage.SOURCES, source.read, found)
        is_same = before is not None and before.skip_key == ahead.parts.skip_key(raw.digest)
        if is_same and not ahead.rebuild:
            ahead.writer.restamp(name, found.stamp)
            return before
        preparing.begin()  # from the first document on that needs more than a look
        return await ingest(raw, ahead.parts, ahead.writer, steps)
    except DocumentError as error:
        ahead.writer.trouble(_unread(found, error), keep_last_good=True)
        return None


def _count(found: FoundDocument, became: _Became, ahead: _Pass) -> None:
    name = (found.source, found.path)
    before = ahead.known.get(name)
    match became:
        case Ingested():
            _count_ingested(before, became, ahead.tally)
        case Known():
            _count_unchanged(became, ahead)
        case None:
            _count_unread(name, before, ahead)


def _count_ingested(before: Known | None, ingested: Ingested, tally: _Tally) -> None:
    tally.kept.update(ingested.names)
    tally.failed += ingested.failed
    fine = len(ingested.names) - ingested.failed
    if before is not None and before.is_indexed:
        tally.updated += fine
    else:
        tally.added += fine


def _children(known: Mapping[Name, Known]) -> dict[Name, list[Known]]:
    children: dict[Name, list[Known]] = {}
    for one in known.values():
        if one.parent:
            children.setdefault((one.source, one.parent), []).append(one)
    return children


def _count_unchanged(before: Known, ahead: _Pass) -> None:
    for one in (before, *_descendants(before, ahead.children)) if ahead.children else (before,):
        ahead.tally.kept.add((one.source, one.path))
        if one.has_failed:
            ahead.tally.failed += 1
        else:
            ahead.tally.unchanged += 1


def _count_unread(name: Name, before: Known | None, ahead: _Pass) -> None:
    ahead.tally.kept.add(name)
    ahead.tally.failed += 1
    if before is not None:
        ahead.tally.kept.update((one.source, one.path) for one in _descendants(before, ahead.children))


def _descendants(one: Known, children: Mapping[Name, list[Known]]) -> Iterator[Known]:
    for child in children.get((one.source, one.path), ()):
        yield child
        yield from _descendants(child, children)


def _unread(found: FoundDocument, error: DocumentError) -> Trouble:
    return Trouble(
        source=found.source,
        path=found.path,
        parent="",
        stage=error.stage or Stage.SOURCES,
        status="unreadable",
        reason=f"{error.what}. {error.move}".strip(". "),
        stamp="",  # an empty stamp is no stamp: the next sync tries again
        skip_key="",
    )


def _is_gone(one: Known, listings: Mapping[str, Listing]) -> bool:
    listing = listings.get(one.source)
    return listing is None or not listing.may_still_hold(one.path)


async def _fill_vectors(
    parts: IngestParts, writer: IndexWriter, trail: Steps, progress: Progress
) -> tuple[str, ...]:
    """Embed what has no vector of today's embedder: all of it after a change of embedder."""
    embedder = parts.embedder
    if isinstance(embedder, Fittable) and not embedder.is_fitted:
        texts = [text for _, text in writer.without_vectors(FIT_ON)]
        if not texts:
            return ()
        progress("learning the corpus", 0, 0)
        await trail.step(Stage.EMBEDDING, embedder.fit, texts)
    done = 0
    while batch := writer.without_vectors(FILL_BATCH):
        keys, texts = [key for key, _ in batch], [text for _, text in batch]
        try:
            vectors = await trail.step(Stage.EMBEDDING, _documents, embedder, texts)
        except ProviderError as error:
            return (f"embedding: {error} Until then these chunks are found by their words only.",)
        await asyncio.to_thread(writer.write_vectors, keys, vectors)
        done += len(batch)
        progress("embedding", done, 0)
    return ()


async def _documents(embedder: Embedder, texts: Sequence[str]) -> FloatArray:
    return await embedder.embed(texts, kind="document")
