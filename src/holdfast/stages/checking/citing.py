"""Resolve a mark to the span of its passage that says what the claim says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.domain.checks import Citation
from holdfast.domain.prompts import Passage
from holdfast.text.sentences import Kind, Sentence, split_sentences
from holdfast.text.weights import weight
from holdfast.text.words import content_stems, words

LONGEST_QUOTE = 800
"""Characters that a quote of several sentences, all said word for word, may span."""
_SHORT = 12
"""Words below which a passage is quoted whole rather than in part."""


Saying = Callable[[Sequence[Sentence]], list[int]]
"""Tells which of the pieces of a passage say what is claimed, by position."""


def citation_of(
    passage: Passage, claims: Sequence[str], *, most: int, saying: Saying | None = None
) -> Citation:
    """Return the citation of a passage for the claims that name it: its best sentences, verbatim.

    The quote is one span of the canonical text: from the first to the last sentence that the claims say
    word for word (or that `saying` names), else the sentences side by side that cover the claims best.
    """
    start, end = best_span(passage.text, claims, most=most, saying=saying)
    return Citation(
        n=passage.n,
        document=passage.document,
        title=passage.metadata.title or passage.document,
        quote=passage.text[start:end],
        start=passage.start + start,
        end=passage.start + end,
        locator=passage.locator,
    )


def best_span(
    text: str, claims: Sequence[str], *, most: int, saying: Saying | None = None
) -> tuple[int, int]:
    """Return the offsets of the run of at most `most` pieces that covers the claims best."""
    pieces = [piece for piece in split_sentences(text) if piece.kind not in (Kind.RULE, Kind.HEADING)]
    said = saying(pieces) if saying else [i for i, piece in enumerate(pieces) if _is_said(piece, claims)]
    if not pieces or (len(words(text)) <= _SHORT and not _has_other_rows(pieces, said)):
        stripped = text.strip()
        start = text.find(stripped)
        return start, start + len(stripped)
    said = _without_gaps_of_rows(pieces, said)
    if said and pieces[said[-1]].end - pieces[said[0]].start <= LONGEST_QUOTE:
        return pieces[said[0]].start, pieces[said[-1]].end
    wanted = frozenset(stem for claim in claims for stem in content_stems(claim))
    runs = [
        (_worth(pieces[i : i + size], wanted) - _EACH * size, -size, -i)
        for size in range(1, most + 1)
        for i in range(len(pieces) - size + 1)
    ]
    _, size, first = max(runs)
    return pieces[-first].start, pieces[-first - size - 1].end


_EACH = 0.6
"""What a further sentence must be worth, in weights of words, to be quoted with the first."""


def _is_said(piece: Sentence, claims: Sequence[str]) -> bool:
    """Return whether a claim says the sentence word for word."""
    own = f" {' '.join(words(piece.text))} "
    spoken = [f" {' '.join(words(claim))} " for claim in claims]
    if piece.kind is Kind.ROW:  # at the front of a longer claim it only names the columns
        return bool(own.strip()) and any(claim.endswith(own) for claim in spoken)
    return bool(own.strip()) and any(own in claim for claim in spoken)


def _has_other_rows(pieces: Sequence[Sentence], said: Sequence[int]) -> bool:
    return bool(said) and any(piece.kind is Kind.ROW for i, piece in enumerate(pieces) if i not in said)


def _without_gaps_of_rows(pieces: Sequence[Sentence], said: Sequence[int]) -> list[int]:
    """Return the said pieces up to the first row left out between them; others' rows are no evidence."""
    kept = list(said[:1])
    for at in said[1:]:
        if any(pieces[i].kind is Kind.ROW for i in range(kept[-1] + 1, at)):
            break
        kept.append(at)
    return kept


def _worth(pieces: Sequence[Sentence], wanted: frozenset[str]) -> float:
    held = frozenset(stem for piece in pieces for stem in content_stems(piece.text))
    return sum(map(weight, wanted & held))
