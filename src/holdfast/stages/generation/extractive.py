"""Answer without a model: quote the sentences and rows of the passages that answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from itertools import groupby

from holdfast.domain.calls import Call
from holdfast.domain.prompts import Prompt, Reply
from holdfast.stages.generation.listing import LISTED, ROWS, added, listing_of
from holdfast.stages.generation.nearness import Embed, Ranking, ranking_of
from holdfast.stages.generation.picking import Quote, listed, pick
from holdfast.text.answerability import judge
from holdfast.text.lacking import lacks
from holdfast.text.relevance import Candidate
from holdfast.text.sentences import Kind

EXTRACTIVE = "extractive"


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
        ranking = await ranking_of(question, passages, self._embed)
        answerable = judge(
            question, passages, ranking.whole, dense=self._dense, closeness=ranking.closeness
        ).probability
        listing = listing_of(prompt, ranking.whole)
        if listing.rows:
            answerable = max(answerable, LISTED)
        if not ranking.whole or answerable < self._floor:
            yield Reply(text="", model=self.name, finish="nothing", answerability=answerable)
            return
        quotes = listed(listing.rows[:ROWS]) or pick(question, passages, ranking, most=self._sentences)
        missing = lacks(question, passages, _chosen(quotes, ranking))
        missing = (*missing, listing.lacks) if listing.lacks else missing
        pieces = []
        for piece in (*written(quotes), *added(listing, question)):
            pieces.append(piece)
            yield piece
        yield Reply(
            text="".join(pieces),
            model=self.name,
            answerability=answerable * (_LACKING if missing else 1.0),
            lacks=missing,
        )


_LACKING = 0.5
"""What answerability keeps when something definite of the question is missing from the quotes."""


def _chosen(quotes: Sequence[Quote], ranking: Ranking) -> list[Candidate]:
    """Return the ranked sentences that are quoted."""
    by_place = {(one.passage.n, one.sentence.start): one for one in ranking.whole}
    places = ((quote.passage.n, quote.sentence.start) for quote in quotes)
    return [by_place[place] for place in places if place in by_place]


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


_MARK = re.compile(r"\[(\d+)\]")


def _opens_passage(pieces: Sequence[str], n: int) -> bool:
    return not pieces[-1].endswith(f"[{n}]")


def _plain(text: str) -> str:
    """Return the text on one line; a `[12]` of the source becomes `(12)`, for it is no citation of ours."""
    return _MARK.sub(r"(\1)", " ".join(text.split()))
