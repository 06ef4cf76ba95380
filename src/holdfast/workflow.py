"""The declaration of one workflow: its settings, loaded whole or refused with every mistake named."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from holdfast.access.hook_files import HookFiles, read_hook_files
from holdfast.declaring.charter import Charter, Owner
from holdfast.declaring.checked import settings_of
from holdfast.declaring.editing import edited, replace_text
from holdfast.declaring.evaluation import EvaluationSettings
from holdfast.declaring.file_bytes import read_bytes
from holdfast.declaring.mistakes import Mistake, Unreadable, declaration_error
from holdfast.declaring.names_apart import folders_inside, names_twice
from holdfast.declaring.near_misses import near_miss
from holdfast.declaring.output_shape import SECTION, schema_of_file, shape_mistakes
from holdfast.declaring.parts_named import NamedPart, hook_mistakes, named_parts
from holdfast.declaring.prompt_files import digest_of, prompt_files, prompt_mistakes
from holdfast.declaring.review import ReviewSettings
from holdfast.declaring.yaml_text import Place, YamlText, parse_yaml
from holdfast.errors import DeclarationError, UsageError
from holdfast.settings import Settings
from holdfast.stages.assembly.settings import AssemblySettings
from holdfast.stages.checking.settings import CheckingSettings
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.deciding.expressions import NAMES, ROUTE, Condition, check_route, hint, parse
from holdfast.stages.deciding.settings import DecidingSettings
from holdfast.stages.embedding.settings import EmbeddingSettings
from holdfast.stages.enriching.settings import EnrichingSettings
from holdfast.stages.generation.output_settings import OutputSettings
from holdfast.stages.generation.settings import PROTOCOLS, GenerationSettings
from holdfast.stages.guardrails.settings import GuardrailsSettings
from holdfast.stages.indexing.settings import IndexingSettings
from holdfast.stages.intake.settings import IntakeSettings
from holdfast.stages.lookups.settings import LookupSettings, LookupsSettings
from holdfast.stages.parsing.settings import ParsingSettings
from holdfast.stages.reranking.settings import RerankingSettings
from holdfast.stages.retrieval.settings import RetrievalSettings
from holdfast.stages.sources.settings import SourceSettings

FILE = "workflow.yaml"
SCHEMA_ID = "urn:holdfast:workflow:1"


class Workflow(Settings):
    """A whole workflow.yaml; every key may be left out."""

    name: str = Field(default="", max_length=100, description="Name; left out: the folder's.")
    owner: Owner = Field(default=Owner(), description="Who answers for this workflow.")
    charter: Charter = Field(default=Charter(), description="The work it takes on, and its cost today.")
    sources: tuple[SourceSettings, ...] = Field(default=(), description="Where documents come from.")
    parsing: ParsingSettings = Field(default=ParsingSettings(), description="How files are read.")
    enriching: EnrichingSettings = Field(
        default=EnrichingSettings(), description="Title, dates, language, standing and keys of documents."
    )
    chunking: ChunkingSettings = Field(default=ChunkingSettings(), description="How documents are cut.")
    embedding: EmbeddingSettings = Field(
        default=EmbeddingSettings(), description="What turns texts into vectors."
    )
    indexing: IndexingSettings = Field(
        default=IndexingSettings(), description="How chunks are made findable."
    )
    intake: IntakeSettings = Field(default=IntakeSettings(), description="Where items come from.")
    guardrails: GuardrailsSettings = Field(
        default=GuardrailsSettings(), description="What is screened before a model or a reader sees it."
    )
    retrieval: RetrievalSettings = Field(
        default=RetrievalSettings(), description="How hits are found and fused."
    )
    lookups: tuple[LookupSettings, ...] = Field(
        default=(), description="Read-only queries whose rows are evidence."
    )
    reranking: RerankingSettings = Field(
        default=RerankingSettings(), description="Whether an endpoint orders the hits anew."
    )
    assembly: AssemblySettings = Field(default=AssemblySettings(), description="What a prompt shows.")
    generation: GenerationSettings = Field(
        default=GenerationSettings(), description="Which models are tried, for how long and how much."
    )
    output: OutputSettings | None = Field(
        default=None, description="The shape that an answer must have; left out: text."
    )
    checking: CheckingSettings = Field(
        default=CheckingSettings(), description="How claims are held against what they cite."
    )
    deciding: DecidingSettings = Field(
        default=DecidingSettings(), description="Rules and thresholds that make a reply an outcome."
    )
    evaluation: EvaluationSettings = Field(
        default=EvaluationSettings(), description="What runs are scored by; no part of the Version."
    )
    review: ReviewSettings = Field(
        default=ReviewSettings(), description="Which cases people look at, who they are, how they are told."
    )

    @property
    def lookups_settings(self) -> LookupsSettings:
        """Return the lookups as their stage takes them."""
        return LookupsSettings(queries=self.lookups)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedWorkflow:
    """A workflow as it stood in its folder when it was loaded."""

    settings: Workflow
    folder: Path
    file: Path | None
    """The workflow.yaml, None for a bare folder of documents."""
    declaration_digest: str
    """Changes with the settings; comments, blanks and the order of keys do not matter."""
    prompts_digest: str = ""
    hooks: HookFiles
    """The Python code that hooks may use, read once; empty when no hook is named."""
    parts: tuple[NamedPart, ...] = ()
    """Every part that `use:` names."""
    output_schema: Mapping[str, Any] | None = None
    """The JSON Schema under `output`, read from its file where it has one; None: no schema is declared."""
    lines: Mapping[Place, int] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Return the declared name, else the folder's."""
        return self.settings.name or self.folder.resolve().name or "workflow"

    @property
    def is_declared(self) -> bool:
        """Return whether there is a workflow.yaml."""
        return self.file is not None

    @property
    def hooks_digest(self) -> str:
        """Return the digest that trust is recorded by."""
        return self.hooks.digest

    @property
    def hook_files(self) -> tuple[Path, ...]:
        """Return the Python files that hooks may use, which are no documents."""
        return self.hooks.paths

    @property
    def own_files(self) -> tuple[Path, ...]:
        """Return what beside workflow.yaml belongs to the declaration, which is no document either."""
        output = self.settings.output
        shape = (output.shape,) if output and isinstance(output.shape, str) and output.shape else ()
        return (*self.hook_files, *(self.folder / name for name in shape))

    @property
    def version_parts(self) -> dict[str, str]:
        """Return what the declaration adds to the Version."""
        return {
            "declaration": self.declaration_digest,
            "prompts": self.prompts_digest,
            "hooks": self.hooks_digest,
        }

    def source_folder(self, source: SourceSettings) -> Path:
        """Return the folder of one of its sources."""
        return self.folder / source.files

    def line(self, *place: str | int) -> int:
        """Return the line of a key, 0 when it is not written."""
        return self.lines.get(place, 0)


