"""Parts for tests that keep their protocols and do nothing surprising."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.domain.access import EVERYONE, AccessList, Principal
from holdfast.domain.calls import Call
from holdfast.domain.checks import Checks
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import (
    Document,
    FoundDocument,
    Metadata,
    ParsedDocument,
    ParseStatus,
    Problem,
    RawDocument,
    Section,
)
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.indexing import Known, Standing, Trouble
from holdfast.domain.items import WorkItem
from holdfast.domain.listing import Listing
from holdfast.domain.outcomes import Answer, Outcome, Refusal, Ruling
from holdfast.domain.prompts import Limits, Message, Passage, Prompt, Reply
from holdfast.domain.queries import FloatArray, IndexQuery
from holdfast.domain.rows import Facts
from holdfast.domain.screened import Screened, ScreenedOutcome
from holdfast.errors import DocumentError, ProviderError

OPEN = AccessList(entries=frozenset({EVERYONE}), rule="a test's documents are open")
Name = tuple[str, str]


@dataclass(slots=True)
class FakeSource:
    """A source whose documents are strings in a dict that a test may change between syncs."""

    texts: dict[str, str]
    access: dict[str, AccessList] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    unlisted: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    name: str = "fake"

    def survey(self) -> Listing:
        """Return what the dict holds; a stamp is the digest of its text."""
        found = tuple(
            FoundDocument(
                source=self.name, path=path, access=self.access.get(path, OPEN), size=len(text),
                stamp=_digest(text),
            )
            for path, text in sorted(self.texts.items())
        )  # fmt: skip
        return Listing(found=found, unlisted=self.unlisted, empty=self.empty)

    def read(self, found: FoundDocument) -> RawDocument:
        """Return the text as bytes; raise DocumentError for a path named unreadable or gone."""
        if found.path in self.unreadable:
            raise DocumentError("permission denied", stage="sources", move="Check its rights")
        if found.path not in self.texts:
            raise DocumentError("it is gone", stage="sources", move="Sync again")
        text = self.texts[found.path]
        return RawDocument(
            source=self.name, path=found.path, data=text.encode(), digest=_digest(text),
            access=found.access, stamp=found.stamp,
        )  # fmt: skip


@dataclass(slots=True)
class FakeParser:
    """Takes bytes for UTF-8 text; a text that begins with `!STATUS ` ends with that status."""

    version: str = "fake parser 1"
    parsed: list[str] = field(default_factory=list)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """Return the text as one section."""
        self.parsed.append(raw.path)
        try:
            text = raw.data.decode()
        except UnicodeDecodeError:
            return ParsedDocument(text="", status=ParseStatus.MALFORMED, reason="it is not UTF-8")
        if not text:
            return ParsedDocument(text="", status=ParseStatus.EMPTY, reason="it has no text")
        if text.startswith("!"):
            status = ParseStatus(text[1:].split()[0])
            return ParsedDocument(text="", status=status, reason=f"a test says {status.value}")
        return ParsedDocument(text=text, sections=(Section(start=0, end=len(text)),))


@dataclass(slots=True)
class FakeEnricher:
    """Takes the path for the title."""

    version: str = "fake enricher 1"

    def enrich(self, raw: RawDocument, parsed: ParsedDocument) -> Document:
        """Return the document with a title and nothing else."""
        return Document(
            source=raw.source, path=raw.path, digest=raw.digest, text=parsed.text,
            sections=parsed.sections, metadata=Metadata(title=raw.path), access=raw.access,
            status=parsed.status, reason=parsed.reason, stamp=raw.stamp,
        )  # fmt: skip


@dataclass(slots=True)
class FakeChunker:
    """Makes one chunk of every line that is not blank."""

    version: str = "fake chunker 1"

    def chunk(self, document: Document) -> tuple[Chunk, ...]:
        """Return the lines."""
        chunks: list[Chunk] = []
        start = 0
        for line in document.text.splitlines(keepends=True):
            text = line.rstrip("\n")
            if text.strip():
                chunks.append(Chunk(ordinal=len(chunks), start=start, end=start + len(text), text=text))
            start += len(line)
        return tuple(chunks)


@dataclass(slots=True)
class FakeIndexWriter:
    """Keeps everything in memory, as an IndexWriter does in its records."""

    version: int = 1
    documents: dict[Name, Known] = field(default_factory=dict)
    chunks: dict[Name, tuple[Chunk, ...]] = field(default_factory=dict)
    troubles: dict[Name, Trouble] = field(default_factory=dict)
    has_vectors: dict[Name, bool] = field(default_factory=dict)
    vectors: dict[str, FloatArray] = field(default_factory=dict)
    """By the text that they were made of."""
    superseded: dict[Name, str] = field(default_factory=dict)
    alive: int = 0
    """Chunks that readers see: those at the last publication."""

    def known(self) -> Mapping[Name, Known]:
        """Return documents, and problems without one."""
        only_troubles = {
            name: Known(
                source=one.source, path=one.path, parent=one.parent, stamp=one.stamp,
                skip_key=one.skip_key, entries=frozenset(), is_indexed=False, has_failed=True,
            )
            for name, one in self.troubles.items()
            if name not in self.documents
        }  # fmt: skip
        return self.documents | only_troubles

    def kept_vectors(self, texts: Sequence[str]) -> Mapping[str, FloatArray]:
        """Return the vectors that came with these texts."""
        return {text: self.vectors[text] for text in texts if text in self.vectors}

    def write(
        self,
        document: Document,
        chunks: tuple[Chunk, ...],
        vectors: FloatArray | None,
        *,
        parent: str,
        skip_key: str,
    ) -> None:
        """Keep the document."""
        if vectors is not None:
            self.vectors.update(zip((chunk.indexed for chunk in chunks), vectors, strict=True))
        name = (document.source, document.path)
        self.documents[name] = Known(
            source=document.source, path=document.path, parent=parent, stamp=document.stamp,
            skip_key=skip_key, entries=document.access.entries, is_indexed=True,
        )  # fmt: skip
        self.chunks[name] = chunks
        self.has_vectors[name] = vectors is not None
        self.troubles.pop(name, None)

    def trouble(self, one: Trouble, *, keep_last_good: bool) -> None:
        """Keep the problem."""
        if not keep_last_good:
            self.remove([(one.source, one.path)])
        self.troubles[one.source, one.path] = one

    def remove(self, names: Sequence[Name]) -> None:
        """Forget documents and their problems."""
        for name in names:
            self.documents.pop(name, None)
            self.chunks.pop(name, None)
            self.troubles.pop(name, None)

    def restamp(self, name: Name, stamp: str) -> None:
        """Nothing to do: stamps of a fake source are digests."""

    def refile_access(self, changes: Mapping[Name, AccessList]) -> None:
        """Keep other access lists."""
        for name, access in changes.items():
            old = self.documents[name]
            self.documents[name] = Known(
                source=old.source, path=old.path, parent=old.parent, stamp=old.stamp,
                skip_key=old.skip_key, entries=access.entries, is_indexed=True,
            )  # fmt: skip

    def has_new_standings(self, rules: str) -> bool:
        """Return True: what it keeps is resolved anew each time."""
        del rules
        return True

    def standings(self) -> tuple[Standing, ...]:
        """Return every document with empty metadata."""
        return tuple(
            Standing(source=source, path=path, title=path, metadata=Metadata())
            for source, path in self.documents
        )

    def refile_standing(self, superseded: Mapping[Name, str]) -> int:
        """Keep what is superseded."""
        self.superseded = dict(superseded)
        return len(superseded)

    def without_vectors(self, limit: int) -> list[tuple[str, str]]:
        """Return the chunks of documents that were written without vectors."""
        lacking = [
            (chunk.text, chunk.indexed)
            for name, chunks in self.chunks.items()
            if not self.has_vectors[name]
            for chunk in chunks
        ]
        return lacking[:limit]

    def write_vectors(self, text_keys: Sequence[str], vectors: FloatArray) -> None:
        """Count the documents of these texts as embedded."""
        embedded = set(text_keys[: len(vectors)])
        for name, chunks in self.chunks.items():
            if chunks and all(chunk.text in embedded for chunk in chunks):
                self.has_vectors[name] = True

    def publish(self, *, rebuild: bool = False) -> int:  # noqa: ARG002 -- the socket's shape
        """Let readers see what is kept; return the version."""
        self.alive = sum(len(chunks) for chunks in self.chunks.values())
        return self.version

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems kept."""
        return tuple(
            Problem(document=one.path, stage=one.stage, reason=one.reason) for one in self.troubles.values()
        )

    def chunk_count(self) -> int:
        """Return how many chunks readers see."""
        return self.alive


