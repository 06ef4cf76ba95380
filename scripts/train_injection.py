"""Train the direct-injection score on the development parts of public data.

    HOLDFAST_DATA=... python scripts/train_injection.py           # cross-validate, print the figures
    HOLDFAST_DATA=... python scripts/train_injection.py --write   # then train on all, write the weights

Needs scikit-learn (dependency group `dev`); scoring does not.
Indirect attacks (BIPIA, the indirect half of CyberSecEval) are kept out: their words are those of
ordinary requests, so training on them buys false alarms and no detection.
"""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from holdfast.stages.guardrails.injection import SOFTENING, Injection, Weights, features

DATA = Path(os.environ["HOLDFAST_DATA"])
TARGET = Path(__file__).parent.parent / "src/holdfast/stages/guardrails/injection_weights.json"
REQUESTS = Path(__file__).with_name("ordinary_requests.txt")
"""Ordinary requests with an attack's words, written for this: the attacks of CyberSecEval ask for a
password so often that without them the word alone scored .95."""
TRAINED_CHARS = 1200
"""More than one window: an attack unfolds, and shorter pieces cost two false alarms in a hundred passages."""
KEPT_FEATURES = 9000
OWN_WEIGHT = 5.0
STRENGTH = 10.0
"""Inverse regularisation; 100 lost 1-2 points of recall at every false-alarm rate."""
TWIN = 0.6
"""Cosine of character 5-grams from which on two texts are variants of one: they share a fold."""
ORDINARY = ("banking77", "clinc", "tickets", "mtrag question")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled text."""

    text: str
    origin: str
    is_attack: bool


def main() -> None:
    """Print cross-validated figures; with `--write`, write the weights."""
    samples = collect()
    report(samples, cross_validated(samples))
    if "--write" in sys.argv[1:]:
        write(train(samples))


def collect() -> list[Sample]:
    """Return attacks, ordinary texts, harmless texts full of trigger words; each text once."""
    mixed = rows("notinject/dev/valid_mixed.jsonl")
    # the attacks in other languages are few: with them, being Portuguese scores as being an attack
    direct = [
        row
        for row in rows("cyberseceval_injection/dev/direct_indirect.jsonl")
        if row["injection_type"] == "direct" and row["speaking_language"] == "English"
        if row["injection_variant"] != "different_user_input_language"
    ]
    tasks = rows("mtrag_un/dev/tasks.jsonl")
    attacks = {
        "jailbreak": texts("jailbreak_inthewild/dev/jailbreaks.jsonl"),
        "cyberseceval direct": [row["user_input"] for row in direct],
        "pint": [row["text"] for row in mixed if row["label"] != "benign" and "BIPIA" not in row["source"]],
    }
    ordinary = {
        "notinject": texts("notinject/dev/benign.jsonl"),
        "valid benign": [row["text"] for row in mixed if row["label"] == "benign"],
        "xstest safe": [row["prompt"] for row in rows("xstest/dev/prompts.jsonl") if row["label"] == "safe"],
        "banking77": sampled(texts("banking77/dev/queries.jsonl"), 2500),
        "clinc": sampled(texts("clinc_oos/dev/train.jsonl"), 2500),
        "tickets": texts("insurance_tickets/dev/tickets.jsonl"),
        "mtrag question": [task["input"][-1]["text"] for task in tasks],
        "mtrag passage": [context["text"] for task in tasks for context in task["contexts"]],
        "coding request": texts("cyberseceval_injection/dev/false_refusal.jsonl", key="mutated_prompt"),
        "mail": texts("bipia/dev/email_contexts.jsonl", key="context"),
    }
    ordinary["own requests"] = REQUESTS.read_text("utf-8").strip().split("\n")
    ordinary["keywords"] = keywords([text for found in ordinary.values() for text in found])
    by_text: dict[str, Sample] = {}
    for is_attack, origins in ((True, attacks), (False, ordinary)):
        for origin, found in origins.items():
            for text in found:
                by_text.setdefault(text, Sample(text=text, origin=origin, is_attack=is_attack))
    return list(by_text.values())


def rows(path: str) -> list[dict]:
    """Return the objects of a JSON-lines file."""
    return [json.loads(line) for line in (DATA / path).read_text("utf-8").split("\n") if line.strip()]


def texts(path: str, *, key: str = "text") -> list[str]:
    """Return one field of a JSON-lines file."""
    return [row[key] for row in rows(path)]


def sampled(found: list[str], count: int) -> list[str]:
    """Return some of them, the same ones each time."""
    return random.Random(7).sample(found, count)


def keywords(found: list[str]) -> list[str]:
    """Return one to four words in a row from each of some texts: people also type as into a search box."""
    chance = random.Random(7)
    pieces = []
    for text in sampled(found, 2000):
        words = text.split()
        first = chance.randrange(len(words))
        pieces.append(" ".join(words[first : first + chance.randint(1, 4)]))
    return pieces


def train(samples: list[Sample]) -> Weights:
    """Return weights over the features that matter most.

    Long texts are trained on by their beginning: all windows of a long attack would label its
    harmless parts as attacks.
    """
    found = [sample.text[:TRAINED_CHARS] for sample in samples]
    labels = np.array([sample.is_attack for sample in samples])
    weights = np.array([OWN_WEIGHT if sample.origin == "own requests" else 1.0 for sample in samples])
    vectorizer = TfidfVectorizer(analyzer=analyze, sublinear_tf=True, norm=None, min_df=3)
    matrix = softened(vectorizer.fit_transform(found))
    importance = np.abs(fitted(matrix, labels, weights).coef_[0]) * np.sqrt(
        np.asarray((matrix > 0).mean(axis=0)).ravel()
    )
    kept = sorted(vectorizer.get_feature_names_out()[np.argsort(-importance)[:KEPT_FEATURES]])
    vectorizer = TfidfVectorizer(analyzer=analyze, sublinear_tf=True, norm=None, vocabulary=kept)
    model = fitted(softened(vectorizer.fit_transform(found)), labels, weights)
    pairs = zip(vectorizer.idf_, model.coef_[0], strict=True)
    return Weights(
        bias=round(float(model.intercept_[0]), 3),
        features={
            name: (round(float(idf), 2), round(float(weight), 2))
            for name, (idf, weight) in zip(kept, pairs, strict=True)
        },
    )


def analyze(text: str) -> list[str]:
    """Return the features that the guardrail itself computes: training cannot differ from use."""
    return list(features(text))


def softened(matrix: csr_matrix) -> csr_matrix:
    """Return rows scaled as the guardrail scales them, so that few features are little evidence."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    return diags(1 / np.sqrt(squares + SOFTENING)) @ matrix


