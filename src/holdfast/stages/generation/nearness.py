"""Rank the sentences that may answer a question, and each question within it, by words and closeness."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast.domain.prompts import Passage
from holdfast.domain.queries import FloatArray
from holdfast.text.codes import NO_CODE
from holdfast.text.identifiers import identifiers
from holdfast.text.languages import is_english
from holdfast.text.parts import Part, parts_of
from holdfast.text.questions import sentences_of
from holdfast.text.ranges import marks_in
from holdfast.text.relevance import Candidate, rank_sentences, relevance_model, rows_in_order
from holdfast.text.sentences import Kind

Embed = Callable[[Sequence[str]], Awaitable[FloatArray]]
"""Turns texts into unit vectors, one row each."""
Place = tuple[int, int]
"""Number of a passage and index of a sentence within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Sentences, best first, for a question and for each question within it."""

    whole: tuple[Candidate, ...]
    parts: tuple[tuple[Candidate, ...], ...] = ()
    """Empty when the question is one."""
    closeness: float | None = None
    """Greatest cosine of the question and a sentence that its codes allow; None without an embedder."""


async def ranking_of(question: str, passages: Sequence[Passage], embed: Embed | None) -> Ranking:
    """Return the rankings by words and, where there is an embedder, by closeness as well.

    A question in another language than English is ranked by its words: MiniLM reads English only.
    """
    parts = asked_parts(question)
    rankings = await asyncio.to_thread(_rankings, question, parts, passages)
    if embed is None or not rankings[0] or not is_english(question):
        return Ranking(whole=rankings[0], parts=tuple(rankings[1:]))
    near = await _nearness(embed, question, [f"{part.text} {part.topic}" for part in parts], rankings)
    whole, closeness = _closest_first(rankings[0], near[0])
    rest = zip(rankings[1:], near[1:], strict=True)
    return Ranking(
        whole=whole, parts=tuple(_closest_first(ranked, own)[0] for ranked, own in rest), closeness=closeness
    )


def asked_parts(question: str) -> tuple[Part, ...]:
    """Return the questions within a question, each with the codes of the whole; empty when it is one."""
    parts = parts_of(question)[:_MOST_PARTS]
    return tuple(_with_codes(part, question) for part in parts) if len(parts) > 1 else ()


def _rankings(
    question: str, parts: Sequence[Part], passages: Sequence[Passage]
) -> list[tuple[Candidate, ...]]:
    asked = [_rank_part(part, bare, passages) for part, bare in zip(parts, parts_of(question), strict=False)]
    return [rank_sentences(question, passages), *asked]


def _rank_part(part: Part, bare: Part, passages: Sequence[Passage]) -> tuple[Candidate, ...]:
    """Return the ranking with the codes of the whole, or without where what they allow says too little."""
    ranked = rank_sentences(part.text, passages, topic=part.topic)
    if part == bare or not ranked:
        return ranked
    free = rank_sentences(bare.text, passages, topic=bare.topic)
    says_little = 2 * ranked[0].features["covered"] < free[0].features["covered"]
    return free if says_little or ranked[0].factor <= NO_CODE else ranked


_AGAIN = 12
_AGAIN_FOR_PART = 6
_MOST_PARTS = 4


def _with_codes(part: Part, question: str) -> Part:
    """Return a part with the marks of the whole and, where it names no code, with its codes."""
    own = f"{part.text} {part.topic}"
    codes = () if identifiers(own) else tuple(code.text for code in identifiers(question))
    more = [text for text in (*codes, *marks_in(question)) if text not in own]
    return replace(part, topic=" ".join([part.topic, *more]).strip())


async def _nearness(
    embed: Embed, question: str, parts: Sequence[str], rankings: Sequence[Sequence[Candidate]]
) -> list[dict[Place, float]]:
    """Return for the question and each part the cosine of its best candidates, by their place."""
    heads = [rankings[0][:_AGAIN], *(ranked[:_AGAIN_FOR_PART] for ranked in rankings[1:])]
    read = {_place(candidate): candidate.words for head in heads for candidate in head}
    spoken = [(question, *sentences_of(question)), *((part,) for part in parts)]
    asked = [text for texts in spoken for text in texts]
    vectors = await embed([*asked, *read.values()])
    rows = dict(zip(read, vectors[len(asked) :], strict=True))
    found, start = [], 0
    for texts, head in zip(spoken, heads, strict=True):
        own = vectors[start : start + len(texts)]
        start += len(texts)
        found.append({_place(c): float((own @ rows[_place(c)]).max()) for c in head})
    return found


def _closest_first(
    ranked: Sequence[Candidate], near: Mapping[Place, float]
) -> tuple[tuple[Candidate, ...], float]:
    """Return the candidates with those that were read again first, and the greatest closeness."""
    head = [candidate for candidate in ranked if _place(candidate) in near]
    tail = [candidate for candidate in ranked if _place(candidate) not in near]
    if not head:
        return tuple(ranked), 0.0
    shared = _shared_by_rows(head, near)
    nearest = max(shared)
    again = [_scored(candidate, nearest - value) for candidate, value in zip(head, shared, strict=True)]
    allowed = [value for candidate, value in zip(head, shared, strict=True) if candidate.factor >= NO_CODE]
    ordered = sorted(again, key=lambda candidate: -candidate.weight)
    return (*rows_in_order(ordered), *tail), max(allowed, default=nearest)


def _shared_by_rows(head: Sequence[Candidate], near: Mapping[Place, float]) -> list[float]:
    """Return the closeness with rows of one table that hold the same asked words at their best.

    MiniLM tells codes and figures apart by chance; between such rows the order of the table decides.
    """
    return [
        max(near[_place(other)] for other in head if other is one or _is_alike(one, other)) for one in head
    ]


def _is_alike(one: Candidate, other: Candidate) -> bool:
    return (
        one.sentence.kind is other.sentence.kind is Kind.ROW
        and one.passage.n == other.passage.n
        and one.features["covered"] == other.features["covered"] > 0
        and one.factor == other.factor
    )


def _scored(candidate: Candidate, gap: float) -> Candidate:
    features = {**candidate.features, "closeness_gap": gap}
    weight = relevance_model(closeness=True).probability(features) * candidate.factor
    return replace(candidate, features=features, weight=weight)


def _place(candidate: Candidate) -> Place:
    return candidate.passage.n, candidate.index
