"""Choose which ranked sentences make up an answer, with what each needs around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.domain.prompts import Passage
from holdfast.stages.generation.nearness import Ranking
from holdfast.text.codes import asked_codes, scope_codes
from holdfast.text.identifiers import identifier_keys
from holdfast.text.questions import Asked, Wants, read_question, rules_on
from holdfast.text.readings import leans
from holdfast.text.relevance import Candidate
from holdfast.text.sentences import Kind, Sentence, split_sentences
from holdfast.text.tables import header_of
from holdfast.text.weights import covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A piece of one passage, quoted whole."""

    passage: Passage
    sentence: Sentence
    header: str = ""
    """For a row: the header row to show above it."""


def pick(question: str, passages: Sequence[Passage], ranking: Ranking, *, most: int) -> tuple[Quote, ...]:
    """Return the quotes in the order in which they are read: best passage first, then as in the text."""
    chosen = _choose(question, passages, ranking, most)
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
        quotes += [
            Quote(passage=passage, sentence=sentence, header=_header(passage, sentence))
            for sentence in wanted
        ]
    return tuple(quotes)


def listed(rows: Sequence[Candidate]) -> tuple[Quote, ...]:
    """Return the rows of a list as quotes, in their order; those of a lookup whole."""
    return tuple(
        Quote(passage=row.passage, sentence=sentence, header=_header(row.passage, sentence))
        for row in rows
        for sentence in (row.sentence if row.passage.chunk_id is not None else _whole(row.passage),)
    )


def _whole(passage: Passage) -> Sentence:
    return Sentence(text=passage.text, start=0, end=len(passage.text))


def _header(passage: Passage, sentence: Sentence) -> str:
    return header_of(passage) if sentence.kind is Kind.ROW else ""


_CLOSE = 0.75
"""Share of the best score at which a sentence is quoted even if it covers nothing new."""
_WORTH = 0.3
"""Share of the best score below which a sentence is never quoted for what it adds."""
_RULED_OUT = 0.1
"""Factor below which a sentence is about another code than the question."""
_ALLOWED = 0.5
"""Share of the best factor at which rules allow its neighbour: a reason need not be a rule itself."""
_BESIDE = 0.1
"""Share of the best score at which its neighbour in the paragraph is quoted with it."""
_NEWS = 0.12
"""Weighted share of the question that a sentence must add."""
_SAME = 0.8
_FOLLOWING = 10
_LONGEST_LEAD = 400


def _choose(question: str, passages: Sequence[Passage], ranking: Ranking, most: int) -> list[Candidate]:
    asked = read_question(question)
    best, chosen = ranking.whole[0], list(_one_per_part(ranking))
    if len(chosen) < len(ranking.parts) or not chosen:
        chosen.insert(0, best)
    chosen = _without_repeats(
        [*chosen, *_one_per_code(asked_codes(question, passages), chosen, ranking.whole)]
    )
    if not ranking.parts and not asked.is_fact:
        chosen += _more(asked, chosen, ranking.whole, most)
    if len(chosen) < most and (asked.asks_leave or not asked.is_fact):
        rest = [candidate for candidate in ranking.whole if candidate not in chosen]
        chosen += _beside(chosen[0], rest, is_rule=asked.asks_leave)
    return chosen[:most]


def _without_repeats(candidates: Iterable[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_repeats(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _more(
    asked: Asked, chosen: Sequence[Candidate], ranked: Sequence[Candidate], most: int
) -> list[Candidate]:
    """Return further sentences that cover new words of the question, or answer about as well as the best."""
    said = frozenset[str]().union(*(candidate.wide for candidate in chosen))
    more: list[Candidate] = []
    for candidate in ranked:
        if len(chosen) + len(more) >= most or candidate.score < _WORTH * ranked[0].score:
            break
        if any(_repeats(candidate, other) for other in (*chosen, *more)) or _is_neighbour(
            candidate, ranked[0]
        ):
            continue
        news = covered(asked.stems, said | candidate.wide) - covered(asked.stems, said)
        is_close = candidate.score >= _CLOSE * ranked[0].score and candidate.sentence.kind is not Kind.ROW
        if news >= _NEWS or is_close:
            more.append(candidate)
            said |= candidate.wide
    return more


def _is_neighbour(candidate: Candidate, best: Candidate) -> bool:
    """Return whether it is of another month or year than the best sentence, which is of the asked one."""
    return any(rule in candidate.factors and rule not in best.factors for rule in ("period", "year"))


def _beside(best: Candidate, others: Iterable[Candidate], *, is_rule: bool) -> list[Candidate]:
    """Return the best sentence's neighbours in its paragraph: rule and reason stand together.

    Beside a rule, a neighbour that rules as well or is about the same thing is quoted whatever its score.
    """
    if best.sentence.kind is not Kind.PROSE:
        return []
    return [
        other
        for other in others
        if other.passage.n == best.passage.n
        and abs(other.index - best.index) == 1
        and other.sentence.kind is Kind.PROSE
        and "\n\n" not in _between(best, other)
        and other.factor >= _ALLOWED * best.factor
        and (other.score >= _BESIDE * best.score or (is_rule and _goes_with(best, other)))
    ]


def _goes_with(best: Candidate, other: Candidate) -> bool:
    return rules_on(other.sentence.text) or bool(best.stems & other.stems)


def _between(one: Candidate, other: Candidate) -> str:
    first, second = sorted((one.sentence, other.sentence), key=lambda sentence: sentence.start)
    return one.passage.text[first.end : second.start]


def _one_per_code(
    codes: frozenset[str], chosen: Sequence[Candidate], ranked: Sequence[Candidate]
) -> Iterable[Candidate]:
    """Yield the best sentence on each asked code that the chosen ones are not about."""
    left = codes - frozenset[str]().union(*map(_codes_of, chosen))
    for code in sorted(left) if len(codes) > 1 else ():
        best = next((c for c in ranked if code in _codes_of(c)), None)
        if best is not None and best.score >= _WORTH * ranked[0].score:
            yield best


def _codes_of(candidate: Candidate) -> frozenset[str]:
    """Return the codes that a sentence names or that stand above it."""
    return identifier_keys(f"{candidate.sentence.text} {candidate.heading}") | scope_codes(candidate.passage)


def _one_per_part(ranking: Ranking) -> Iterable[Candidate]:
    """Yield the best sentence for each question within the question, none that the whole rules out."""
    allowed = {(c.passage.n, c.index) for c in ranking.whole if c.factor >= _RULED_OUT}
    for ranked in ranking.parts:
        best = next((c for c in ranked if (c.passage.n, c.index) in allowed), None)
        if best is not None and best.score >= _WORTH * ranking.whole[0].score:
            yield best


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
