"""The sockets: every replaceable part of Holdfast, one Protocol each.

A part is replaced by a plug-in (entry-point group `holdfast.<stage>`) or, in a trusted folder, by a
`module:name` hook; `holdfast.testing.contracts` has a suite for each socket. Computing parts are
plain functions that the trail moves off the event loop, so they must be thread-safe; parts that wait
for a network are async.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, ParamSpec, Protocol, TypeVar, overload, runtime_checkable

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.attempts import Attempt
from holdfast.domain.calls import Call
from holdfast.domain.checks import Checks, Finding, Screening
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, FoundDocument, ParsedDocument, Problem, RawDocument
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.indexing import Known, Standing, Trouble
from holdfast.domain.items import WorkItem
from holdfast.domain.listing import Listing
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Outcome, Ruling
from holdfast.domain.prompts import Limits, Piece, Prompt, Reply
from holdfast.domain.queries import FloatArray, IndexQuery
from holdfast.domain.releasing import Releaser
from holdfast.domain.rows import Facts, Row
from holdfast.domain.scores import Metric, Score
from holdfast.domain.screened import Screened, ScreenedOutcome
from holdfast.domain.stages import Stage

P = ParamSpec("P")
T = TypeVar("T")

# --- a document's path ------------------------------------------------------------------------


class Source(Protocol):
    """Lists and reads documents, each with its access list."""

    name: str

    def survey(self) -> Listing:
        """Return every document there is now, with its access list, and what could not be looked at.

        Raises StorageError when the source cannot be listed and DeclarationError when its permissions
        cannot be trusted; in both cases the index has to stay as it is.
        """
        ...

    def read(self, found: FoundDocument) -> RawDocument:
        """Return the bytes, read once; raise DocumentError when they cannot be read."""
        ...


class Parser(Protocol):
    """Turns bytes into canonical text with a locator for every character."""

    version: str

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """Return text and sections, or a typed status with its reason; never raise for bad content.

        A document whose status has no text has none.
        """
        ...


class Enricher(Protocol):
    """Adds title, dates, language, standing and keys."""

    version: str

    def enrich(self, raw: RawDocument, parsed: ParsedDocument) -> Document:
        """Return the document with its metadata."""
        ...


class Chunker(Protocol):
    """Cuts a document into pieces that can be found on their own."""

    version: str

    def chunk(self, document: Document) -> tuple[Chunk, ...]:
        """Return chunks in order; each `text` equals `document.text[start:end]`."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors."""

    fingerprint: str
    """Names model, weights and settings; vectors of two fingerprints are never compared."""
    dimension: int

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised; raise ProviderError."""
        ...


@runtime_checkable
class EmbedsHere(Protocol):
    """An embedder that computes in this process, and can do so on the thread that will search."""

    def embed_question(self, text: str) -> FloatArray:
        """Return what `embed` makes of one query, of shape (dimension,); raise ProviderError."""
        ...


@runtime_checkable
class Fittable(Protocol):
    """An embedder that learns from the corpus before it can embed."""

    is_fitted: bool

    def fit(self, texts: Sequence[str]) -> None:
        """Learn from these texts and keep the result; changes the fingerprint."""


@runtime_checkable
class Unlearning(Protocol):
    """A Fittable embedder that can drop what it learned, so that nothing forgotten is left in it."""

    def unlearn(self) -> None:
        """Delete what was learned, wherever it is kept; the next sync learns anew."""


class Index(Protocol):
    """Finds chunks; the access filter is inside every leg, and the records decide last."""

    def search(self, query: IndexQuery, *, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        """Return each leg's hits by the leg's name (`sparse`, `dense`), best first.

        Only chunks that are alive at the published version and visible to the principal today; a
        list is shorter than `query.k` only when no more such chunks match. A leg that cannot be asked
        (no text, no vector, or the index holds another embedder's vectors) is left out.
        """
        ...


class IndexWriter(Protocol):
    """Writes the version of the index after the published one; one writer at a time."""

    version: int

    def known(self) -> Mapping[tuple[str, str], Known]:
        """Return what is indexed or recorded as a problem, by source and path."""
        ...

    def kept_vectors(self, texts: Sequence[str]) -> Mapping[str, FloatArray]:
        """Return those of these indexed texts that have a vector of today's embedder, shape (dimension,)."""
        ...

    def write(
        self, document: Document, chunks: tuple[Chunk, ...], vectors: FloatArray | None,
        *, parent: str, skip_key: str,
    ) -> None:  # fmt: skip
        """Put a document's new revision in the place of the one before; vectors may come later."""
        ...

    def trouble(self, one: Trouble, *, keep_last_good: bool) -> None:
        """Record a document that could not be taken in; its last good revision stays or ends."""

    def remove(self, names: Sequence[tuple[str, str]]) -> None:
        """End documents that are no longer there."""

    def restamp(self, name: tuple[str, str], stamp: str) -> None:
        """Note a new stamp for a document whose content is the same."""

    def refile_access(self, changes: Mapping[tuple[str, str], AccessList]) -> None:
        """Give documents other access lists, seen by the next query."""

    def has_new_standings(self, rules: str) -> bool:
        """Return whether standings have to be resolved: something changed since these rules last did."""
        ...

    def standings(self) -> tuple[Standing, ...]:
        """Return what every document says of its standing."""
        ...

    def refile_standing(self, superseded: Mapping[tuple[str, str], str]) -> int:
        """Mark documents as superseded by the named ones; return how many changed."""
        ...

    def without_vectors(self, limit: int) -> list[tuple[str, str]]:
        """Return up to `limit` (text key, text) of chunks without a vector of today's embedder."""
        ...

    def write_vectors(self, text_keys: Sequence[str], vectors: FloatArray) -> None:
        """Keep vectors that came later than their chunks."""

    def publish(self, *, rebuild: bool = False) -> int:
        """Make everything written visible to all readers at once; return the published version."""
        ...

    def problems(self) -> tuple[Problem, ...]:
        """Return every recorded problem, by path."""
        ...

    def chunk_count(self) -> int:
        """Return how many chunks are alive for readers."""
        ...


# --- an item's path ---------------------------------------------------------------------------


class Guardrail(Protocol):
    """Screens a text before a model or a reader sees it."""

    name: str

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text that may go on and what was seen; a change of the text has a finding."""
        ...


class Guards(Protocol):
    """All guardrails of a workflow, in their order."""

    def screen_item(self, item: WorkItem) -> Screened:
        """Return the item that may go on, or the refusal that ends it."""
        ...

    def screen_outcome(self, outcome: Outcome) -> ScreenedOutcome:
        """Return the outcome that a reader may see."""
        ...


class Retriever(Protocol):
    """Finds what may answer an item."""

    async def retrieve(self, item: WorkItem) -> Retrieved:
        """Return hits, best first, and only those the item's principal may see."""
        ...


class Lookup(Protocol):
    """Fetches rows for an item by one declared, parameterised, read-only query."""

    name: str

    async def fetch(self, item: WorkItem) -> tuple[Row, ...] | str:
        """Return the rows, or in words why the lookup was not run for this item."""
        ...


class Lookups(Protocol):
    """All lookups of a workflow."""

    async def fetch(self, item: WorkItem) -> Facts:
        """Return every row they brought, and which were not run and why."""
        ...


class Reranker(Protocol):
    """Orders hits anew by reading them with the question."""

    async def rerank(self, item: WorkItem, retrieved: Retrieved) -> Retrieved:
        """Return the same hits or fewer, best first; one that is left out is in `dropped`."""
        ...


class Assembler(Protocol):
    """Builds the prompt of one rung within its limits."""

    def assemble(self, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits) -> Prompt:
        """Return the prompt; what did not fit is in `dropped` with the reason."""
        ...


class Model(Protocol):
    """A language model, or what stands in for one."""

    name: str
    """`provider:model`."""

    def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield pieces, a Restart where they do not count, last the Reply; raise ProviderError."""
        ...


class Ledger(Protocol):
    """Keeps an account of every attempt, and holds back what it may cost."""

    async def begin(self, attempt: Attempt) -> None:
        """Put an open attempt on record and hold back its `reserved_usd`; raise BudgetExhausted."""

    async def end(self, attempt: Attempt) -> None:
        """Put down how it ended and give back what it did not cost; on record when this returns."""


class Checker(Protocol):
    """Resolves citations and scores each claim against the passages it names."""

    def check(self, item: WorkItem, prompt: Prompt, reply: Reply) -> Checks:
        """Return claims with support, resolved citations and answerability."""
        ...


class Decider(Protocol):
    """Turns business rules and checks into an outcome."""

    def rule(self, item: WorkItem, facts: Facts) -> Ruling | None:
        """Return a ruling where a declared rule decides without a model, else None."""
        ...

    def decide(self, item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:
        """Return answer, question, refusal or escalation, with the reason in words."""
        ...


class Intake(Protocol):
    """Where items come from."""

    def items(self) -> Iterable[WorkItem]:
        """Yield items in order; raise UsageError naming the line of a malformed one."""
        ...


# --- across the paths -------------------------------------------------------------------------


class Trail(Protocol):
    """Runs stages one by one and keeps what each was given and what it made."""

    run_id: str
    journal: list[Attempt]

    @overload
    async def step(
        self, stage: Stage, part: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    @overload
    async def step(self, stage: Stage, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def step(self, stage: Stage, part: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run one stage; a plain function runs off the event loop, a coroutine function on it."""
        ...

    async def stream(
        self,
        stage: Stage,
        part: Callable[[Prompt, Call], AsyncIterator[Piece]],
        prompt: Prompt,
        call: Call,
        *,
        release: Releaser | None = None,
    ) -> Reply:
        """Run a streaming stage and return the complete Reply; the listener gets what `release` lets out."""
        ...

    def passed_over(self, rung: str, why: str) -> None:
        """Keep why a rung of the ladder was not asked, or why its answer did not end the climb."""

    def found(self, findings: Sequence[Finding]) -> None:
        """Keep what guardrails saw."""

    def fell_back(self, why: str) -> None:
        """Keep that a rung failed and the next one is asked."""

    def degrade(self, why: str) -> None:
        """Mark the run as having taken a lesser route."""


class JobEngine(Protocol):
    """Runs handlers, named by `module:function`, at least once each, with a lease."""

    def enqueue(
        self, handler: str, arguments: Mapping[str, Any], *, key: str, due: datetime | None = None
    ) -> bool:
        """Record a job; return False when a job with this idempotency key exists."""
        ...

    async def work(self, *, limit: int = 100) -> int:
        """Run due jobs whose lease can be had, at most `limit`; return how many ran."""
        ...


class Delivery(Protocol):
    """Where outcomes go; delivering the same run twice has the effect of once."""

    def deliver(self, run_id: str, item: WorkItem, outcome: Outcome) -> None:
        """Hand the outcome over."""


class Evaluator(Protocol):
    """Scores runs by metrics of its own."""

    metrics: tuple[Metric, ...]

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return one score for each of `metrics`; raise ProviderError where it could not be run."""
        ...
