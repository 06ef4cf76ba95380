"""Hold the evaluators that need no model against what people said of the same texts.

    HOLDFAST_DATA=... python bench/agreement.py [--each N]

The shipped support model learned from wice, begin_wow, summedits and scifact, so for those sets the figure
to read is *held out*: the same features, fitted without the document's own fold (10 folds, by document). No
weight was learned from ragchecker_meta or clapnq. Intervals are 95%, from 1,000 resamples of documents.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from holdfast.evaluation.scoring.kappa import agreement
from holdfast.stages.checking.claims import stated_in
from holdfast.stages.checking.support import Evidence, evidence_sentences, support_features, support_of

DATA = Path(os.environ["HOLDFAST_DATA"])
SUPPORTED_AT, ROUNDS, FOLDS, STRENGTH = 0.35, 1_000, 10, 0.1
Array = np.ndarray[Any, np.dtype[np.float64]]
Example = tuple[str, Evidence, bool, str]
PUBLISHED = {
    "wice": "F1 about 72 for GPT-4 with the right chunks, people about 92 accuracy (from memory in the README)",
    "begin_wow": "no table; eight metrics take extractive replies for attributable",
    "summedits": "balanced accuracy, 10 domains: people .909, GPT-4 .821, QAFactEval .655, SummaC .571, DAE .552",
}


def main() -> None:
    """Measure set after set, print each as it is done."""
    most = int(sys.argv[sys.argv.index("--each") + 1]) if "--each" in sys.argv else 10_000
    support_sets(most)
    selected_sentences(most)
    preferred_answers(most)


def support_sets(most: int) -> None:
    """Print how support tells supported claims from others, as shipped and held out."""
    sets: dict[str, Callable[[], Iterator[Example]]] = {
        "wice": wice, "begin_wow": begin, "summedits": summedits, "scifact": scifact
    }  # fmt: skip
    rows: list[tuple[str, dict[str, float], bool, str]] = []
    shipped: dict[str, list[float]] = {}
    for name, read in sets.items():
        began = time.monotonic()
        for _, (claim, evidence, label, group) in zip(range(most), read(), strict=False):
            rows.append((name, support_features(claim, evidence), label, group))
            shipped.setdefault(name, []).append(support_of(claim, evidence).probability)
        print(f"{name}: {len(shipped[name])} read in {time.monotonic() - began:.0f} s", flush=True)
    x = np.array([list(features.values()) for _, features, _, _ in rows])
    y = np.array([label for _, _, label, _ in rows], dtype=bool)
    names = np.array([name for name, _, _, _ in rows])
    groups = np.array([f"{name}:{group}" for name, _, _, group in rows])
    found = held_out(x, y, names, groups)
    for name, published in PUBLISHED.items():
        mine = names == name
        own = np.array(shipped[name])
        print(f"{name}, support, {mine.sum()} claims, {y[mine].mean():.2f} supported; published: {published}")
        print(f"  AUROC held out {area_words(y[mine], found[mine], groups[mine])}")
        print(f"  AUROC as shipped, which has seen them {area_words(y[mine], own, groups[mine])}")
        print(f"  at {SUPPORTED_AT}, held out: {rated(y[mine], found[mine])}")


def wice() -> Iterator[Example]:
    """Yield sentences of an encyclopedia with the page that each cites."""
    for row in lines("wice/dev/claims.jsonl"):
        evidence = Evidence(sentences=tuple(row["evidence"]))
        yield row["claim"], evidence, row["label"] == "supported", row["meta"]["claim_title"]


def begin() -> Iterator[Example]:
    """Yield replies with the snippet that they were given."""
    for row in lines("begin_wow/dev/responses.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["knowledge"]))
        yield row["response"], evidence, row["begin_label"] == "Fully attributable", row["knowledge"]


def summedits() -> Iterator[Example]:
    """Yield edited summaries with their document."""
    for row in lines("summedits/dev/pairs.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["doc"]))
        yield row["summary"], evidence, int(row["label"]) == 1, row["doc"][:200]


def scifact() -> Iterator[Example]:
    """Yield scientific claims with the abstract that each cites; only to fit what is held out alike."""
    abstracts = {row["doc_id"]: row for row in lines("scifact/corpus.jsonl")}
    for row in lines("scifact/dev/claims_train.jsonl"):
        backing = {entry["doc_id"] for entry in row["evidence"] if entry["label"] == "SUPPORT"}
        for document in row["cited_doc_ids"][:1]:
            abstract = abstracts[document]
            evidence = Evidence(sentences=tuple(abstract["sentences"]), above=abstract["title"])
            yield row["claim"], evidence, document in backing, str(document)


def selected_sentences(most: int) -> None:
    """Print how support by the answer tells the sentences that people took it from from the others."""
    labels, scores, groups = list[bool](), list[float](), list[str]()
    for _, row in zip(range(most), lines("clapnq/dev/questions.jsonl"), strict=False):
        for answer in row["answers"][:1] if row["answerable"] else ():
            evidence = Evidence(sentences=evidence_sentences(answer["answer"]))
            chosen = [" ".join(one.split()) for one in answer["selected_sentences"]]
            for sentence in evidence_sentences(" ".join(one["text"] for one in row["passages"])):
                plain = " ".join(sentence.split())
                labels.append(any(plain in one or one in plain for one in chosen))
                scores.append(support_of(sentence, evidence).probability)
                groups.append(str(row["id"]))
    y, found = np.array(labels), np.array(scores)
    print(f"clapnq, sentences that people took the answer from, {len(y)} of {len(set(groups))} passages")
    print(f"  AUROC {area_words(y, found, np.array(groups))}; published: none for this")


def preferred_answers(most: int) -> None:
    """Print how our scores order two answers against whom people preferred."""
    rows = [row for _, row in zip(range(most), lines("ragchecker_meta/dev/pairs.jsonl"), strict=False)]
    groups = np.array([f"{row['dataset']}:{row['query_id']}" for row in rows])
    ours: dict[str, list[float]] = {"recall": [], "precision": [], "both": []}
    for row in rows:
        first, second = (measured(row[side]["response"], row["gt_answer"]) for side in ("model1", "model2"))
        for name, differences in ours.items():
            differences.append(second[name] - first[name])
    wanted = {"completeness_label": "recall", "correctness_label": "precision", "overall_label": "both"}
    published = (
        "RAGChecker .619 / .609, RAGAS similarity .483 / .482, ROUGE-L .34-.39, two people .701 / .689"
    )
    print(f"ragchecker_meta, {len(rows)} pairs; published Pearson / Spearman (from memory): {published}")
    for label, name in wanted.items():
        theirs = np.array([float(row[label]) for row in rows])
        mine = np.array(ours[name])
        for kind, a, b in (("Pearson", mine, theirs), ("Spearman", ranks(mine), ranks(theirs))):
            figure = interval(lambda at, a=a, b=b: correlation(a[at], b[at]), groups)
            print(f"  {label} and {name}: {kind} {figure}")


def measured(response: str, truth: str) -> dict[str, float]:
    """Return the mean support of the truth's claims by a response, of its claims by the truth, and both."""
    recall, precision = mean_support(truth, response), mean_support(response, truth)
    both = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    return {"recall": recall, "precision": precision, "both": both}