def load_workflow(folder: Path) -> LoadedWorkflow:
    """Return the workflow in a folder, undeclared when it holds documents only.

    Raises DeclarationError with every mistake (the first ten in full) and its line, UsageError when
    there is no such folder.
    """
    outcome = examine(folder)
    if isinstance(outcome, LoadedWorkflow):
        return outcome
    raise declaration_error(outcome)


def examine(folder: Path) -> LoadedWorkflow | tuple[Mistake, ...]:
    """Return the workflow in a folder, or everything that is wrong with its declaration."""
    if not os.path.isdir(folder):  # noqa: PTH112 -- Path.is_dir raises for a name that is too long
        raise UsageError(f"there is no folder {folder}", move="Name an existing folder.")
    try:
        data = read_bytes(folder, FILE)
        if data is None:
            return _undeclared(folder)
        return _declared(folder, data)
    except Unreadable as error:
        return (error.mistake,)


def set_value(file: Path, key: str, value: Any) -> None:
    """Write one value (`retrieval.k`, 30) into a workflow.yaml; comments, order and blanks stay.

    Raises DeclarationError, and leaves the file as it is, when the result would not be valid.
    """
    try:
        data = read_bytes(file.parent, file.name)
        if data is None:
            raise UsageError(f"there is no {file}", move="Name an existing workflow.yaml.")
        text = edited(data, key, value, name=file.name)
        outcome = _declared(file.parent, text.encode())
    except Unreadable as error:
        raise declaration_error((error.mistake,)) from error
    if not isinstance(outcome, LoadedWorkflow):
        raise declaration_error(outcome)
    replace_text(file, text)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of workflow.yaml, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **Workflow.model_json_schema(mode="validation"),
        "title": "Holdfast workflow",
    }


def _undeclared(folder: Path) -> LoadedWorkflow:
    """Return the workflow that any folder of documents is, named after it."""
    if wrong := near_miss(folder, FILE):
        raise Unreadable(wrong)
    settings = Workflow(sources=(SourceSettings(files="."),))
    return LoadedWorkflow(
        settings=settings,
        folder=folder,
        file=None,
        declaration_digest=_digest(settings),
        hooks=HookFiles(folder=folder),
    )


def _declared(folder: Path, data: bytes) -> LoadedWorkflow | tuple[Mistake, ...]:
    text = parse_yaml(data, name=FILE)
    if not text.values:
        move = "begin with `name:` and `sources:`, or remove the file"
        return (Mistake(file=FILE, what="holds no key", move=move),)
    settings = settings_of(text, Workflow, file=FILE)
    if isinstance(settings, list):
        return tuple(settings)
    parts, prompts = _parts(settings), prompt_files(folder)
    schema, wrong = _output_schema(settings.output, folder, text)
    if mistakes := [*_across(settings, folder, text, parts, prompts), *wrong]:
        return tuple(sorted(mistakes, key=lambda mistake: mistake.line))
    has_hooks = any(part.is_hook for part in parts)
    return LoadedWorkflow(
        settings=settings,
        folder=folder,
        file=folder / FILE,
        declaration_digest=_digest(settings, schema),
        prompts_digest=digest_of(prompts),
        hooks=_hooks(folder) if has_hooks else HookFiles(folder=folder),
        parts=parts,
        output_schema=schema,
        lines=text.lines,
    )


