"""Learn which sentences belong to an answer: writes src/holdfast/text/relevance.json.

    HOLDFAST_DATA=... HOLDFAST_TRAINING_CACHE=... python scripts/train_relevance.py [--dry-run]

Sentences that answer are marked by people in clapnq; for product documentation and conversations a sentence
counts when half of its words stand in the written answer, two of them not in the question; for annual
reports when it is a row, or a sentence of the text, that holds the answer's value. Prints, per set and
cross-validated by question, how often the best sentence and one of the best three belongs to the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import standin
from questions_data import Asking, clapnq, lines, product_docs, reports, turns
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from holdfast.text.relevance import Candidate, rank_sentences
from holdfast.text.sentences import Kind
from holdfast.text.words import content_stems, words

TARGET = Path(__file__).parents[1] / "src/holdfast/text/relevance.json"
LEXICAL = (
    "covered",
    "adds_place",
    "adds_wide",
    "covered_passage",
    "misfits",
    "length",
    "news",
    "is_short",
    "is_row",
    "row_covered",
    "score",
    "dense_gap",
)
CLOSE = (*LEXICAL, "closeness_gap")
STRENGTH = 0.3
CLOSEST = 24
"""Candidates of a question from which closeness is learnt: those that words alone rank first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question with its candidates and which of them belong to the answer."""

    set: str
    candidates: Sequence[Candidate]
    marks: Sequence[bool]
    closeness: np.ndarray
    """Cosine of the question and each candidate."""


def main() -> None:
    """Read, measure, fit on everything, write."""
    samples = [sample for load in (clapnq, product_docs, turns, reports) for sample in samples_of(load)]
    models = {}
    for part, names in (("lexical", LEXICAL), ("close", CLOSE)):
        models[part] = learn(part, samples, names)
    if "--dry-run" not in sys.argv:
        TARGET.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def learn(part: str, samples: Sequence[Sample], names: Sequence[str]) -> dict[str, object]:
    """Return the model of a part, after its figures were printed."""
    kept = [(n, sample, i) for n, sample in enumerate(samples) for i in range(count(part, sample))]
    x = np.array([row(sample, i, names) for _, sample, i in kept])
    y = np.array([sample.marks[i] for _, sample, i in kept])
    g = np.array([n for n, _, _ in kept])
    sets = [sample.set for sample in samples]
    weights = np.array([len(sets) / len(set(sets)) / sets.count(name) for name in sets])
    report(part, x, y, g, sets, weights)
    return fit(x, y, g, weights, names)


def count(part: str, sample: Sample) -> int:
    """Return how many candidates a part learns from."""
    return len(sample.candidates) if part == "lexical" else min(CLOSEST, len(sample.candidates))


def row(sample: Sample, i: int, names: Sequence[str]) -> list[float]:
    """Return the features of one candidate."""
    gap = float(sample.closeness.max() - sample.closeness[i]) if i < len(sample.closeness) else 0.0
    features = {**sample.candidates[i].features, "closeness_gap": gap}
    return [features[name] for name in names]


def samples_of(load: Callable[[], tuple[list[standin.Piece], list[Asking]]]) -> list[Sample]:
    """Return each question that has a sentence to find among its passages."""
    pieces, askings = load()
    corpus, written, found = standin.Standin(pieces), answers(), []
    for asking in askings:
        if not asking.gold:
            continue
        # Reports look alike: without their company's name a question is about one of them only.
        others = frozenset(piece.document for piece in pieces) - asking.gold if asking.values else frozenset()
        candidates = rank_sentences(asking.text, corpus.search(asking.text, without=others))
        marks = [belongs(candidate, asking, written) for candidate in candidates]
        if any(marks):
            vectors = standin.embed([candidate.words for candidate in candidates[:CLOSEST]])
            close = vectors @ standin.embed([asking.text])[0]
            found.append(Sample(set=asking.set, candidates=candidates, marks=marks, closeness=close))
    print(f"{load.__name__}: {len(found)} questions")
    return found


def answers() -> dict[str, str]:
    """Return the written answers of the sets whose sentences nobody marked."""
    docs = {row["question"]: row["correct_answer"] for row in lines("anthropic_docs_qa/dev/questions.jsonl")}
    return docs | {
        row["input"][-1]["text"].strip(): row["targets"][0]["text"]
        for row in lines("mtrag_un/dev/tasks.jsonl")
    }


def belongs(candidate: Candidate, asking: Asking, written: dict[str, str]) -> bool:
    """Return whether a sentence belongs to the answer."""
    if asking.values:
        is_kind = (candidate.sentence.kind is Kind.ROW) == (asking.set == "report rows")
        is_home = candidate.passage.document in asking.gold
        return is_kind and is_home and any(value in candidate.sentence.text for value in asking.values)
    if asking.evidence:
        own = " ".join(words(candidate.sentence.text))
        marked = (" ".join(words(sentence)) for sentence in asking.evidence)
        return len(candidate.stems) > 2 and any(
            sentence and (own in sentence or sentence in own) for sentence in marked
        )
    answer = frozenset(content_stems(written.get(asking.text, "")))
    shared = candidate.stems & answer
    news = shared - frozenset(content_stems(asking.text))
    return len(candidate.stems) > 3 and 2 * len(shared) >= len(candidate.stems) and len(news) >= 2


def report(
    part: str, x: np.ndarray, y: np.ndarray, g: np.ndarray, sets: list[str], weights: np.ndarray
) -> None:
    """Print how often the best sentence, and one of the best three, is right."""
    scores = np.zeros(len(y))
    for train, test in GroupKFold(10).split(x, y, g):
        mean, scale = x[train].mean(0), x[train].std(0) + 1e-9
        scores[test] = (
            (x[test] - mean) / scale @ direction((x[train] - mean) / scale, y[train], g[train], weights)
        )
    for name in dict.fromkeys(sets):
        hits = []
        for question in (i for i, own in enumerate(sets) if own == name):
            ordered = y[g == question][np.argsort(-scores[g == question])]
            hits.append((ordered[0], ordered[:3].any()))
        best, three = np.mean(hits, axis=0)
        print(f"{part} {name}: best sentence {best:.3f}, one of three {three:.3f}, {len(hits)} questions")


def direction(z: np.ndarray, y: np.ndarray, g: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weights that tell sentences of an answer from the others of the same question.

    Learnt from pairs within each question, so that how common answers, rows or short sentences are in one
    of the sets teaches nothing; every question counts as much as the others of its set.
    """
    pairs, shares = [], []
    for question in np.unique(g):
        own = np.flatnonzero(g == question)
        right, wrong = own[y[own]], own[~y[own]]
        if len(right) and len(wrong):
            differences = (z[right][:, None] - z[wrong][None]).reshape(-1, z.shape[1])
            pairs.append(differences)
            shares.append(np.full(len(differences), weights[question] / len(differences)))
    both = np.concatenate([*pairs, *(-pair for pair in pairs)])
    sides = np.repeat([1, 0], len(both) // 2)
    shares = np.concatenate([*shares, *shares]) * 100
    model = LogisticRegression(C=STRENGTH, max_iter=2000, fit_intercept=False)
    return model.fit(both, sides, sample_weight=shares).coef_[0]


def fit(
    x: np.ndarray, y: np.ndarray, g: np.ndarray, weights: np.ndarray, names: Sequence[str]
) -> dict[str, object]:
    """Return the model fitted on everything, in the shape that `Logistic` reads.

    What tells sentences apart is learnt within questions; a line through its scores makes probabilities.
    """
    mean, scale = x.mean(0), x.std(0) + 1e-9
    z = (x - mean) / scale
    found = direction(z, y, g, weights)
    line = LogisticRegression(C=100.0).fit((z @ found)[:, None], y, sample_weight=weights[g])
    rounded = lambda values: dict(zip(names, np.round(values, 4).tolist(), strict=True))  # noqa: E731
    return {
        "bias": round(float(line.intercept_[0]), 4),
        "weights": rounded(found * float(line.coef_[0, 0])),
        "means": rounded(mean),
        "scales": rounded(scale),
    }


if __name__ == "__main__":
    main()
