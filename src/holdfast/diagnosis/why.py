"""Why a document is, or is not, behind the answer to a question: the first reason that stopped it.

Each step is a question that the one before let through: is the document known, was it parsed, is it
current, may this principal see it, do the legs find it, does it survive fusion and reranking, is it in
the prompt, is it cited. What it says of a document that the principal may not see are names, rules and
numbers, never its text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from holdfast.diagnosis.places import Places, places_of
from holdfast.diagnosis.record import Fate, fate_of
from holdfast.domain.access import EVERYONE, USER_PREFIX, Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Hit, Leg, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.queries import Filter, FloatArray
from holdfast.domain.runs import StageRecord
from holdfast.errors import UsageError
from holdfast.protocols import Index, Retriever, Source
from holdfast.storage import feed
from holdfast.storage.database import Database
from holdfast.storage.described import Described, describe, nearest_names

LEG_NAMES = ("sparse", "dense")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyParts:
    """What the question needs of an opened workflow."""

    database: Database
    sources: Sequence[Source]
    index: Index
    embed: Callable[[Sequence[str]], Awaitable[Sequence[FloatArray | None]]]
    retriever: Retriever
    """The declared one, without its cut at `k`."""
    answer: Callable[[WorkItem], Awaitable[Sequence[StageRecord]]]
    """Runs the item's path; returns its stage records, also when it ended in an error."""
    exclude: frozenset[Status]
    depth: int
    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question on the way, and its answer."""

    name: str
    holds: bool
    says: str
    move: str = ""
    """What to do where it does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The document's chunk that is nearest to the question."""

    hit: Hit
    legs: dict[str, Leg]
    fused: Leg | None = None
    reranked: int | None = None
    passage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The steps up to the one that stopped the document, or all of them."""

    document: str
    question: str
    principal: Principal
    steps: tuple[Step, ...]
    is_visible: bool = False
    """Whether the principal may see the document's text."""
    nearest: Nearest | None = None
    outcome: str = ""
    """How the item ended, where it was asked."""

    @property
    def stopped_by(self) -> Step | None:
        """Return the one step that stopped it."""
        return next((step for step in self.steps if not step.holds), None)


@dataclass(slots=True)
class _Asked:
    """What is found out on the way."""

    parts: WhyParts
    item: WorkItem
    steps: list[Step] = field(default_factory=list)
    nearest: Nearest | None = None
    outcome: str = ""

    def step(self, name: str, says: str, *, move: str = "", holds: bool = True) -> bool:
        self.steps.append(Step(name=name, holds=holds, says=says, move=move))
        return holds


async def why(parts: WhyParts, document: str, item: WorkItem, *, source: str = "") -> Why:
    """Return the steps; raise UsageError when two sources have such a document and none is named."""
    asked = _Asked(parts=parts, item=item)
    with parts.database.read() as connection:
        found = describe(connection, document, source=source)
        near = () if found else nearest_names(connection, document)
        total = feed.alive_count(connection, feed.state(connection).published)
    if len(alive := [one for one in found if one.is_alive] or found) > 1:
        names = ", ".join(one.source for one in alive)
        raise UsageError(f"{document} is in several sources ({names})", move="Say which with --source")
    one = alive[0] if alive else None
    is_visible = False
    if one is None:
        _unknown(asked, document, near)
    elif _known(asked, one) and _parsed(asked, one):
        is_current, is_visible = _current(asked, one), _visible(asked, one)
        await _placed(asked, one, total, is_open=is_current and is_visible)
    return Why(
        document=document,
        question=item.question,
        principal=item.principal,
        steps=tuple(asked.steps),
        is_visible=is_visible,
        nearest=asked.nearest,
        outcome=asked.outcome,
    )