def mean_support(text: str, by: str) -> float:
    """Return the mean support of a text's claims by another text, 0 where it claims nothing."""
    evidence = Evidence(sentences=evidence_sentences(by))
    claims = [support_of(claim.text, evidence).probability for claim in stated_in(text)]
    return fmean(claims) if claims else 0.0


def held_out(x: Array, y: Array, names: Array, groups: Array) -> Array:
    """Return the probability of each claim from weights that were fitted without its document."""
    weights = np.array([1 / np.sum(names == name) for name in names]) * len(y) / len(set(names))
    order = np.random.default_rng(7).permutation(np.unique(groups))
    fold = {group: at % FOLDS for at, group in enumerate(order)}
    folds = np.array([fold[group] for group in groups])
    found = np.zeros(len(y))
    for one in range(FOLDS):
        train, test = folds != one, folds == one
        mean, scale = x[train].mean(0), x[train].std(0) + 1e-9
        fitted = fit((x[train] - mean) / scale, y[train].astype(float), weights[train])
        found[test] = 1 / (1 + np.exp(-(np.c_[(x[test] - mean) / scale, np.ones(test.sum())] @ fitted)))
    return found


def fit(x: Array, y: Array, weights: Array) -> Array:
    """Return logistic weights, the bias last, by Newton's method with an L2 penalty as in training."""
    with_bias = np.c_[x, np.ones(len(x))]
    penalty = np.append(np.full(x.shape[1], 1 / STRENGTH), 0.0)
    beta = np.zeros(with_bias.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-(with_bias @ beta)))
        slope = with_bias.T @ (weights * (p - y)) + penalty * beta
        bend = (with_bias * (weights * p * (1 - p))[:, None]).T @ with_bias + np.diag(penalty)
        beta -= np.linalg.solve(bend, slope)
    return beta


def rated(y: Array, found: Array) -> str:
    """Return kappa and balanced accuracy of yes from `SUPPORTED_AT` on."""
    ours = found >= SUPPORTED_AT
    agreed = agreement(ours.tolist(), y.tolist())
    balanced = (ours[y].mean() + (~ours[~y]).mean()) / 2
    kappa = f"{agreed.kappa:.3f}" if agreed.kappa is not None else "not computed"
    ends = f" [{agreed.interval[0]:.3f}, {agreed.interval[1]:.3f}]" if agreed.interval else ""
    return f"kappa {kappa}{ends}, balanced accuracy {balanced:.3f}"


def area_words(y: Array, found: Array, groups: Array) -> str:
    """Return the area under the ROC curve with its interval."""
    return interval(lambda at: area(y[at], found[at]), groups)


def area(y: Array, found: Array) -> float:
    """Return the chance that a positive scores above a negative (Mann and Whitney, 1947), ties half."""
    positives = int(y.sum())
    if not 0 < positives < len(y):
        return float("nan")
    return float(
        (ranks(found)[y].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))
    )


def ranks(values: Array) -> Array:
    """Return ranks from 1, those of ties averaged."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def correlation(one: Array, other: Array) -> float:
    """Return Pearson's correlation."""
    return float(np.corrcoef(one, other)[0, 1])


def interval(figure: Callable[[Any], float], groups: Array) -> str:
    """Return a figure with its percentile interval over resampled groups."""
    chance, members = np.random.default_rng(7), [np.flatnonzero(groups == one) for one in np.unique(groups)]
    drawn = [
        figure(np.concatenate([members[at] for at in chance.integers(0, len(members), len(members))]))
        for _ in range(ROUNDS)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{figure(np.arange(len(groups))):.3f} [{low:.3f}, {high:.3f}]"


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    main()
