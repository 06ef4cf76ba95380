"""Say what a workflow lacks for production, most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.declaring.mending import nearest
from holdfast.declaring.mistakes import Mistake
from holdfast.doctor_advice import Advice, Weight
from holdfast.doctor_facts import Facts, SourceFacts
from holdfast.doctor_index import at_line, on_index
from holdfast.workflow import FILE, LoadedWorkflow

USUAL_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
MOST_LISTED_S = 0.5
"""A question waits no longer for a listing without somebody being told to mend it."""
LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")


def diagnose_declaration(
    loaded: LoadedWorkflow | Sequence[Mistake], facts: Facts | None = None
) -> tuple[Advice, ...]:
    """Return the advice, most important first; for an invalid declaration, every mistake in it."""
    if not isinstance(loaded, LoadedWorkflow):
        return tuple(_mistake(one) for one in loaded)
    seen = facts or Facts()
    advice = [
        *_parts(loaded, seen),
        *_sources(loaded, seen),
        *_models(loaded, seen),
        *_prices(loaded, seen),
        *_output(loaded),
        *on_index(loaded, seen),
        *_reviewing(loaded, seen),
        *_cases(seen),
        *_embedding(loaded, seen),
        *_declaration(loaded, seen),
    ]
    return tuple(sorted(advice, key=lambda one: -one.weight))


def _mistake(mistake: Mistake) -> Advice:
    place = f"{mistake.file} line {mistake.line}" if mistake.line else mistake.file
    return Advice(
        weight=Weight.BROKEN,
        title=mistake.what,
        why="The declaration is not valid, so nothing runs.",
        move=mistake.move or "Correct it.",
        place=place,
    )


def _parts(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    if facts.prompts_trouble:
        yield _mistake(Mistake(file="", what=facts.prompts_trouble, move=facts.prompts_move))
    hooks = [part for part in loaded.parts if part.is_hook]
    if hooks and not facts.hooks_trusted:
        yield Advice(
            weight=Weight.BROKEN,
            title=f"The hook {hooks[0].use} is not trusted",
            why="Python code of a folder runs only after somebody has read it and said so.",
            move=f"holdfast trust {loaded.folder}",
            place=at_line(loaded, *hooks[0].place),
        )
    for part in loaded.parts:
        names = facts.plugins.get(part.stage)
        if part.is_hook or names is None or part.use in names:
            continue
        meant = nearest(part.use, names)
        listed = f"did you mean {meant}?" if meant else f"installed are: {', '.join(names) or 'none'}"
        yield Advice(
            weight=Weight.BROKEN,
            title=f"No plug-in named {part.use} is installed for {part.stage}",
            why="The part cannot be made, so the stage cannot run.",
            move=f"use: {meant or 'NAME'}  ({listed})",
            place=at_line(loaded, *part.place),
        )
    for problem in facts.lookup_problems:
        yield Advice(
            weight=Weight.BROKEN,
            title=problem,
            why="A lookup that does not run brings no rows, and answers lack them.",
            move="Correct its entry under `lookups:`",
            place=at_line(loaded, "lookups"),
        )
    for one in facts.unread_columns:
        meant = nearest(one.column, one.columns)
        yield Advice(
            weight=Weight.BROKEN,
            title=f"`{one.condition}` reads a column that lookup {one.lookup} does not bring",
            why="What is not known compares as false, so the condition never holds.",
            move=f"did you mean {meant}?" if meant else f"it brings {', '.join(one.columns)}",
            place=at_line(loaded, *one.place),
        )


def _sources(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    if not loaded.settings.sources:
        yield Advice(
            weight=Weight.BROKEN,
            title="There is no source of documents",
            why="Nothing can be found, so every question is refused.",
            move="sources: [{files: documents}]",
            place=FILE,
        )
    for position, source in enumerate(facts.sources):
        place = at_line(loaded, "sources", position)
        if source.trouble:
            yield Advice(
                weight=Weight.BROKEN,
                title=f"The source {source.name} cannot be listed",
                why="Its documents stay as they were at the last sync, and no change is seen.",
                move=source.trouble,
                place=place,
            )
        elif not source.has_permissions:
            yield _without_permissions(loaded, source, place)
        for rule in source.unused_rules:
            yield Advice(
                weight=Weight.RISKY,
                title=f"{rule} matches no document",
                why="Misspelt, it protects nothing: another rule decides about what it was meant for.",
                move="Correct the pattern, or take the rule out",
                place=f"{source.name}/permissions.yaml",
            )
        if source.listed_s:
            yield Advice(
                weight=Weight.RISKY if source.listed_s > MOST_LISTED_S else Weight.BETTER,
                title=f"Each question waits until {source.name} is listed ({source.listed_s:.2f} s)",
                why="The source cannot tell whether access has changed since, so it is listed to find out.",
                move="Give it a `permissions_digest()`, as shown in docs/stages/sources.md",
                place=place,
            )
        if source.has_permissions and source.documents and source.open_documents == source.documents:
            yield Advice(
                weight=Weight.BETTER,
                title=f"Everyone may read everything in {source.name}",
                why="It is written so; it is right only where no paper is confidential.",
                move='permissions.yaml: "confidential/**": [GROUP]  (the last pattern that matches decides)',
                place=f"{source.name}/permissions.yaml",
            )


def _without_permissions(loaded: LoadedWorkflow, source: SourceFacts, place: str) -> Advice:
    if loaded.is_declared:
        return Advice(
            weight=Weight.BROKEN,
            title=f"Nobody may read {source.name}",
            why="A declared source without permissions is closed, so nothing of it is found.",
            move=f'{source.name}/permissions.yaml: "**": [everyone]  (or `access: [GROUP]` in its entry)',
            place=place,
        )
    return Advice(
        weight=Weight.RISKY,
        title="Everyone may read everything",
        why="A bare folder starts open: whoever asks is shown every document in it.",
        move='permissions.yaml: "**": [GROUP]',
        place=place,
    )


def _models(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    generation = loaded.settings.generation
    rungs = generation.rungs
    for position, rung in enumerate(rungs):
        local = rung.provider == "ollama" or any(f"//{host}" in rung.base_url for host in LOCAL)
        usual = "" if rung.use or local else USUAL_KEYS.get(rung.provider, "")
        variable = rung.key_env or usual
        if variable and not {variable, f"{variable}_FILE"} & facts.variables:
            yield Advice(
                weight=Weight.BROKEN,
                title=f"{rung.name} has no key: {variable} is not set",
                why="Each call of this rung fails, and the next one answers or none does.",
                move=f"export {variable}=...  (or {variable}_FILE with the path of a file)",
                place=at_line(loaded, "generation", "rungs", position),
            )
    if rungs and generation.budget.per_run_usd is None and generation.budget.per_day_usd is None:
        yield Advice(
            weight=Weight.RISKY,
            title="Models may cost without limit",
            why="A loop, a long mail or a new price shows on the bill first.",
            move="generation: {budget: {per_run_usd: 0.05, per_day_usd: 20}}",
            place=at_line(loaded, "generation"),
        )
    if len(rungs) == 1 and not generation.extractive:
        yield Advice(
            weight=Weight.RISKY,
            title=f"{rungs[0].name} has no fallback",
            why="When its provider is down, every question ends in an error.",
            move="generation: {extractive: true}  (or a second entry under rungs)",
            place=at_line(loaded, "generation", "rungs"),
        )
    if not rungs and not generation.extractive:
        yield Advice(
            weight=Weight.BROKEN,
            title="Nothing can answer",
            why="No model is declared and the extractive answerer is off.",
            move="generation: {extractive: true}  (or an entry under rungs)",
            place=at_line(loaded, "generation"),
        )


def _prices(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    for one in facts.unpriced:
        yield Advice(
            weight=Weight.BROKEN if facts.has_budget else Weight.RISKY,
            title=f"No price is known of {one.name}",
            why="A budget is declared, and under one no model without a price is called."
            if facts.has_budget
            else "What it costs is on no record, and with the first budget it is not called any more.",
            move=f"holdfast.yaml: prices: {{'{one.name}': {{{one.by}}}}}  "
            "(USD per million tokens, or per thousand searches)",
            place=at_line(loaded, *one.place),
        )


def _output(loaded: LoadedWorkflow) -> Iterator[Advice]:
    if loaded.settings.output is None:
        return
    if not loaded.settings.generation.rungs:
        yield Advice(
            weight=Weight.BROKEN,
            title="Structured output needs a model, and none is declared",
            why="The extractive answerer can only quote, so every item goes to a person.",
            move="generation: {rungs: [{provider: PROVIDER, model: MODEL}]}",
            place=at_line(loaded, "output"),
        )
    if loaded.settings.output.cite == "none":
        yield Advice(
            weight=Weight.RISKY,
            title="No field of the output has to name its passages",
            why="A value that the model made up looks like any other.",
            move="output: {cite: all}  (or a list of fields)",
            place=at_line(loaded, "output", "cite"),
        )


def _reviewing(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    if loaded.settings.review.own_cases == "allow":
        yield Advice(
            weight=Weight.BETTER,
            title="Who asks may decide their own case",
            why="It is written so; what goes to a person then needs only the one who wanted it.",
            move="review: {own_cases: refuse}  (where a second person can look)",
            place=at_line(loaded, "review", "own_cases"),
        )
    elif len(facts.reviewers) == 1:
        yield Advice(
            weight=Weight.RISKY,
            title=f"Only {facts.reviewers[0]} may review, and nobody decides what {facts.reviewers[0]} asks",
            why="Nobody decides a case of their own, so such cases wait until they are overdue.",
            move="Declare a second reviewer, or review: {own_cases: allow}  (one person then does both)",
            place=at_line(loaded, "review"),
        )
    if facts.undecidable_cases:
        yield Advice(
            weight=Weight.RISKY,
            title=f"No declared reviewer may decide {facts.undecidable_cases} of the waiting cases",
            why="Each holds a passage that is closed to every reviewer, or to all but who asked it.",
            move="Let a reviewer see it (permissions.yaml), or declare one who may (people in holdfast.yaml)",
            place=at_line(loaded, "review"),
        )
    yield from _routes_of_cases(loaded)


def _routes_of_cases(loaded: LoadedWorkflow) -> Iterator[Advice]:
    """Yield what is declared for cases of routes that are not; without routes people name their own."""
    review, routes = loaded.settings.review, loaded.settings.deciding.routes
    for key, named in (("risks", review.risks), ("owners", review.owners)):
        for route in named if routes else ():
            if route not in routes:
                yield Advice(
                    weight=Weight.RISKY,
                    title=f"review.{key} names the route {route}, which is not declared",
                    why="No rule leads there, so what is written counts for no case that a rule hands over.",
                    move=f"one of deciding.routes: {', '.join(routes)}",
                    place=at_line(loaded, "review", key),
                )


def _cases(facts: Facts) -> Iterator[Advice]:
    if not facts.golden_cases:
        yield Advice(
            weight=Weight.RISKY,
            title="There are no golden cases",
            why="Nobody can tell whether a change makes answers better or worse.",
            move="golden/first.yaml: cases: "
            "[{id: one, question: ..., principal: {user: ana}, expect: {outcome: answer, facts: [...]}}]",
            place="golden/",
        )
    elif not facts.refusal_cases:
        yield Advice(
            weight=Weight.RISKY,
            title="No golden case expects a refusal",
            why="A system that always answers would pass; what it must not answer is not tried.",
            move="golden/refusals.yaml: "
            "cases: [{id: off-topic, question: ..., principal: {user: ana}, expect: {outcome: refusal}}]",
            place="golden/",
        )


def _embedding(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    embedding = loaded.settings.embedding
    if embedding.use or embedding.model != "minilm":
        return
    if not facts.embedding_model_is_there:
        yield Advice(
            weight=Weight.RISKY,
            title="The embedding model is not installed",
            why="Statistics of your own documents (LSA) stand in; they find fewer paraphrases.",
            move="holdfast models get",
            place=at_line(loaded, "embedding"),
        )
    foreign = {code: count for code, count in facts.index.languages.items() if code not in ("", "en")}
    total = sum(facts.index.languages.values())
    if foreign and sum(foreign.values()) * 10 >= total:
        by_count = sorted(foreign.items(), key=lambda one: -one[1])
        listed = ", ".join(f"{code}: {count}" for code, count in by_count)
        has_model = bool(loaded.settings.generation.rungs)
        quoted = "" if has_model else " Without a model, few questions are answered there."
        yield Advice(
            weight=Weight.RISKY,
            title=f"The embedding model reads English; many documents are not ({listed})",
            why=f"Documents in other languages are found by their words only, not by their meaning.{quoted}",
            move="embedding: {model: endpoint, endpoint: {url: URL, model: MODEL, dimension: N}}",
            place=at_line(loaded, "embedding"),
        )


def _declaration(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    settings, charter = loaded.settings, loaded.settings.charter
    if not loaded.is_declared:
        yield Advice(
            weight=Weight.BETTER,
            title="The folder is not declared",
            why="Nobody owns it, and nothing of how it works is written down.",
            move=f"{FILE}: name: NAME, owner: {{name: ..., contact: ...}}, sources: [{{files: .}}]",
            place=FILE,
        )
        return
    if not (settings.owner.name and settings.owner.contact):
        yield Advice(
            weight=Weight.RISKY,
            title="Nobody owns this workflow",
            why="When it answers wrongly, somebody has to be told.",
            move="owner: {name: Service desk, contact: service@example.com}",
            place=at_line(loaded, "owner"),
        )
    if None in (charter.volume_per_month, charter.minutes_per_case, charter.cost_per_hour):
        yield Advice(
            weight=Weight.BETTER,
            title="The charter does not say what the work costs today",
            why="Without volume, minutes and cost nobody can say what the workflow saves.",
            move="charter: {volume_per_month: 2000, minutes_per_case: 12, cost_per_hour: 45}",
            place=at_line(loaded, "charter"),
        )
    if facts.unused_prompts:
        yield Advice(
            weight=Weight.BETTER,
            title=f"No template uses prompts/{facts.unused_prompts[0]}",
            why="A prompt that counts for nothing misleads whoever edits it.",
            move="assembly: {system: FILE, item: FILE}  (or remove the file)",
            place=f"prompts/{facts.unused_prompts[0]}",
        )
