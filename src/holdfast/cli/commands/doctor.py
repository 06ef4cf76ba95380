"""`holdfast doctor`: is the declaration valid, and what is missing for production."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from holdfast.access.trust import is_trusted
from holdfast.calling.tariffs import tariff_of
from holdfast.cli.event_loop import finish
from holdfast.cli.screen import show, show_json
from holdfast.cli.target import target_of
from holdfast.declaring.prompt_files import prompt_files
from holdfast.doctor import diagnose_declaration
from holdfast.doctor_advice import Advice, Weight
from holdfast.doctor_facts import Facts, IndexFacts, SourceFacts, Unpriced, UnreadColumn
from holdfast.domain.access import EVERYONE, USER_PREFIX
from holdfast.domain.usage import Usage
from holdfast.errors import DeclarationError, HoldfastError
from holdfast.loading import load
from holdfast.noticing import hidden_in, supersession_doubts
from holdfast.plugins import installed
from holdfast.session import Flow
from holdfast.stages.assembly.assembler import assembler_for
from holdfast.stages.deciding.expressions import parse
from holdfast.stages.embedding.model_cache import models_folder
from holdfast.stages.embedding.model_files import model_files
from holdfast.stages.generation.provider_model import Endpoint
from holdfast.stages.generation.providers import endpoint_of, rung_named
from holdfast.stages.indexing.sums import Look
from holdfast.stages.lookups.trying import Tried, try_lookups
from holdfast.web.people import Right, declared_people
from holdfast.wire import wire
from holdfast.workflow import LoadedWorkflow, examine
from holdfast.workspace import locate

READ = Usage(input_tokens=1)
MOST_CASES = 1_000


def doctor(*, words: list[str], folder: Path | None, as_json: bool) -> int:
    """Print the advice, most important first; return 3 when the declaration is not valid."""
    target = target_of(words, folder, wanted=0)
    found = examine(locate(target.path, start=Path.cwd()).folder)
    facts = finish(_facts(found)) if isinstance(found, LoadedWorkflow) else Facts()
    advice = diagnose_declaration(found, facts)
    if as_json:
        show_json({"v": 1, "advice": [_json(one) for one in advice]})
    else:
        _show(advice)
    is_valid = isinstance(found, LoadedWorkflow) and not facts.prompts_trouble
    return 0 if is_valid else DeclarationError.exit_code


async def _facts(loaded: LoadedWorkflow) -> Facts:
    cases = list(_golden(loaded.folder))
    expected = [(case.get("expect") or {}).get("outcome") for case in cases]
    settings = loaded.settings
    used, trouble = _prompts(loaded)
    tried = try_lookups(settings.lookups_settings, loaded.folder)
    named = {part.stage for part in loaded.parts if not part.is_hook}
    async with Flow(await asyncio.to_thread(wire, loaded.folder)) as flow:
        return Facts(
            sources=tuple(_sources(flow)),
            golden_cases=len(cases),
            refusal_cases=expected.count("refusal"),
            variables=frozenset(os.environ),
            hooks_trusted=is_trusted(loaded.folder, loaded.hooks_digest),
            index=await _index(flow),
            embedding_model_is_there=model_files(models_folder()) is not None,
            plugins={stage: installed(stage) for stage in named},
            reviewers=_reviewers(flow),
            undecidable_cases=await asyncio.to_thread(_undecidable_cases, flow),
            unused_prompts=tuple(name for name in prompt_files(loaded.folder) if name not in used),
            lookup_problems=tried.problems,
            unread_columns=tuple(_unread(loaded, tried)),
            prompts_trouble=trouble.what if trouble else "",
            prompts_move=trouble.move if trouble else "",
            unpriced=await asyncio.to_thread(lambda: tuple(_unpriced(flow))),
            has_budget=flow.wiring.has_budget,
        )


def _prompts(loaded: LoadedWorkflow) -> tuple[frozenset[str], DeclarationError | None]:
    """Return which prompt files are used, and what is wrong with one of them."""
    assembly = loaded.settings.assembly
    if assembly.use:  # a part of your own reads what it likes
        return frozenset(prompt_files(loaded.folder)), None
    try:
        return assembler_for(assembly, loaded.folder).files, None
    except DeclarationError as error:
        return frozenset(prompt_files(loaded.folder)), error


def _unread(loaded: LoadedWorkflow, tried: Tried) -> Iterator[UnreadColumn]:
    """Yield what conditions of rules and rungs read and no row has."""
    places: list[tuple[str, tuple[str | int, ...]]] = [
        (rule.when, ("deciding", "rules", number, "when"))
        for number, rule in enumerate(loaded.settings.deciding.rules)
    ]
    places += [
        (rung.when, ("generation", "rungs", number, "when"))
        for number, rung in enumerate(loaded.settings.generation.rungs)
        if rung.when
    ]
    for when, place in places:
        for lookup, column in parse(when).columns:
            if column not in tried.columns.get(lookup, (column,)):
                yield UnreadColumn(
                    condition=when, lookup=lookup, column=column, columns=tried.columns[lookup], place=place
                )


def _undecidable_cases(flow: Flow) -> int:
    """Return how many cases wait that no declared reviewer may see and decide; 0 where none is declared."""
    review, theirs, waiting = flow.review, set[str](), 0
    for one in declared_people(flow.wiring.workspace.people).values():
        if one.may(Right.DECIDE) and review.may_review(one.principal):
            queue = review.queue(one.principal, limit=MOST_CASES)
            theirs |= {item.run for item in queue.items if not review.is_closed_to(item, one.principal)}
            waiting = max(waiting, 0 if queue.more else len(queue.items) + queue.hidden)
    return max(0, waiting - len(theirs))


def _reviewers(flow: Flow) -> tuple[str, ...]:
    """Return the declared people who may review; without any, those whom `review.groups` names one by one."""
    review = flow.review
    people = declared_people(flow.wiring.workspace.people)
    if people:
        return tuple(
            name for name, one in people.items() if one.may(Right.DECIDE) and review.may_review(one.principal)
        )
    groups = review.settings.groups
    named = tuple(group.removeprefix(USER_PREFIX) for group in groups if group.startswith(USER_PREFIX))
    return named if len(named) == len(groups) else ()


def _sources(flow: Flow) -> Iterator[SourceFacts]:
    for source in flow.wiring.sources():
        started = time.perf_counter()
        try:
            listing = source.survey()
        except HoldfastError as error:
            yield SourceFacts(name=source.name, trouble=f"{error.what}. {error.move}")
            continue
        yield SourceFacts(
            name=source.name,
            has_permissions=listing.has_permissions,
            documents=len(listing.found),
            unused_rules=listing.unused_rules,
            open_documents=sum(EVERYONE in found.access.entries for found in listing.found),
            listed_s=0.0 if hasattr(source, "permissions_digest") else time.perf_counter() - started,
        )


async def _index(flow: Flow) -> IndexFacts:
    if not flow.is_synced:
        return IndexFacts()
    try:
        stale = await flow.refresh_access()
    except HoldfastError as error:
        return IndexFacts(version=flow.wiring.index_version, staleness=str(error))
    state = flow.wiring.index_writer()
    languages: dict[str, int] = {}
    for standing in state.standings():
        code = standing.metadata.language
        languages[code] = languages.get(code, 0) + 1
    return IndexFacts(
        version=flow.wiring.index_version,
        staleness=str(stale) if stale else "",
        damaged=await asyncio.to_thread(flow.wiring.projections.broken, Look.EVERYTHING),
        problems=tuple(f"{one.document} ({one.stage}): {one.reason}" for one in state.problems()),
        languages={code: count for code, count in languages.items() if code},
        hidden=hidden_in(flow.wiring),
        doubts=supersession_doubts(flow.wiring),
    )


def _unpriced(flow: Flow) -> Iterator[Unpriced]:
    """Yield the declared models without a price: what a budget would stop, and why costs are not known."""
    settings, prices = flow.wiring.settings, flow.wiring.workspace.prices
    for position, rung in enumerate(settings.generation.rungs):
        if not rung.use and not _is_priced(endpoint_of(rung, price=prices.get(rung.name))):
            place = ("generation", "rungs", position)
            yield Unpriced(name=rung.name, place=place, by="input: USD, output: USD")
    embedding, reranking = settings.embedding, settings.reranking
    if not embedding.use and embedding.model == "endpoint" and embedding.endpoint is not None:
        tariff = tariff_of(embedding.endpoint.url, embedding.endpoint.model, prices)
        if tariff.price(READ) is None:
            yield Unpriced(name=tariff.name, place=("embedding", "endpoint"), by="input: USD")
    if not reranking.use and reranking.url:
        tariff = tariff_of(reranking.url, reranking.model, prices)
        if tariff.declared is None and tariff.price(READ) is None:
            yield Unpriced(name=tariff.name, place=("reranking",), by="searches: USD")
    rungs = {rung.name for rung in settings.generation.rungs}
    for position, judge in enumerate(settings.evaluation.judges):
        if judge.model not in rungs and not _is_priced(
            endpoint_of(rung_named(judge.model), price=prices.get(judge.model))
        ):
            place = ("evaluation", "judges", position)
            yield Unpriced(name=judge.model, place=place, by="input: USD, output: USD")


def _is_priced(endpoint: Endpoint) -> bool:
    try:
        # The price list comes with the extra; without it a declared price is all there is.
        price_of = load("holdfast.stages.generation.provider_prices:price_of")
    except ImportError:
        return endpoint.is_here or endpoint.price is not None
    return price_of(Usage(input_tokens=1, output_tokens=1), endpoint) is not None


def _golden(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the golden cases that are run; those that cannot be read are not counted as there."""
    for file in sorted((folder / "golden").rglob("*.yaml")):
        try:
            data = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, YAMLError):
            continue
        cases = data.get("cases") if isinstance(data, dict) else None
        yield from (case for case in cases or () if isinstance(case, dict) and not case.get("held"))


def _json(advice: Advice) -> dict[str, str]:
    return {
        "weight": advice.weight.name.lower(),
        "title": advice.title,
        "why": advice.why,
        "move": advice.move,
        "place": advice.place,
    }


def _show(advice: tuple[Advice, ...]) -> None:
    if not advice:
        show("The declaration is valid, and nothing is missing for production.")
    for number, one in enumerate(advice, 1):
        place = f" ({one.place})" if one.place else ""
        show(f"{number:>2}. {one.weight.name.lower()}: {one.title}{place}", style=_style(one.weight))
        show(_indented(one.why))
        show(_indented(one.move))


def _style(weight: Weight) -> str:
    return "bold red" if weight is Weight.BROKEN else "bold"


def _indented(text: str) -> str:
    lines = [line for part in text.splitlines() for line in _wrapped(part)]
    return "\n".join(f"    {line}" for line in lines)


def _wrapped(text: str) -> list[str]:
    # YAML to be copied keeps its own lines; prose is filled.
    return [text] if text.startswith(" ") else textwrap.wrap(text, 92) or [""]
