"""Learn when evidence supports a claim: writes src/holdfast/stages/checking/support.json.

    HOLDFAST_DATA=... python scripts/train_support.py [--dry-run]

Development halves only. Figures are AUROC, cross-validated by document, with a 95% interval from 1,000
resamples of documents. The sets weigh the same however many claims they have.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from holdfast.stages.checking.support import Evidence, evidence_sentences, support_features

DATA = Path(os.environ["HOLDFAST_DATA"])
TARGET = Path(__file__).parents[1] / "src/holdfast/stages/checking/support.json"
STRENGTH = 0.1
Example = tuple[str, str, bool, str, Evidence]


def main() -> None:
    """Read, measure, fit on everything, write."""
    examples = [*wice(), *begin(), *summedits(), *scifact()]
    features = [support_features(claim, evidence) for _, claim, _, _, evidence in examples]
    names = list(features[0])
    x = np.array([[row[name] for name in names] for row in features])
    y = np.array([label for _, _, label, _, _ in examples], dtype=int)
    sets = np.array([example[0] for example in examples])
    groups = np.array([f"{example[0]}:{example[3]}" for example in examples])
    weights = np.array([1 / np.sum(sets == name) for name in sets]) * len(sets)
    found = held_out(x, y, weights, groups)
    for name in dict.fromkeys(sets):
        report(str(name), y[sets == name], found[sets == name], groups[sets == name])
    for name, values in fit(x, y, weights, names).items():
        print(name, values)
    if "--dry-run" not in sys.argv:
        TARGET.write_text(json.dumps(fit(x, y, weights, names), indent=1) + "\n", encoding="utf-8")


def wice() -> Iterator[Example]:
    """Yield claims of an encyclopedia with the page that each cites."""
    for row in lines("wice/dev/claims.jsonl"):
        evidence = Evidence(sentences=tuple(row["evidence"]))
        yield "wice", row["claim"], row["label"] == "supported", row["meta"]["claim_title"], evidence


def begin() -> Iterator[Example]:
    """Yield replies with the snippet that they were given."""
    for row in lines("begin_wow/dev/responses.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["knowledge"]))
        yield (
            "begin_wow",
            row["response"],
            row["begin_label"] == "Fully attributable",
            row["knowledge"],
            evidence,
        )


def summedits() -> Iterator[Example]:
    """Yield edited summaries with their document."""
    for row in lines("summedits/dev/pairs.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["doc"]))
        yield "summedits", row["summary"], int(row["label"]) == 1, row["doc"][:200], evidence


def scifact() -> Iterator[Example]:
    """Yield scientific claims with the abstract that each cites: supported, or contradicted or neither."""
    abstracts = {row["doc_id"]: row for row in lines("scifact/corpus.jsonl")}
    for row in lines("scifact/dev/claims_train.jsonl"):
        supporting = {entry["doc_id"] for entry in row["evidence"] if entry["label"] == "SUPPORT"}
        for document in row["cited_doc_ids"][:1]:
            abstract = abstracts[document]
            evidence = Evidence(sentences=tuple(abstract["sentences"]), above=abstract["title"])
            yield "scifact", row["claim"], document in supporting, document, evidence


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def held_out(x: np.ndarray, y: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the probability of each claim from a model that has not seen its document."""
    found = np.zeros(len(y))
    for train, test in GroupKFold(10).split(x, y, groups):
        mean, scale = x[train].mean(0), x[train].std(0) + 1e-9
        model = LogisticRegression(C=STRENGTH, max_iter=3000)
        model.fit((x[train] - mean) / scale, y[train], sample_weight=weights[train])
        found[test] = model.predict_proba((x[test] - mean) / scale)[:, 1]
    return found


def report(name: str, y: np.ndarray, found: np.ndarray, groups: np.ndarray) -> None:
    """Print one set's AUROC with its interval."""
    chance, areas = np.random.default_rng(7), []
    members = {group: np.flatnonzero(groups == group) for group in np.unique(groups)}
    for _ in range(1000):
        drawn = chance.choice(list(members), len(members))
        chosen = np.concatenate([members[group] for group in drawn])
        if 0 < y[chosen].sum() < len(chosen):
            areas.append(roc_auc_score(y[chosen], found[chosen]))
    low, high = np.quantile(areas, [0.025, 0.975])
    area = roc_auc_score(y, found)
    print(f"{name}: AUROC {area:.3f} ({low:.3f} to {high:.3f}), {len(y)} claims, {y.mean():.2f} supported")


def fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray, names: list[str]) -> dict[str, object]:
    """Return the model fitted on everything, in the shape that `Logistic` reads."""
    mean, scale = x.mean(0), x.std(0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit((x - mean) / scale, y, sample_weight=weights)

    def named(values: np.ndarray) -> dict[str, float]:
        return dict(zip(names, np.round(values, 4).tolist(), strict=True))

    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": named(model.coef_[0]),
        "means": named(mean),
        "scales": named(scale),
    }


if __name__ == "__main__":
    main()
