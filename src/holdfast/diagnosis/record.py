"""Read from the stage records of one run what became of a hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.domain.checks import Checks, Citation, Claim
from holdfast.domain.hits import Dropped, Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Outcome, Question, Ruling, citations_of, kind_of
from holdfast.domain.prompts import Passage, Prompt
from holdfast.domain.runs import StageRecord
from holdfast.domain.screened import Screened, ScreenedOutcome
from holdfast.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one stage did with the hit."""

    name: str
    holds: bool
    says: str
    move: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the stages of one run made, as far as hits are concerned."""

    item: WorkItem | None = None
    """The item as it was searched for."""
    ended_early: str = ""
    """Why nothing was looked for or generated, in words."""
    retrieved: tuple[Hit, ...] = ()
    reranked: Retrieved | None = None
    prompt: Prompt | None = None
    checks: Checks | None = None
    result: Outcome | None = None
    failure: str = ""
    """The last stage that failed, and how."""

    @property
    def outcome(self) -> str:
        """Return the kind of outcome, or empty when there is none."""
        return kind_of(self.result) if self.result is not None else ""

    def furthest(self, chunks: Sequence[int]) -> Hit | None:
        """Return which of these chunks got furthest on its way to a citation; the first of equals."""
        mine = [hit for hit in self.retrieved if hit.chunk_id in chunks]
        return max(mine, key=lambda hit: sum(told.holds for told in self.steps_of(hit)), default=None)

    def rank_of(self, hit: Hit) -> int | None:
        """Return the hit's rank after reranking, from 1."""
        hits = self.reranked.hits if self.reranked is not None else ()
        return next((rank for rank, one in enumerate(hits, 1) if one.chunk_id == hit.chunk_id), None)

    def passage_of(self, hit: Hit) -> int | None:
        """Return the number of the passage that holds the hit, alone or with its neighbours."""
        passage = self._passage(hit)
        return passage.n if passage is not None else None

    def _passage(self, hit: Hit) -> Passage | None:
        passages = self.prompt.passages if self.prompt is not None else ()
        return next((one for one in passages if _covers(one, hit)), None)

    def steps_of(self, hit: Hit) -> Iterator[Told]:
        """Yield what reranking, assembly and the reply did with the hit, until one left it out."""
        rank = self.rank_of(hit)
        if rank is None:
            why = _reason(self.reranked.dropped if self.reranked else (), hit) or self.failure
            says = why or "the reranker left it out"
            move = "Raise reranking.keep, or look at the reranker's scores"
            yield Told(name="reranked", holds=False, says=says, move=move)
            return
        yield Told(name="reranked", holds=True, says=f"rank {rank} after reranking")
        passage = self._passage(hit)
        if passage is None:
            yield self._not_in_prompt(hit)
            return
        yield Told(name="prompt", holds=True, says=f"it is passage [{passage.n}] of the prompt")
        yield self._cited(passage)

    def _not_in_prompt(self, hit: Hit) -> Told:
        if self.prompt is None:
            says = f"no prompt was made: {self.failure}"
            return Told(name="prompt", holds=False, says=says, move="Mend that first")
        why = _reason(self.prompt.dropped, hit) or "the assembler left it out without a word"
        return Told(
            name="prompt", holds=False, says=f"it was dropped from the prompt: {why}", move=_move(why)
        )

    def _cited(self, passage: Passage) -> Told:
        citations = citations_of(self.result) if self.result is not None else ()
        if any(_overlaps(citation, passage) for citation in citations):
            return Told(name="cited", holds=True, says=f"the {self.outcome} cites it as [{passage.n}]")
        says = self._why_not_cited(passage, citations)
        return Told(name="cited", holds=False, says=says, move=self._cited_move(passage))

    def _cited_move(self, passage: Passage) -> str:
        if self._claims_on(passage) and not isinstance(self.result, Answer):
            return "Ask in its own words, or look at the thresholds of `deciding` in workflow.yaml"
        return (
            "Read the passage: does it state the answer? `holdfast ask` and `runs` show what each stage made"
        )

    def _claims_on(self, passage: Passage) -> list[Claim]:
        return [claim for claim in (self.checks.claims if self.checks else ()) if passage.n in claim.cites]

    def _why_not_cited(self, passage: Passage, citations: Sequence[Citation]) -> str:
        if self.result is None:
            return f"there is no outcome: {self.failure}"
        named = self._claims_on(passage)
        if named and not isinstance(self.result, Answer):
            weakest = min(claim.support for claim in named)
            ended = f"it ended as {self.outcome}: {self.result.reason}"
            return f"a reply drew on it (support {weakest:.2f}) but was not given; {ended}"
        if citations:
            others = ", ".join(sorted({citation.document for citation in citations}))
            return f"the {self.outcome} cites {others} instead"
        return f"nothing is cited: it ended as {self.outcome} ({self.result.reason})"


