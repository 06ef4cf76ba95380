"""The wiring: the one module that constructs implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.access.trust import is_trusted
from holdfast.calling.accounts import Account
from holdfast.calling.shared import process_wide
from holdfast.domain.access import AccessList, Principal
from holdfast.domain.indexing import Resolution, Standing
from holdfast.domain.items import ItemAttachment, WorkItem
from holdfast.domain.stages import Stage
from holdfast.domain.versions import Version, version_of
from holdfast.filling import Filling, filling_of
from holdfast.flows.answer import AnswerParts
from holdfast.flows.ingest import IngestParts, Name
from holdfast.indexes import LIVE, projections_in
from holdfast.ladders import LadderParts, Ladders, account_of, open_ledger
from holdfast.loading import load
from holdfast.plugins import part
from holdfast.protocols import (
    Checker,
    Chunker,
    Embedder,
    Enricher,
    Evaluator,
    Guardrail,
    Guards,
    Index,
    Intake,
    Parser,
    Retriever,
    Source,
)
from holdfast.reviewing.review import Review
from holdfast.settings import PartSettings
from holdfast.stages.indexing.index import LocalIndex
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.writer import LocalIndexWriter
from holdfast.stages.retrieval.hybrid import HybridRetriever
from holdfast.storage import feed, source_state
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import Database
from holdfast.storage.known import KnownDocuments
from holdfast.workflow import LoadedWorkflow, Workflow
from holdfast.workspace import Workspace

if TYPE_CHECKING:
    from holdfast.stages.generation.batching import BatchRoom


class Wiring:
    """The parts of one workflow, each made when it is first needed.

    A heavy part is reached by its name (`load`), so that a search imports no parser and an
    extractive answer no provider.
    """

    def __init__(
        self,
        loaded: LoadedWorkflow,
        *,
        state: Path,
        database: Database,
        sources: Sequence[Source] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.loaded = loaded
        self.folder = self.trusted_as = loaded.folder
        self.state = state
        self.database = database
        self.workspace = workspace or Workspace()
        self.may_fetch = False
        """Whether a missing model may be fetched; a question never waits for a network, a sync may."""
        self._given_sources = sources
        self._to_close: list[Callable[[], None]] = [database.close]

    @property
    def settings(self) -> Workflow:
        """Return the declaration."""
        return self.loaded.settings

    def close(self) -> None:
        """Close connections and worker processes, the newest first."""
        while self._to_close:
            self._to_close.pop()()

    def _own_part(
        self, stage: str, settings: PartSettings, *, socket: type | None = None, **context: object
    ) -> Any | None:
        """Return the part that the declaration puts into a socket, or None for Holdfast's own.

        The stage's socket, unless another is given.
        """
        if not settings.use:
            return None
        return part(
            settings.use,
            stage=stage,
            folder=self.folder,
            options=settings.options,
            trusted=is_trusted(self.trusted_as, self.loaded.hooks_digest),
            context={"folder": self.folder, "settings": settings, **context},
            hooks=self.loaded.hooks,
            socket=socket,
        )

    # --- a document's path ---

    def sources(self) -> list[Source]:
        """Return the declared sources, each knowing whether it ever had permissions."""
        if self._given_sources is not None:
            return list(self._given_sources)
        return [self._source(settings) for settings in self.settings.sources]

    def _source(self, settings: Any) -> Source:
        own: Source | None = self._own_part(Stage.SOURCES, settings)
        if own is not None:
            return own
        make = load("holdfast.stages.sources.files:FilesSource")
        source = make(
            self.loaded.source_folder(settings), settings, is_declared=self.loaded.is_declared,
            own_files=list(self.loaded.own_files),
        )  # fmt: skip
        with self.database.read() as connection:
            source.had_permissions = (
                source_state.had_permissions(connection, source.name)
                if self.loaded.is_declared
                # A folder that lost its declaration goes by another name; it is no bare folder all the same.
                else source_state.any_had_permissions(connection)
            )
        return source  # type: ignore[no-any-return]

    def ingest_parts(self) -> IngestParts:
        """Return the parts of a document's path."""
        return IngestParts(
            parser=self._parser, enricher=self._enricher, chunker=self._chunker,
            embedder=self.embedder, resolve=self._resolve,
        )  # fmt: skip

    @cached_property
    def _parser(self) -> Parser:
        own: Parser | None = self._own_part(Stage.PARSING, self.settings.parsing)
        if own is not None:
            return own
        parser = load("holdfast.stages.parsing.parser:FileParser")(self.settings.parsing)
        self._to_close.append(parser.close)
        return parser  # type: ignore[no-any-return]

    @cached_property
    def _enricher(self) -> Enricher:
        own: Enricher | None = self._own_part(Stage.ENRICHING, self.settings.enriching)
        if own is not None:
            return own
        compile_path = load("holdfast.stages.sources.patterns:compile_pattern")
        made: Enricher = load("holdfast.stages.enriching.enricher:RuleEnricher")(
            self.settings.enriching, compile_path=lambda text: compile_path(text).matches
        )
        return made

    def _resolve(self, standings: Sequence[Standing]) -> Mapping[Name, str]:
        return self.resolution(standings).superseded

    def resolution(self, standings: Sequence[Standing]) -> Resolution:
        """Return which documents are superseded, and which claims to supersede count for nothing."""
        resolve = load("holdfast.stages.enriching.supersession:resolve_standings")
        settings = self.settings.enriching
        made: Resolution = resolve(
            standings, identified_by=settings.identified_by, within=settings.supersede_within
        )
        return made

    @cached_property
    def _chunker(self) -> Chunker:
        own: Chunker | None = self._own_part(Stage.CHUNKING, self.settings.chunking, embedder=self.embedder)
        made: Chunker = own or load("holdfast.stages.chunking.chunker:SectionChunker")(self.settings.chunking)
        return made

    @cached_property
    def embedder(self) -> Embedder:
        """Return what turns texts into vectors."""
        own: Embedder | None = self._own_part(Stage.EMBEDDING, self.settings.embedding)
        if own is not None:
            return own
        with self.database.read() as connection:
            wanted = feed.state(connection).fingerprint
        made: Embedder = load("holdfast.stages.embedding.choose:embedder_for")(
            self.settings.embedding,
            state_folder=self.state,
            root=self.folder,
            fetch=self.may_fetch,
            wanted=wanted,
            shared=process_wide(),
            account=self._account if self.settings.embedding.model == "endpoint" else None,
            prices=self.workspace.prices,
        )
        return made

    @property
    def has_budget(self) -> bool:
        """Return whether what its calls cost is limited, so that none is made without a known price."""
        return self._account.has_budget

    @cached_property
    def _account(self) -> Account:
        """Return on whose account calls to providers go."""
        return account_of(self.ledger, self.loaded.name, self.settings, self.workspace)

    # --- the index ---

    @cached_property
    def projections(self) -> Projections:
        """Return the two legs of Holdfast's own index."""
        return projections_in(self.state / LIVE, self.settings.indexing, self.database, self.embedder)

    @cached_property
    def index(self) -> Index:
        """Return what finds chunks."""
        own: Index | None = self._own_part(Stage.INDEXING, self.settings.indexing, database=self.database)
        return own or LocalIndex(self.database, self.projections)

    def index_writer(self) -> LocalIndexWriter:
        """Return a writer of the version after the published one; the caller holds the sync lease."""
        return LocalIndexWriter(self.database, self.projections, self.embedder, known=self._known)

    @cached_property
    def _known(self) -> KnownDocuments:
        return KnownDocuments(self.database)

    @property
    def index_version(self) -> int:
        """Return the version that readers see, 0 before the first sync."""
        with self.database.read() as connection:
            return feed.state(connection).published

    # --- an item's path ---

    def retriever(self, *, k: int | None = None, **changes: object) -> Retriever:
        """Return the declared retriever, for another number of hits or other settings where given."""
        settings = self.settings.retrieval
        own: Retriever | None = self._own_part(
            Stage.RETRIEVAL, settings, index=self.index, embedder=self.embedder
        )
        if own is not None:
            return own
        if k is not None:
            changes = {"depth": max(settings.depth, k), **changes, "k": k}
        return HybridRetriever(self.index, self.embedder, settings.model_copy(update=changes))

    def answer_parts(self, model: str = "", *, batch: BatchRoom | None = None) -> AnswerParts:
        """Return the parts of an item's path; `model` goes first on the ladder, all by way of `batch`."""
        generation = self.settings.generation
        return replace(
            self._answer_parts,
            ladder=self._ladders.ladder(model, version=self.version.digest, batch=batch),
            deadline_s=generation.deadline_s if batch is None else generation.batch.deadline_s,
        )

    def batch_room(self, **told: Any) -> BatchRoom:
        """Return where the model calls of many items are gathered and sent as batches."""
        return self._ladders.batch_room(**told)

    @cached_property
    def _answer_parts(self) -> AnswerParts:
        settings = self.settings
        decider = self._own_part(Stage.DECIDING, settings.deciding)
        own, named = self._own_part(Stage.ASSEMBLY, settings.assembly), "assembly.assembler:assembler_for"
        made = own or load(f"holdfast.stages.{named}")(settings.assembly, self.folder)
        assembler = self._filling.asked_by(made)
        system = getattr(assembler, "system_text", "")
        return AnswerParts(
            guards=self._guards(system),
            retriever=self.retriever(),
            lookups=self._lookups(),
            reranker=self._own_part(Stage.RERANKING, settings.reranking)
            or load("holdfast.stages.reranking.endpoint:reranker_for")(
                settings.reranking,
                shared=process_wide(),
                account=self._account if settings.reranking.url else None,
                prices=self.workspace.prices,
            ),
            assembler=assembler,
            ladder=(),
            checker=self.checker,
            decider=decider or load("holdfast.stages.deciding.decider:decider_for")(settings.deciding),
            deadline_s=settings.generation.deadline_s,
            over_budget=self._ladders.over_budget,
        )

    @cached_property
    def checker(self) -> Checker:
        """Return what holds claims against their passages."""
        settings, named = self.settings.checking, "holdfast.stages.checking.checker:checker_for"
        own = self._own_part(Stage.CHECKING, settings)
        made: Checker = own or load(named)(settings, dense=self._is_minilm)
        return made

    def _guards(self, system_prompt: str) -> Guards:
        settings = self.settings.guardrails
        own: Guards | None = self._own_part(Stage.GUARDRAILS, settings, system_prompt=system_prompt)
        if own is not None:
            return own
        further = [self._own_part(Stage.GUARDRAILS, one, socket=Guardrail) for one in settings.further]
        named = "holdfast.stages.guardrails.guard:guardrails_for"
        return load(named)(settings, system_prompt=system_prompt, further=further)  # type: ignore[no-any-return]

    def _lookups(self) -> Any:
        settings = self.settings.lookups_settings
        own = {query.name: self._own_part(Stage.LOOKUPS, query) for query in settings.queries if query.use}
        return load("holdfast.stages.lookups.lookups:lookups_for")(settings, self.folder, parts=own)

    @cached_property
    def evaluators(self) -> tuple[Evaluator, ...]:
        """Return what runs are scored by; raise DeclarationError, NotAllowed for hooks not trusted."""
        return tuple(load("holdfast.evaluation.scoring.composing:evaluators_of")(
            self.settings.evaluation,
            model=lambda name: self._ladders.ladder(name, version=self.version.digest)[0].model,
            made=lambda own: self._own_part("evaluation", own, socket=Evaluator),
        ))  # fmt: skip

    @cached_property
    def ledger(self) -> Bookkeeper:
        """Return the account of model calls."""
        made = open_ledger(self.database, self.loaded.name, self.settings, self.workspace)
        self._to_close.append(made.close)
        return made

    @cached_property
    def _filling(self) -> Filling:
        return filling_of(self.loaded)

    @cached_property
    def _ladders(self) -> Ladders:
        sentence_vectors = load("holdfast.stages.embedding.recent:RecentVectors")
        parts = LadderParts(
            settings=self.settings, workspace=self.workspace, account=self._account,
            own_model=lambda rung: self._own_part(Stage.GENERATION, rung),
            embed=sentence_vectors(self.embedder) if self._is_minilm else None, filling=self._filling,
            database=self.database, own_digest=self.loaded.hooks_digest,
        )  # fmt: skip
        return Ladders(parts)

    @property
    def _is_minilm(self) -> bool:
        """Return whether cosines are MiniLM's, on which answerability was trained."""
        return self.embedder.fingerprint.startswith("minilm/")

    @property
    def has_models(self) -> bool:
        """Return whether the declaration names a model that writes."""
        return bool(self.settings.generation.rungs)

    def discovered_model(self) -> str:
        """Return `PROVIDER:NAME` of a key in the environment or a local Ollama, or empty."""
        found: str = load("holdfast.stages.generation.discover:discovered_model")()
        return found

    def items_from(self, path: Path, *, default: Principal) -> Iterable[WorkItem]:
        """Return the items of a file (JSON lines); those that name nobody are asked as `default`."""
        parts: dict[str, Any] = {"principal": default, "read_attachments": self.attachments}
        own: Intake | None = self._own_part(Stage.INTAKE, self.settings.intake, path=path, **parts)
        if own is not None:
            return own.items()
        intake = load("holdfast.stages.intake.jsonl:JsonlIntake")(path, self.settings.intake, **parts)
        intake.count()  # a malformed line is told before the first item is worked on
        return intake.items()  # type: ignore[no-any-return]

    def attachments(self, path: Path, data: bytes | None = None) -> tuple[ItemAttachment, ...]:
        """Return a file that comes with an item as text, with what is in it; raise UsageError for none.

        Its bytes are read from the path unless they are given.
        """
        attached: Callable[..., tuple[ItemAttachment, ...]] = load("holdfast.stages.intake.attached:attached")
        return attached(path, self._parser, data, include_hidden=self.settings.chunking.include_hidden)

    @cached_property
    def review(self) -> Review:
        """Return the queue of cases that people look at."""
        lists = {one.name: AccessList(entries=frozenset(one.access)) for one in self.settings.lookups}
        return Review(self.database, self.settings.review, workflow=self.loaded.name, lookups=lists,
                      shape=lambda: self._filling.shape)  # fmt: skip

    # --- the whole ---

    @property
    def version(self) -> Version:
        """Return the digest of everything that can change what this workflow does."""
        return self.version_at(self.index_version)

    def version_at(self, index_version: int) -> Version:
        """Return the digest of everything that can change what it does with this version of the index."""
        index = {"embedder": self.embedder.fingerprint, "index": f"{index_version}"}
        return version_of({**self.loaded.version_parts, **index})
