"""Score how well passages support a claim, by named features of both texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from holdfast.text.identifiers import identifiers
from holdfast.text.languages import language_of_question
from holdfast.text.logistic import Logistic, load_logistic
from holdfast.text.names import names
from holdfast.text.numbers import Quantity, days, quantities
from holdfast.text.sentences import Kind, split_sentences
from holdfast.text.tongues import ENGLISH, Tongue, tongue_of
from holdfast.text.weights import covered, weight
from holdfast.text.wordforms import as_written
from holdfast.text.words import content_stems, words

VERBATIM = 0.99
"""Support of a claim that its passage says word for word."""
FAIR = 0.5
"""Support of a claim in another language than English that shares a fair part with its passages."""
_FAIR_PART = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a claim is compared with: sentences that may state it, and text that stands above them."""

    sentences: tuple[str, ...]
    above: str = ""
    language: str = ""
    """What all of it is in, as an ISO 639-1 code; empty where that is not known, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """The probability that the evidence states a claim, with what speaks against it."""

    probability: float
    conflicts: tuple[str, ...]
    features: Mapping[str, float]


def support_of(claim: str, evidence: Evidence) -> Support:
    """Return the support of a claim; words for word counts as said, whatever the features say.

    In another language than English the claim is read in its passages' word forms, by that language's small
    words, negations and opposites. The weights were learnt from English, where a paraphrase shares more
    with its source: elsewhere one that shares a fair part has FAIR at least, if nothing speaks against it.
    """
    if states_verbatim(claim, evidence):
        return Support(probability=VERBATIM, conflicts=(), features={"verbatim": 1.0})
    language = language_of_question(claim) or evidence.language
    tongue = tongue_of(language)
    if tongue.code != "en":
        claim = as_written(claim, (*evidence.sentences, evidence.above), language=language).text
    features = support_features(claim, evidence, tongue)
    probability, conflicts = support_model().probability(features), conflicts_of(claim, evidence, tongue)
    if language not in ("", "en") and features["covered_all"] >= _FAIR_PART and not conflicts:
        probability = max(probability, FAIR)
    return Support(probability=probability, conflicts=conflicts, features=features)


def states_verbatim(claim: str, evidence: Evidence) -> bool:
    """Return whether the evidence holds the claim's words in this order, as sentences or under its header."""
    wanted = f" {' '.join(words(claim))} "
    held = f" {' '.join(words(' '.join(evidence.sentences)))} "
    if wanted in held:
        return True
    rest = wanted.strip()
    for line in (*evidence.above.splitlines(), *evidence.sentences):
        header = " ".join(words(line))
        if header and rest.startswith(f"{header} ") and f" {rest[len(header) + 1 :]} " in held:
            return True
    return False


def support_features(claim: str, evidence: Evidence, tongue: Tongue = ENGLISH) -> dict[str, float]:
    """Return what speaks for and against the evidence stating the claim, by name."""
    order = content_stems(claim, tongue.small)
    wanted = frozenset(order)
    picked = closest(claim, evidence.sentences, tongue=tongue)
    near = " ".join([*picked, evidence.above])
    whole = " ".join([*evidence.sentences, evidence.above])
    everything = frozenset(content_stems(whole))
    in_near = frozenset(content_stems(near))
    values, spoken = quantities(claim), words(claim)
    told, dates = quantities(whole), days(near)
    called = names(claim) if tongue.has_names else ()
    people = frozenset(stem for name in called for stem in content_stems(name))
    best = picked[0] if picked else ""
    return {
        "covered_all": covered(wanted, everything),
        "share_near": len(wanted & in_near) / (len(wanted) or 1),
        "longest": _longest_run(spoken, words(near)) / (len(spoken) or 1),
        "missing_near": max((weight(stem) for stem in wanted - in_near), default=0.0),
        "numbers": math.log1p(len(values)),
        "numbers_missing": math.log1p(sum(not _is_told(value, told) for value in values)),
        "dates_missing": float(any(not any(day.agrees(other) for other in dates) for day in days(claim))),
        "names": math.log1p(len(people)),
        "names_missing": math.log1p(len(people - everything)),
        "negation": float(is_negated(claim, tongue) != is_negated(best, tongue)),
        "negated": float(is_negated(claim, tongue)),
        "opposites": float(bool(opposites(claim, near, tongue))),
        "strength": float(len(_strong(claim, tongue) - _strong(near, tongue))),
        "length": math.log1p(len(order)),
        "evidence": math.log1p(len(evidence.sentences)),
    }


