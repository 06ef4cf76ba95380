"""Choose which ranked sentences make up an answer, with what each needs around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.domain.prompts import Passage
from holdfast.text.identifiers import identifier_keys, identifiers
from holdfast.text.questions import Wants, parts_of, read_question
from holdfast.text.relevance import Candidate, asked_codes, header_of, leans, rank_sentences
from holdfast.text.sentences import Kind, Sentence, split_sentences
from holdfast.text.weights import covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A piece of one passage, quoted whole."""

    passage: Passage
    sentence: Sentence
    header: str = ""
    """For a row: the header row to show above it."""


def pick(
    question: str, passages: Sequence[Passage], ranked: Sequence[Candidate], *, most: int
) -> tuple[Quote, ...]:
    """Return the quotes in the order in which they are read: best passage first, then as in the text."""
    chosen = _choose(question, passages, ranked, most)
    order = list(dict.fromkeys(candidate.passage.n for candidate in chosen))
    by_number = {passage.n: passage for passage in passages}
    wants_steps = read_question(question).wants is Wants.STEPS
    quotes: list[Quote] = []
    for n in order:
        passage = by_number[n]
        wanted = _with_neighbours(
            split_sentences(passage.text),
            {candidate.index for candidate in chosen if candidate.passage.n == n},
            steps=wants_steps,
        )
        header = header_of(passage)
        quotes += [
            Quote(passage=passage, sentence=sentence, header=header if sentence.kind is Kind.ROW else "")
            for sentence in wanted
        ]
    return tuple(quotes)


_FACTS = frozenset({Wants.NUMBER, Wants.TIME, Wants.PERSON, Wants.PLACE})
"""Answers of one sentence: another value beside the right one misleads."""
_CLOSE = 0.75
"""Share of the best score at which a sentence is quoted even if it covers nothing new."""
_WORTH = 0.3
"""Share of the best score below which a sentence is never quoted for what it adds."""
_RULED_OUT = 0.1
"""Factor below which a sentence is about another code than the question."""
_BESIDE = 0.1
"""Share of the best score at which its neighbour in the paragraph is quoted with it."""
_NEWS = 0.12
"""Weighted share of the question that a sentence must add."""
_MOST_PARTS = 4
_SAME = 0.8
_FOLLOWING = 10
_LONGEST_LEAD = 400


def _choose(
    question: str, passages: Sequence[Passage], ranked: Sequence[Candidate], most: int
) -> list[Candidate]:
    asked = read_question(question)
    codes = asked_codes(question, passages)
    chosen = [ranked[0]]
    for candidate in (*_one_per_code(codes, ranked), *_one_per_part(question, passages, ranked)):
        if len(chosen) < most and not any(_repeats(candidate, other) for other in chosen):
            chosen.append(candidate)
    said = frozenset[str]().union(*(candidate.wide for candidate in chosen))
    for candidate in ranked[1:]:
        if len(chosen) >= most or candidate.score < _WORTH * ranked[0].score:
            break
        if any(_repeats(candidate, other) for other in chosen):
            continue
        news = covered(asked.stems, said | candidate.wide) - covered(asked.stems, said)
        is_close = asked.wants not in _FACTS and candidate.score >= _CLOSE * ranked[0].score
        if news >= _NEWS or (is_close and candidate.sentence.kind is not Kind.ROW):
            chosen.append(candidate)
            said |= candidate.wide
    if len(chosen) < most and asked.wants not in _FACTS:
        chosen += _beside(chosen[0], [c for c in ranked if c not in chosen])[: most - len(chosen)]
    return chosen


def _beside(best: Candidate, others: Iterable[Candidate]) -> list[Candidate]:
    """Return the best sentence's neighbours in its paragraph: rule and reason stand together."""
    if best.sentence.kind is not Kind.PROSE:
        return []
    return [
        other
        for other in others
        if other.passage.n == best.passage.n
        and abs(other.index - best.index) == 1
        and other.sentence.kind is Kind.PROSE
        and "\n\n" not in _between(best, other)
        and other.factor >= best.factor
        and other.score >= _BESIDE * best.score
    ]


def _between(one: Candidate, other: Candidate) -> str:
    first, second = sorted((one.sentence, other.sentence), key=lambda sentence: sentence.start)
    return one.passage.text[first.end : second.start]


def _one_per_code(codes: frozenset[str], ranked: Sequence[Candidate]) -> Iterable[Candidate]:
    """Yield the best sentence on each asked code that the best sentence of all leaves out."""
    left = codes - identifier_keys(ranked[0].sentence.text)
    for code in sorted(left) if len(codes) > 1 else ():
        best = next((c for c in ranked[1:] if code in identifier_keys(c.sentence.text)), None)
        if best is not None:
            yield best


def _one_per_part(
    question: str, passages: Sequence[Passage], ranked: Sequence[Candidate]
) -> Iterable[Candidate]:
    """Yield the best sentence for each question within the question, none that the whole rules out."""
    parts = parts_of(question)
    is_allowed = {(c.passage.n, c.index): c.factor >= _RULED_OUT for c in ranked}
    for part in parts[:_MOST_PARTS] if len(parts) > 1 else ():
        for text in dict.fromkeys((_with_codes(part, question), part)):
            best = next((c for c in rank_sentences(text, passages) if is_allowed[c.passage.n, c.index]), None)
            if best is None or best.score < _WORTH * ranked[0].score or _repeats(best, ranked[0]):
                continue
            yield best
            break


def _with_codes(part: str, question: str) -> str:
    """Return a part that names no code with the codes of the whole: they hold for each part."""
    if identifiers(part):
        return part
    return " ".join([part, *(code.text for code in identifiers(question))])


def _repeats(candidate: Candidate, other: Candidate) -> bool:
    if candidate.passage.n == other.passage.n and candidate.index == other.index:
        return True
    union = candidate.stems | other.stems
    return bool(union) and len(candidate.stems & other.stems) / len(union) >= _SAME


def _with_neighbours(pieces: Sequence[Sentence], wanted: set[int], *, steps: bool) -> list[Sentence]:
    """Return the wanted pieces with the sentence that a pronoun points to and the list that a colon opens."""
    indices = set(wanted)
    for index in wanted:
        piece = pieces[index]
        before = pieces[index - 1] if index else None
        if before and before.kind is Kind.PROSE and leans(piece.text) and len(before.text) <= _LONGEST_LEAD:
            indices.add(index - 1)
        if piece.text.endswith(":"):
            indices |= set(_run(pieces, index + 1, (Kind.ITEM, Kind.ROW)))
        elif steps and piece.kind is Kind.ITEM:
            first = index
            while first and pieces[first - 1].kind is Kind.ITEM:
                first -= 1
            indices |= set(_run(pieces, first, (Kind.ITEM,)))
    return [pieces[index] for index in sorted(indices)]


def _run(pieces: Sequence[Sentence], start: int, kinds: tuple[Kind, ...]) -> Iterable[int]:
    """Yield the places from `start` on as long as the pieces are of these kinds."""
    for index in range(start, min(start + _FOLLOWING, len(pieces))):
        if pieces[index].kind not in kinds:
            return
        yield index
