"""Estimate how likely some passages answer a question at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from holdfast.domain.prompts import Passage
from holdfast.text.codes import NO_CODE, asked_codes, passage_codes
from holdfast.text.languages import is_english
from holdfast.text.logistic import Logistic, load_logistic
from holdfast.text.numbers import quantities
from holdfast.text.parts import parts_of
from holdfast.text.questions import Wants, read_question, satisfies
from holdfast.text.relevance import (
    Candidate,
    rank_sentences,
    relevance_model,
)
from holdfast.text.sentences import Kind
from holdfast.text.weights import covered
from holdfast.text.words import content_stems


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerability:
    """A probability with the features behind it."""

    probability: float
    features: Mapping[str, float] = field(default_factory=dict)


def answerability(question: str, passages: Sequence[Passage], *, dense: bool = True) -> Answerability:
    """Return the probability that the passages answer the question.

    `dense` says whether the passages' dense scores are cosines of MiniLM, for which the weights were
    learnt; without, when no passage has one, or when the question is in another language than English,
    which is all that MiniLM reads, a model of the words alone is used.
    """
    return judge(question, passages, rank_sentences(question, passages), dense=dense)


def judge(
    question: str,
    passages: Sequence[Passage],
    ranked: Sequence[Candidate],
    *,
    dense: bool = True,
    closeness: float | None = None,
) -> Answerability:
    """Return the same for sentences that are ranked already.

    `closeness` is the greatest MiniLM cosine of the question and one of the best sentences, where known.
    """
    if not ranked or not read_question(question).stems:
        return Answerability(probability=0.0)
    has_dense = dense and is_english(question) and any(passage.dense_score > 0 for passage in passages)
    closeness = closeness if has_dense else None
    part = "lexical" if not has_dense else "dense" if closeness is None else "close"
    features = answer_features(question, passages, ranked)
    if closeness is not None:
        features["closeness"] = closeness
    codes = asked_codes(question, passages)
    rules = code_share(codes, passages) ** 2 * (ranked[0].factor if ranked[0].factor < NO_CODE else 1.0)
    learnt = answer_model(part).probability(features)
    if codes and ranked[0].factor >= 1.0:
        learnt = _raised(learnt, times=_signs(question, features, ranked[0]))
    posed = _POSED if "posed" in ranked[0].factors and ranked[0].factor >= 1.0 else 0.0
    probability = max(learnt, posed, fetched(question, ranked[0]), looked_up(question, ranked[0])) * rules
    return Answerability(probability=probability, features=features | {"rules": rules})


def answer_features(
    question: str, passages: Sequence[Passage], ranked: Sequence[Candidate]
) -> dict[str, float]:
    """Return what tells an answerable question from one that is not, by name."""
    asked, best = read_question(question), ranked[0]
    whole = [_stems(passage) for passage in passages]
    return {
        "best": _log_odds(relevance_model().probability(best.features)),
        "covered": covered(asked.beside, best.stems),
        "covered_passage": max(covered(asked.beside, stems) for stems in whole),
        "covered_all": covered(asked.beside, frozenset[str]().union(*whole)),
        "names": covered(asked.names, _stems(best.passage)) if asked.names else 1.0,
        "dense": max(passage.dense_score for passage in passages),
    }


def fetched(question: str, best: Candidate) -> float:
    """Return the least probability that the row of a lookup gives: it was fetched for what the item names.

    It counts when it is the best evidence and the question asks for a date that it holds, or shares a
    fair part of its words with it, codes left out.
    """
    asked, row = read_question(question), best.passage
    if row.chunk_id is not None or best.factor < 1.0:
        return 0.0
    spoken = frozenset(stem for stem in asked.stems if not any(stem in code for code in asked.codes))
    wants_date = asked.wants is Wants.TIME and satisfies(row.text, Wants.TIME, asked.numbers)
    return _FETCHED if wants_date or covered(spoken, best.stems) >= _FAIR else 0.0


def looked_up(question: str, best: Candidate) -> float:
    """Return the least probability that a row of a paper gives whose cells and columns hold all of it.

    MiniLM reads rows of names and figures as near to nothing: `Platform | 21 | 23` under `FTE actual`.
    """
    asked = read_question(question).beside
    is_row = best.sentence.kind is Kind.ROW and best.passage.chunk_id is not None
    is_plain = read_question(question).wants not in _NO_CELLS and len(parts_of(question)) == 1
    if not (is_row and is_plain) or best.factor < 1.0 or len(asked) < _CELL or not asked <= best.stems:
        return 0.0
    in_cells = best.features["row_covered"] or covered(asked, frozenset(content_stems(best.sentence.text)))
    return _LOOKED_UP if 0 < in_cells < 1 else 0.0


def code_share(codes: frozenset[str], passages: Sequence[Passage]) -> float:
    """Return the share of the asked codes that some passage names; 1 when none is asked."""
    if not codes:
        return 1.0
    known = frozenset[str]().union(*(passage_codes(passage) for passage in passages))
    return len(codes & known) / len(codes)


@lru_cache(maxsize=3)
def answer_model(part: str) -> Logistic:
    """Return the shipped model: `lexical`, `dense` or `close` (scripts/train_answerability.py)."""
    return load_logistic("holdfast.text", "answerability.json", part)


_FETCHED = 0.65
_POSED = 0.7
"""What a sentence gives that stands in a paper under the very question."""
_LOOKED_UP = 0.6
_NO_CELLS = frozenset({Wants.REASON, Wants.STEPS, Wants.PLACE, Wants.PERSON})
_CELL = 2
"""Words of a question from which all of them in one row and its columns tell a cell."""
_FAIR = 0.3
_HALF = 0.5
_CODE_ODDS = 2.0
"""What the right code is worth: the public questions that the weights were learnt from name hardly any."""


def _stems(passage: Passage) -> frozenset[str]:
    above = content_stems(f"{passage.context}\n{passage.metadata.title}")
    return frozenset(above) | frozenset(content_stems(passage.text))


def _signs(question: str, features: Mapping[str, float], best: Candidate) -> int:
    """Return how many signs beside the right code say that the best sentence answers."""
    is_placed = best.features["covered"] + best.features["adds_place"] >= _FAIR
    units = read_question(question).units
    is_measured = any(quantity.unit in units for quantity in quantities(best.sentence.text))
    is_covered = is_placed and features["covered_passage"] >= _HALF
    return sum((is_covered, is_measured, "leave" in best.factors))


def _raised(probability: float, *, times: int) -> float:
    odds = _CODE_ODDS**times
    return odds * probability / (1 - probability + odds * probability)


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