def closest(claim: str, sentences: Sequence[str], most: int = 3, *, tongue: Tongue = ENGLISH) -> list[str]:
    """Return the sentences that cover the claim best: each adds what those before leave out."""
    wanted = frozenset(content_stems(claim, tongue.small))
    left = wanted
    picked: list[str] = []
    pool = [(sentence, frozenset(content_stems(sentence))) for sentence in sentences]
    while pool and left and len(picked) < most:
        at = max(range(len(pool)), key=lambda i: (sum(map(weight, left & pool[i][1])), -len(pool[i][1])))
        sentence, stems = pool.pop(at)
        if picked and not left & stems:
            break
        picked.append(sentence)
        left -= stems
    return picked


def conflicts_of(claim: str, evidence: Evidence, tongue: Tongue = ENGLISH) -> tuple[str, ...]:
    """Return in words what the claim states and its passages do not: numbers, dates, codes, negation."""
    text = " ".join([*evidence.sentences, evidence.above])
    told, dates = quantities(text), days(text)
    spans = [(day.start, day.end) for day in days(claim)]
    found = [
        f"number {value.text} is in no cited passage"
        for value in quantities(claim)
        if not _within(value, spans) and not _is_told(value, told)
    ]
    found += [
        f"date {day.text} is in no cited passage"
        for day in days(claim)
        if not any(day.agrees(other) for other in dates)
    ]
    known = {code.key for code in identifiers(text)} | {"".join(words(part)) for part in text.split()}
    found += [f"{code.text} is in no cited passage" for code in identifiers(claim) if code.key not in known]
    picked = closest(claim, evidence.sentences, most=1, tongue=tongue)
    stems = content_stems(claim, tongue.small)
    if picked and covered(stems, frozenset(content_stems(picked[0]))) >= _SAME_SUBJECT:
        says_no, passage_says_no = is_negated(claim, tongue), is_negated(picked[0], tongue)
        if says_no and not passage_says_no:
            found.append("says no where the passage says yes")
        if passage_says_no and not says_no:
            found.append("says yes where the passage says no")
        pairs = opposites(claim, picked[0], tongue)
        found += [f"says {own} where the passage says {other}" for own, other in pairs]
    return tuple(dict.fromkeys(found))


def is_negated(text: str, tongue: Tongue = ENGLISH) -> bool:
    """Return whether a text says that something is not so."""
    return bool(tongue.negation.search(text))


def opposites(claim: str, text: str, tongue: Tongue = ENGLISH) -> tuple[tuple[str, str], ...]:
    """Return the pairs of opposite words of which the claim has one and the text only the other."""
    own, other = frozenset(content_stems(claim)), frozenset(content_stems(text))
    return tuple(
        (mine, theirs)
        for mine, theirs in tongue.opposites
        if _in(mine, own) and _in(theirs, other) and not _in(mine, other) and not _in(theirs, own)
    )


@lru_cache(maxsize=1)
def support_model() -> Logistic:
    """Return the shipped model (scripts/train_support.py)."""
    return load_logistic("holdfast.stages.checking", "support.json")


_SAME_SUBJECT = 0.6


def _in(word: str, stems: frozenset[str]) -> bool:
    return any(stem in stems for stem in content_stems(word))


def _is_told(value: Quantity, told: Iterable[Quantity]) -> bool:
    return any(value.agrees(other) for other in told)


def _within(value: Quantity, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= value.start < end for start, end in spans)


def _strong(text: str, tongue: Tongue) -> frozenset[str]:
    return frozenset(match.casefold() for match in tongue.strength.findall(text))


def _longest_run(spoken: Sequence[str], held: Sequence[str]) -> int:
    """Return the length of the longest run of words that both have."""
    best, above = 0, [0] * (len(held) + 1)
    for word in spoken:
        row = [0] * (len(held) + 1)
        for i, other in enumerate(held, 1):
            if word == other:
                row[i] = above[i - 1] + 1
                best = max(best, row[i])
        above = row
    return best


def evidence_sentences(text: str) -> tuple[str, ...]:
    """Return the pieces of a text that may state something."""
    return tuple(piece.text for piece in split_sentences(text) if piece.kind is not Kind.RULE)