def fate_of(records: Sequence[StageRecord]) -> Fate:
    """Return what the last rung of a run made; an empty one when it was not run."""
    item: WorkItem | None = None
    retrieved: Retrieved | None = None
    reranked: Retrieved | None = None
    prompt: Prompt | None = None
    checks: Checks | None = None
    result: Outcome | None = None
    for record in records:
        match record.made:
            case Screened():
                item = record.made.item
                result = record.made.refusal or result
            case Retrieved() if record.stage is Stage.RETRIEVAL:
                retrieved = record.made
            case Retrieved():
                reranked = record.made
            case Prompt():
                prompt, checks = record.made, None
            case Checks():
                checks = record.made
            case Ruling():
                result = record.made.outcome
            case ScreenedOutcome():
                result = record.made.outcome
    failed = next((record for record in reversed(records) if record.error), None)
    return Fate(
        item=item,
        ended_early=_ended_early(records, retrieved, reranked, result),
        retrieved=retrieved.hits if retrieved is not None else (),
        reranked=reranked,
        prompt=prompt,
        checks=checks,
        result=result,
        failure=f"{failed.stage}: {failed.error}" if failed is not None else "",
    )


def _ended_early(
    records: Sequence[StageRecord],
    retrieved: Retrieved | None,
    reranked: Retrieved | None,
    result: Outcome | None,
) -> str:
    if not records:
        return ""
    if retrieved is None:
        why = result.reason if result is not None else next((one.error for one in records if one.error), "")
        return f"the item ended before anything was searched: {why}"
    if reranked is None and result is not None:
        word = "asked back" if isinstance(result, Question) else kind_of(result)
        return f"a declared rule decided without reading any passage ({word}): {result.reason}"
    return ""


def _covers(passage: Passage, hit: Hit) -> bool:
    is_same = passage.chunk_id is not None and passage.document == hit.document
    return is_same and passage.start <= hit.start and hit.end <= passage.end


def _overlaps(citation: Citation, passage: Passage) -> bool:
    is_same = citation.document == passage.document
    return is_same and citation.start < passage.end and passage.start < citation.end


def _reason(dropped: Sequence[Dropped], hit: Hit) -> str:
    """Return why the hit was left out; merged neighbours go by their common span."""
    for one in dropped:
        document, _, span = one.thing.rpartition(" ")
        start, _, end = span.partition("-")
        is_span = document == hit.document and start.isdigit() and end.isdigit()
        if is_span and int(start) <= hit.start and hit.end <= int(end):
            return one.reason
    return ""


def _move(why: str) -> str:
    if why.startswith("repeats"):
        return "Nothing is lost: the passage it repeats says the same"
    if "tokens" in why or "room" in why:
        return "Declare a rung with a larger window (context_tokens), or fewer and shorter passages"
    if "passages" in why:
        return "Raise assembly.passages"
    return "See the assembly section of the declaration"