@dataclass(slots=True)
class FakeIndex:
    """Gives the same legs for every query, those the principal may see."""

    legs: Mapping[str, Sequence[Hit]]
    visible_to: frozenset[str] | None = None
    queries: list[IndexQuery] = field(default_factory=list)

    def search(self, query: IndexQuery, *, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        """Return the legs whose input the query has."""
        self.queries.append(query)
        if self.visible_to is not None and self.visible_to.isdisjoint(principal.entries):
            return dict.fromkeys(self.legs, ())
        inputs = {"sparse": bool(query.text), "dense": query.vector is not None}
        return {name: tuple(hits[: query.k]) for name, hits in self.legs.items() if inputs[name]}


@dataclass(slots=True)
class FakeRetriever:
    """Finds the hits it was given."""

    hits: tuple[Hit, ...] = ()
    degraded: str = ""

    async def retrieve(self, item: WorkItem) -> Retrieved:
        """Return the hits."""
        return Retrieved(hits=self.hits, queries=(item.question,), degraded=self.degraded)


@dataclass(slots=True)
class FakeModel:
    """Says what it was given to say, or fails as it was told to."""

    text: str = ""
    name: str = "fake:model"
    error: ProviderError | None = None
    prompts: list[Prompt] = field(default_factory=list)

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[str | Reply]:  # noqa: ARG002
        """Yield the text word by word, then the reply."""
        self.prompts.append(prompt)
        if self.error is not None:
            raise self.error
        for word in self.text.split(" "):
            yield word + " "
        yield Reply(text=self.text, model=self.name, finish="stop" if self.text else "nothing")


class FakeAssembler:
    """Puts every row and every hit into the prompt as a passage."""

    def assemble(self, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits) -> Prompt:  # noqa: ARG002
        """Return the prompt without rendering anything."""
        rows = [(row.document, row.text, 0, len(row.text)) for row in facts.rows]
        hits = [(hit.document, hit.text, hit.start, hit.end) for hit in retrieved.hits]
        passages = tuple(
            Passage(n=n, document=document, text=text, start=start, end=end)
            for n, (document, text, start, end) in enumerate([*rows, *hits], 1)
        )
        return Prompt(
            question=item.question, messages=(Message(role="user", text=item.question),), passages=passages
        )


class FakeChecker:
    """Finds everything well supported."""

    def check(self, item: WorkItem, prompt: Prompt, reply: Reply) -> Checks:  # noqa: ARG002
        """Return full marks."""
        return Checks(support=1.0, answerability=1.0)


@dataclass(slots=True)
class FakeDecider:
    """Answers with whatever the reply says; an empty one is a refusal that leaves the ladder open."""

    ruling: Ruling | None = None

    def rule(self, item: WorkItem, facts: Facts) -> Ruling | None:  # noqa: ARG002
        """Return the ruling that was given, if any."""
        return self.ruling

    def decide(self, item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:  # noqa: ARG002
        """Return an answer, or a refusal that is not final."""
        if not reply.text:
            refusal = Refusal(text="", reason="the model said nothing", confidence=1.0)
            return Ruling(outcome=refusal, final=False)
        return Ruling(
            outcome=Answer(
                text=reply.text, citations=(), confidence=checks.support, reason="the model said so"
            )
        )


@dataclass(slots=True)
class FakeGuards:
    """Lets everything through, or refuses with the given reason."""

    refuse: str = ""

    def screen_item(self, item: WorkItem) -> Screened:
        """Return the item, or the refusal."""
        refusal = Refusal(text=self.refuse, reason=self.refuse) if self.refuse else None
        return Screened(item=item, refusal=refusal)

    def screen_outcome(self, outcome: Outcome) -> ScreenedOutcome:
        """Return the outcome as it is."""
        return ScreenedOutcome(outcome=outcome)


@dataclass(slots=True)
class FakeLookups:
    """Brings the facts it was given."""

    facts: Facts = field(default_factory=Facts)

    async def fetch(self, item: WorkItem) -> Facts:  # noqa: ARG002
        """Return the facts."""
        return self.facts


class FakeReranker:
    """Keeps the order."""

    async def rerank(self, item: WorkItem, retrieved: Retrieved) -> Retrieved:  # noqa: ARG002
        """Return what came."""
        return retrieved


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
