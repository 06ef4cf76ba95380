"""Learn which sentences belong to an answer: writes src/holdfast/text/relevance.json.

    HOLDFAST_DATA=... HOLDFAST_MINILM=... HOLDFAST_TRAINING_CACHE=... python scripts/train_relevance.py

Sentences that answer are marked by people in clapnq; for the other two sets a sentence counts when half of
its words stand in the written answer, two of them not in the question. Prints, per set and cross-validated
by question, how often the best sentence and one of the best three belongs to the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import standin
from questions_data import Asking, clapnq, lines, product_docs, turns
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from holdfast.text.relevance import Candidate, rank_sentences
from holdfast.text.words import content_stems, words

TARGET = Path(__file__).parents[1] / "src/holdfast/text/relevance.json"
LEXICAL = (
    "covered",
    "covered_wide",
    "covered_passage",
    "misfits",
    "length",
    "is_short",
    "score",
    "dense_gap",
)
STRENGTH = 0.3


def main() -> None:
    """Read, measure, fit on everything, write."""
    features, labels, groups, sets = [], [], [], []
    for load in (clapnq, product_docs, turns):
        for name, rows, marks in questions(load):
            features += rows
            labels += marks
            groups += [len(sets)] * len(marks)
            sets.append(name)
    x, y, g = np.array(features), np.array(labels), np.array(groups)
    models = {}
    for part, names in (("lexical", LEXICAL), ("close", (*LEXICAL, "closeness_gap"))):
        columns = x[:, : len(names)]
        report(part, columns, y, g, sets)
        models[part] = fit(columns, y, names)
    TARGET.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def questions(load: Callable[[], tuple[list[standin.Piece], list[Asking]]]) -> list[tuple[str, list, list]]:
    """Return set name, feature rows and marks of each question that has a sentence to find."""
    pieces, askings = load()
    corpus, written, found = standin.Standin(pieces), answers(), []
    for asking in askings:
        if not asking.gold:
            continue
        candidates = rank_sentences(asking.text, corpus.search(asking.text))
        marks = [belongs(candidate, asking, written) for candidate in candidates]
        if any(marks):
            vectors = standin.embed([candidate.sentence.text for candidate in candidates])
            close = vectors @ standin.embed([asking.text])[0]
            rows = [
                [*(candidate.features[name] for name in LEXICAL), float(close.max() - value)]
                for candidate, value in zip(candidates, close, strict=True)
            ]
            found.append((asking.set, rows, marks))
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


def report(part: str, x: np.ndarray, y: np.ndarray, g: np.ndarray, sets: list[str]) -> None:
    """Print how often the best sentence, and one of the best three, is right."""
    scores = np.zeros(len(y))
    for train, test in GroupKFold(10).split(x, y, g):
        mean, scale = x[train].mean(0), x[train].std(0) + 1e-9
        model = LogisticRegression(C=STRENGTH, max_iter=2000).fit((x[train] - mean) / scale, y[train])
        scores[test] = model.predict_proba((x[test] - mean) / scale)[:, 1]
    for name in dict.fromkeys(sets):
        hits = []
        for question in (i for i, own in enumerate(sets) if own == name):
            ordered = y[g == question][np.argsort(-scores[g == question])]
            hits.append((ordered[0], ordered[:3].any()))
        best, three = np.mean(hits, axis=0)
        print(f"{part} {name}: best sentence {best:.3f}, one of three {three:.3f}, {len(hits)} questions")


def fit(x: np.ndarray, y: np.ndarray, names: tuple[str, ...]) -> dict[str, object]:
    """Return the model fitted on everything, in the shape that `Logistic` reads."""
    mean, scale = x.mean(0), x.std(0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit((x - mean) / scale, y)
    rounded = lambda values: dict(zip(names, np.round(values, 4).tolist(), strict=True))  # noqa: E731
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": rounded(model.coef_[0]),
        "means": rounded(mean),
        "scales": rounded(scale),
    }


if __name__ == "__main__":
    main()