def _unknown(asked: _Asked, document: str, near: Sequence[str]) -> None:
    for source in asked.parts.sources:
        listing = source.survey()
        if any(found.path == document for found in listing.found):
            asked.step("known", f"it lies in {source.name} and is not taken in yet", holds=False,
                       move="Run `holdfast sync`")  # fmt: skip
            return
        reason = next((one.reason for one in listing.skipped if one.thing == document), "")
        if reason:
            asked.step("known", f"{source.name} leaves it out: {reason}", holds=False,
                       move="Copy it to a place of its own below the source's root")  # fmt: skip
            return
    move = f"Did you mean {', '.join(near)}?" if near else "Names are paths from the source's root"
    asked.step(
        "known", "no document of this name is on record, and no source lists it", holds=False, move=move
    )


def _known(asked: _Asked, one: Described) -> bool:
    if one.is_alive or one.problem:
        came = f", with {one.parent}" if one.parent else ""
        return asked.step("known", f"it is on record, from the source {one.source}{came}")
    says = "it was removed from its source, and only earlier revisions are on record"
    return asked.step("known", says, holds=False, move="Put it back, then run `holdfast sync`")


def _parsed(asked: _Asked, one: Described) -> bool:
    if not one.is_alive:
        says = f"it was not taken in ({one.problem_stage}, {one.problem_status}): {one.problem}"
        return asked.step(
            "parsed", says, holds=False, move="Mend or replace the file, then run `holdfast sync`"
        )
    if not one.chunks:
        says = f"it has no text to be found by ({one.characters} characters, none in a chunk)"
        return asked.step("parsed", says, holds=False, move="Look at the file: is it a scan, or empty?")
    says = f"{one.characters} characters in {len(one.chunks)} chunks"
    if one.hidden_characters:
        says += f"; {one.hidden_characters} that a reader does not see are left out (chunking.include_hidden)"
    if one.problem:
        says += f"; {one.problem_status}: {one.problem}"
    if _has_changed(asked.parts.sources, one):
        says += "; the file has changed since the last sync"
    return asked.step("parsed", says)


def _has_changed(sources: Sequence[Source], one: Described) -> bool:
    found = (
        found.stamp
        for source in sources
        if source.name == one.source
        for found in source.survey().found
        if found.path == one.path
    )
    return any(stamp != one.stamp for stamp in found)


def _current(asked: _Asked, one: Described) -> bool:
    standing = f"superseded by {one.superseded_by}" if one.superseded_by else f"of standing {one.status}"
    if Status(one.status) not in asked.parts.exclude:
        return asked.step("current", f"it is {standing}, and so searched")
    move = "Take the standing out of retrieval.exclude, or correct what the document says of itself"
    if one.superseded_by:
        move = f"Ask why about {one.superseded_by}; if it replaces the wrong one, correct its front matter"
    return asked.step("current", f"it is {standing}, and so not searched", holds=False, move=move)


def _visible(asked: _Asked, one: Described) -> bool:
    principal = asked.item.principal
    lets_in = sorted(one.entries & principal.entries)
    if lets_in:
        return asked.step("visible", f"{principal.user} may see it as {lets_in[0]} ({one.rule})")
    allowed = ", ".join(sorted(one.entries)) or "nobody"
    groups = ", ".join(sorted(principal.groups)) or "no group"
    says = f"{principal.user}, in {groups}, may not see it: it is for {allowed} ({one.rule})"
    move = "If they should see it, name them or a group of theirs in that rule; the next query follows"
    return asked.step("visible", says, holds=False, move=move)


async def _placed(asked: _Asked, one: Described, total: int, *, is_open: bool) -> None:
    """Ask the legs; where the document is closed, as one to whom it is open, to say where it would be."""
    parts = asked.parts
    records = await parts.answer(asked.item) if is_open else ()
    fate = fate_of(records)
    item = fate.item or asked.item
    reader = item.principal if is_open else _reader_of(one, item.principal)
    if reader is None:
        return
    listed = await parts.retriever.retrieve(replace(item, principal=reader))
    queries = listed.queries or (item.question,)
    vectors = await parts.embed(queries)
    filter_ = Filter(exclude=parts.exclude - (set() if is_open else {Status(one.status)}))
    places = places_of(
        parts.index, one.chunks, list(zip(queries, vectors, strict=True)), principal=reader,
        filter_=filter_, most=total,
    )  # fmt: skip
    asked.nearest = _nearest(places, listed, fate, one)
    if is_open:
        asked.outcome = fate.outcome
        _follow(asked, places, fate)


