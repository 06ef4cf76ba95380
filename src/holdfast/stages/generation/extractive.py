"""Answer without a model: quote the sentences and rows of the passages that answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import groupby

from holdfast.domain.calls import Call
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.queries import FloatArray
from holdfast.stages.generation.picking import Quote, pick
from holdfast.text.answerability import judge
from holdfast.text.questions import sentences_of
from holdfast.text.relevance import NO_CODE, Candidate, rank_sentences, relevance_model
from holdfast.text.sentences import Kind

EXTRACTIVE = "extractive"
Embed = Callable[[Sequence[str]], Awaitable[FloatArray]]
"""Turns texts into unit vectors, one row each."""


class ExtractiveModel:
    """Quotes the best sentences, each with its `[n]`; says nothing that no passage says."""

    name = EXTRACTIVE

    def __init__(
        self,
        *,
        embed: Embed | None = None,
        sentences: int = 3,
        floor: float = 0.1,
        dense: bool = True,
    ) -> None:
        """Take how many sentences to choose and the answerability below which nothing is said.

        With `embed`, MiniLM as well, the best dozen sentences are ranked again by their closeness to the
        question. `dense` says that the passages' dense scores are MiniLM's cosines.
        """
        self._embed = embed
        self._sentences = sentences
        self._floor = floor
        self._dense = dense

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[str | Reply]:  # noqa: ARG002 - no wait
        """Yield the quotes one by one and, last, the Reply; `finish` is `nothing` where none answers."""
        question, passages = prompt.question, prompt.passages
        ranked = await asyncio.to_thread(rank_sentences, question, passages)
        closeness = None
        if self._embed is not None and ranked:
            ranked, closeness = await _closest_first(self._embed, question, ranked)
        answerable = judge(question, passages, ranked, dense=self._dense, closeness=closeness).probability
        if not ranked or answerable < self._floor:
            yield Reply(text="", model=self.name, finish="nothing", answerability=answerable)
            return
        pieces = []
        for piece in written(pick(question, passages, ranked, most=self._sentences)):
            pieces.append(piece)
            yield piece
        yield Reply(text="".join(pieces), model=self.name, answerability=answerable)


def written(quotes: Sequence[Quote]) -> list[str]:
    """Return the quotes as text, each followed by its mark: prose runs on, rows stand under their header."""
    pieces: list[str] = []
    after_line = False
    for n, group in groupby(quotes, key=lambda quote: quote.passage.n):
        header = ""
        for quote in group:
            is_line = quote.sentence.kind in (Kind.ROW, Kind.ITEM)
            gap = "" if not pieces else "\n" if is_line or after_line or _opens_passage(pieces, n) else " "
            after_line = is_line
            if quote.header and quote.header != header:
                gap += f"{_plain(quote.header)}\n"
                header = quote.header
            pieces.append(f"{gap}{_plain(quote.sentence.text)} [{n}]")
    return pieces


_AGAIN = 12
_MARK = re.compile(r"\[(\d+)\]")


def _opens_passage(pieces: Sequence[str], n: int) -> bool:
    return not pieces[-1].endswith(f"[{n}]")


def _plain(text: str) -> str:
    """Return the text on one line; a `[12]` of the source becomes `(12)`, for it is no citation of ours."""
    return _MARK.sub(r"(\1)", " ".join(text.split()))


async def _closest_first(
    embed: Embed, question: str, ranked: Sequence[Candidate]
) -> tuple[tuple[Candidate, ...], float]:
    """Return the candidates with the first dozen ordered by closeness too, and the greatest closeness."""
    head, tail = ranked[:_AGAIN], ranked[_AGAIN:]
    spoken = [question, *sentences_of(question)]
    vectors = await embed([*spoken, *(candidate.sentence.text for candidate in head)])
    closeness = (vectors[len(spoken) :] @ vectors[: len(spoken)].T).max(axis=1)
    closeness = _shared_by_rows(head, closeness)
    nearest = float(closeness.max())
    again = [
        _scored(candidate, nearest - float(value)) for candidate, value in zip(head, closeness, strict=True)
    ]
    allowed = [
        float(value) for candidate, value in zip(head, closeness, strict=True) if candidate.factor >= NO_CODE
    ]
    return (*sorted(again, key=lambda candidate: -candidate.score), *tail), max(allowed, default=nearest)


def _shared_by_rows(head: Sequence[Candidate], closeness: FloatArray) -> FloatArray:
    """Return the closeness with rows of one table that hold the same asked words at their best.

    MiniLM tells codes and figures apart by chance; between such rows the order of the table decides.
    """
    shared = closeness.copy()
    for i, one in enumerate(head):
        alike = [j for j, other in enumerate(head) if _is_alike(one, other)]
        if alike:
            shared[i] = closeness[alike].max()
    return shared


def _is_alike(one: Candidate, other: Candidate) -> bool:
    return (
        one.sentence.kind is other.sentence.kind is Kind.ROW
        and one.passage.n == other.passage.n
        and one.features["covered"] == other.features["covered"] > 0
        and one.factor == other.factor
    )


def _scored(candidate: Candidate, gap: float) -> Candidate:
    features = {**candidate.features, "closeness_gap": gap}
    score = relevance_model(closeness=True).probability(features) * candidate.factor
    return replace(candidate, features=features, score=min(1.0, score))