def _parts(settings: Workflow) -> tuple[NamedPart, ...]:
    """Return every part of the user's own: those that `use:` names, and the model of the output."""
    named = named_parts(settings)
    if settings.output is None or not settings.output.model:
        return named
    model = settings.output.model if ":" in settings.output.model else f"{settings.output.model}:"
    return (*named, NamedPart(stage="generation", use=model, place=("output", "model")))


def _output_schema(
    output: OutputSettings | None, folder: Path, text: YamlText
) -> tuple[dict[str, Any] | None, list[Mistake]]:
    """Return the declared JSON Schema, and what is wrong with it."""
    if output is None or not output.shape:
        return None, []
    if not isinstance(output.shape, str):
        wrong = shape_mistakes(output.shape, output.wanted_citations, text, file=FILE)
        return output.shape, wrong
    line, name = text.line(SECTION), output.shape
    schema, lines = schema_of_file(name, read_bytes(folder, name), file=FILE, line=line)
    wrong = shape_mistakes(schema, output.wanted_citations, text, file=FILE, own=(name, lines))
    return schema, wrong


def _across(
    settings: Workflow, folder: Path, text: YamlText, parts: tuple[NamedPart, ...], prompts: dict[str, Path]
) -> list[Mistake]:
    """Return the mistakes that no section can see on its own."""
    roots = [folder / source.files if source.files else None for source in settings.sources]
    names = [
        source.name or _last_part(root) or source.use
        for source, root in zip(settings.sources, roots, strict=True)
    ]
    named: dict[Place, str] = {
        ("assembly", "system"): settings.assembly.system,
        ("assembly", "item"): settings.assembly.item,
    }
    return [
        *(
            _no_folder(text, position)
            for position, source in enumerate(settings.sources)
            if not (source.files or source.use)
        ),
        *names_twice(names, "sources", text, file=FILE),
        *folders_inside(roots, text, file=FILE),
        *names_twice([lookup.name for lookup in settings.lookups], "lookups", text, file=FILE),
        *_conditions(settings, text),
        *_judges(settings, text),
        *hook_mistakes(parts, folder, text, file=FILE),
        *prompt_mistakes(named, prompts, text, file=FILE),
    ]


def _conditions(settings: Workflow, text: YamlText) -> list[Mistake]:
    """Return the rules and rungs whose condition cannot be read, or reads what no item and no lookup has."""
    lookups = [lookup.name for lookup in settings.lookups]
    rules: list[tuple[Place, str]] = [
        (("deciding", "rules", position, "when"), problem)
        for position, rule in enumerate(settings.deciding.rules)
        for problem in _unknown(parse(rule.when), lookups)
    ]
    rungs: list[tuple[Place, str]] = [
        (("generation", "rungs", position, "when"), problem)
        for position, rung in enumerate(settings.generation.rungs)
        for problem in (_of_rung(rung.when, lookups) if rung.when else ())
    ]
    move = "write a condition as in deciding.rules, or leave it out"
    return [
        Mistake(file=FILE, line=text.line(place), what=problem, move=move)
        for place, problem in (*rules, *rungs)
    ]


def _judges(settings: Workflow, text: YamlText) -> list[Mistake]:
    """Return the judges that no provider's model is named for; it would show at the first evaluation."""
    rungs = {rung.name for rung in settings.generation.rungs}
    known = tuple(f"{name}:" for name in PROTOCOLS)
    return [
        Mistake(
            file=FILE,
            line=text.line(("evaluation", "judges", position, "model")),
            what="this judge's model is no `provider:model`",
            move=f"Providers are {', '.join(PROTOCOLS)}.",
        )
        for position, judge in enumerate(settings.evaluation.judges)
        if judge.model not in rungs and not judge.model.startswith(known)
    ]


def _of_rung(when: str, lookups: list[str]) -> list[str]:
    try:
        condition = parse(when)
        check_route(condition)
    except ValueError as error:
        return [str(error)]
    return _unknown(condition, [*lookups, ROUTE])


def _unknown(condition: Condition, known: list[str]) -> list[str]:
    """Return what a condition names that there is not: it would never hold, and nobody would see why."""
    return [
        f"the condition reads the lookup {name!r}, which is not declared{hint(name, (*NAMES, *known))}"
        for name in sorted(condition.lookups - frozenset(known))
    ]


def _no_folder(text: YamlText, position: int) -> Mistake:
    line = text.line(("sources", position))
    return Mistake(
        file=FILE, line=line, what="this source has no folder", move="write `files: FOLDER` (or `use:`)"
    )


def _last_part(root: Path | None) -> str:
    return root.resolve().name if root else ""


def _hooks(folder: Path) -> HookFiles:
    try:
        return read_hook_files(folder)
    except DeclarationError as error:
        raise Unreadable(Mistake(file=FILE, what=error.what, move=error.move)) from error


def _digest(settings: Workflow, schema: Mapping[str, Any] | None = None) -> str:
    plain = settings.model_dump(mode="python", exclude={"evaluation"})  # how it is measured changes no answer
    plain |= {"output_schema": schema} if schema else {}
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=True, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, (set, frozenset)) else str(value)