def _reader_of(one: Described, principal: Principal) -> Principal | None:
    """Return one who may see the document beside what the principal sees, None when nobody may."""
    if one.entries & principal.entries:
        return principal
    groups = frozenset(
        entry for entry in one.entries if not entry.startswith(USER_PREFIX) and entry != EVERYONE
    )
    if groups:
        return replace(principal, groups=principal.groups | groups)
    users = sorted(entry.removeprefix(USER_PREFIX) for entry in one.entries)
    return replace(principal, user=users[0]) if users else None


def _nearest(places: Places, listed: Retrieved, fate: Fate, one: Described) -> Nearest | None:
    """Return the chunk that got furthest in the run, else the best fused one, else the best of a leg."""
    fused = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(listed.hits, 1)}
    went = fate.furthest(one.chunks)
    by_leg = [place for leg in LEG_NAMES if (place := places.best(leg)) is not None]
    if went is not None:
        hit = went
    elif mine := [fused[number] for number in one.chunks if number in fused]:
        hit = min(mine, key=lambda found: found[0])[1]
    elif by_leg:
        hit = places.hits[min(by_leg, key=lambda place: place[1].rank)[0]]
    else:
        return None
    number = hit.chunk_id
    legs = {leg: at[number] for leg, at in places.legs.items() if number in at}
    if number not in fused:
        return Nearest(hit=hit, legs=legs)
    rank, found = fused[number]
    return Nearest(hit=hit, legs=legs or dict(found.legs), fused=Leg(rank=rank, score=found.score))


def _follow(asked: _Asked, places: Places, fate: Fate) -> None:
    """Follow the nearest chunk from the legs to the citation."""
    parts, nearest = asked.parts, asked.nearest
    if fate.ended_early:
        asked.step(
            "asked",
            fate.ended_early,
            holds=False,
            move="Ask without what ended the item, or change that rule",
        )
        return
    if nearest is None or not (nearest.legs or nearest.fused):
        says = (
            f"neither leg finds it among {max(places.searched.values(), default=0)} chunks: no word in common"
        )
        says += ", and no vector yet" if "dense" not in places.searched else ""
        asked.step(
            "found", says, holds=False, move="Ask in the document's own words; sync if vectors are missing"
        )
        return
    ranks = (
        ", ".join(f"{leg} rank {at.rank}" for leg, at in sorted(nearest.legs.items())) or "by another query"
    )
    if nearest.fused is None:
        says = f"below the depth: {ranks}, and each leg hands on {parts.depth}"
        move = "Ask more in its own words, or raise retrieval.depth"
        asked.step("found", says, holds=False, move=move)
        return
    asked.step("found", f"chunk {nearest.hit.ordinal} is nearest: {ranks}")
    says = f"rank {nearest.fused.rank} after fusion, score {nearest.fused.score:.3f}"
    if not any(hit.chunk_id == nearest.hit.chunk_id for hit in fate.retrieved):
        asked.step("fused", f"{says}; {parts.k} are handed on", holds=False, move="Raise retrieval.k")
        return
    asked.step("fused", says)
    asked.nearest = _fated(nearest, fate)
    for step in fate.steps_of(nearest.hit):
        if not asked.step(step.name, step.says, move=step.move, holds=step.holds):
            return


def _fated(nearest: Nearest, fate: Fate) -> Nearest:
    return replace(nearest, reranked=fate.rank_of(nearest.hit), passage=fate.passage_of(nearest.hit))