def fitted(matrix: csr_matrix, labels: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    """Return the regression; attacks are rare, so both classes weigh the same."""
    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced")
    return model.fit(matrix, labels, sample_weight=weights)


def cross_validated(samples: list[Sample]) -> np.ndarray:
    """Return each sample's score by weights that saw neither it nor a variant of it."""
    scores = np.zeros(len(samples))
    for train_ids, test_ids in GroupKFold(5).split(samples, groups=variants(samples)):
        guardrail = Injection(weights=train([samples[i] for i in train_ids]))
        for i in test_ids:
            scores[i] = guardrail.score(samples[i].text)
    return scores


def variants(samples: list[Sample]) -> list[int]:
    """Return a group number per sample; variants of one text (the many DAN prompts) share it."""
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(5, 5), sublinear_tf=True, min_df=2)
    matrix = vectorizer.fit_transform([sample.text for sample in samples])
    group = list(range(len(samples)))
    alike = (matrix @ matrix.T).tocoo()
    for one, other, cosine in zip(alike.row, alike.col, alike.data, strict=True):
        if one < other and cosine > TWIN:
            group[root(group, one)] = root(group, other)
    return [root(group, i) for i in range(len(samples))]


def root(group: list[int], i: int) -> int:
    """Return the group's first member, shortening the way there."""
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


def report(samples: list[Sample], scores: np.ndarray) -> None:
    """Print how well attacks are told apart, by which thresholds, with what false alarms."""
    attack = np.array([sample.is_attack for sample in samples])
    origin = np.array([sample.origin for sample in samples])
    ordinary = np.isin(origin, ORDINARY)
    one_percent = float(np.quantile(scores[~attack], 0.99))
    print(f"{attack.sum()} attacks, {(~attack).sum()} harmless, AUROC {roc_auc_score(attack, scores):.3f}")
    print(f"recall at 1% false alarms (score {one_percent:.3f}) {np.mean(scores[attack] > one_percent):.3f}")
    for rate in (0.005, 0.002, 0.001, 0.0005):
        threshold = float(np.quantile(scores[ordinary], 1 - rate))
        recall = np.mean(scores[attack] > threshold)
        print(f"recall at {rate:.2%} false alarms on ordinary questions (score {threshold:.3f}) {recall:.3f}")
    thresholds = (0.4, 0.5, 0.6, 0.7, 0.75, 0.8)
    print("share at or above      " + " ".join(f"{threshold:6.2f}" for threshold in thresholds))
    for name in dict.fromkeys(origin):
        shares = [np.mean(scores[origin == name] >= threshold) for threshold in thresholds]
        print(f"{name:20} {np.sum(origin == name):5} " + " ".join(f"{share:6.3f}" for share in shares))


def write(weights: Weights) -> None:
    """Write the weights, one feature a line."""
    lines = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}:[{idf:g},{weight:g}]"
        for name, (idf, weight) in weights.features.items()
    )
    TARGET.write_text(f'{{"bias":{weights.bias},"features":{{\n{lines}\n}}}}\n', "utf-8")
    print(f"{TARGET.name}: {len(weights.features)} features, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
