"""Hold what scores a run offline against what people said of the same texts.

    HOLDFAST_DATA=... nice python bench/agreement.py [SET ...]

The support model was fitted on the development halves of wice, begin_wow and summedits
(scripts/train_support.py), so that its figures there are too good. The column *held out* is the same model
fitted anew ten times without the documents of the claims it is asked about. Intervals are 95%, from 1,000
samples of whole documents (questions for pairs of answers) drawn with replacement.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
from data_sets import data_sets

from holdfast.domain.prompts import Passage
from holdfast.evaluation.scoring.support import text_support
from holdfast.stages.checking.claims import stated_in
from holdfast.stages.checking.support import Evidence, evidence_sentences, support_features, support_of
from holdfast.text.answerability import answerability

DATA = data_sets()
ROUNDS, FOLDS, STRENGTH, STEPS = 1000, 10, 0.1, 30
SUPPORT_AT = 0.35
Floats = npt.NDArray[np.float64]
Claim = tuple[str, bool, str, Evidence]
"""The claim, whether people say that the evidence supports it, its group, the evidence."""
PUBLISHED = {
    "wice": "README: T5-3B fine-tuned F1 65-73, GPT-4 F1 72 (claims, oracle chunks); no AUROC is published",
    "begin_wow": "README: no table; eight automatic metrics rest on overlap",
    "summedits": "README, balanced accuracy: people 90.9, GPT4 82.1, QAFactEval 65.5, SummaC-Conv 57.1",
    "clapnq": "README: fine-tuned flan-t5-large tells 90% of unanswerable ones, GPT-4 18%",
    "ragchecker_meta": "README, Pearson/Spearman: RAGChecker 61.9/60.9, RAGAS 48.3/48.2, ROUGE-L 34-39, "
    "people 70.1/68.9",
}


def main() -> None:
    """Print a table for each set that is named, for all when none is."""
    wanted = sys.argv[1:] or list(PUBLISHED)
    claims = {
        name: list(read())
        for name, read in (("wice", wice), ("begin_wow", begin_wow), ("summedits", summedits))
        if {*wanted} & {"wice", "begin_wow", "summedits"}
    }
    found = held_out(claims) if claims else {}
    for name in wanted:
        if name in claims:
            show_claims(name, claims[name], found[name])
        elif name == "clapnq":
            show_clapnq()
        else:
            show_pairs()
        print(f"  published: {PUBLISHED[name]}\n", flush=True)


def wice() -> Iterator[Claim]:
    """Yield claims of an encyclopedia with the page that each cites; partly supported counts as not."""
    for row in lines("wice/dev/claims.jsonl"):
        evidence = Evidence(sentences=tuple(row["evidence"]))
        yield row["claim"], row["label"] == "supported", row["meta"]["claim_title"], evidence


def begin_wow() -> Iterator[Claim]:
    """Yield replies with the snippet that they were given."""
    for row in lines("begin_wow/dev/responses.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["knowledge"]))
        yield row["response"], row["begin_label"] == "Fully attributable", row["knowledge"], evidence


def summedits() -> Iterator[Claim]:
    """Yield edited summaries with their document."""
    for row in lines("summedits/dev/pairs.jsonl"):
        evidence = Evidence(sentences=evidence_sentences(row["doc"]))
        yield row["summary"], int(row["label"]) == 1, row["doc"][:200], evidence


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def show_claims(name: str, claims: Sequence[Claim], unseen: Floats) -> None:
    """Print how far support, whole and claim by claim, agrees with the labels."""
    labels = np.array([label for _, label, _, _ in claims])
    groups = numbered([group for _, _, group, _ in claims])
    shipped = np.array([support_of(claim, evidence).probability for claim, _, _, evidence in claims])
    found = [text_support(claim, evidence.sentences) for claim, _, _, evidence in claims]
    claimed = np.array([one is not None for one in found])
    weakest = np.array([one or 0.0 for one in found])
    print(f"{name}: {len(claims)} claims in {groups.max() + 1} groups, {labels.mean():.2f} supported")
    show_scores("support, held out", unseen, labels, groups)
    show_scores("support, as shipped (it saw these)", shipped, labels, groups)
    told = f"weakest claim, as shipped, of the {claimed.sum()} in which a claim is found (it saw these)"
    show_scores(told, weakest[claimed], labels[claimed], numbered([str(one) for one in groups[claimed]]))


def show_scores(
    name: str, scores: Floats, labels: npt.NDArray[np.bool_], groups: npt.NDArray[np.intp]
) -> None:
    """Print AUROC, and balanced accuracy at the declared threshold and at one chosen on other groups."""

    def area(picked: npt.NDArray[np.intp]) -> float:
        return auroc(scores[picked], labels[picked])

    def at_declared(picked: npt.NDArray[np.intp]) -> float:
        return balanced(scores[picked] >= SUPPORT_AT, labels[picked])

    chosen = chosen_elsewhere(scores, labels, groups)

    def at_chosen(picked: npt.NDArray[np.intp]) -> float:
        return balanced(chosen[picked], labels[picked])

    print(
        f"  {name}: AUROC {with_interval(area, groups)}, balanced accuracy {with_interval(at_chosen, groups)}"
        f" (threshold from other groups), {with_interval(at_declared, groups)} (at {SUPPORT_AT})"
    )


def show_clapnq() -> None:
    """Print how far answerability tells answerable questions, and how grounded answers of people come out."""
    rows = list(lines("clapnq/dev/questions.jsonl"))
    labels = np.array([row["answerable"] for row in rows])
    groups = numbered([row["passages"][0]["text"] for row in rows])
    scores = np.array(
        [answerability(row["question"], passages_of(row), dense=False).probability for row in rows]
    )
    print(f"clapnq: {len(rows)} questions with their passage, {labels.mean():.2f} answerable")

    def area(picked: npt.NDArray[np.intp]) -> float:
        return auroc(scores[picked], labels[picked])

    chosen = chosen_elsewhere(scores, labels, groups)

    def held_back(picked: npt.NDArray[np.intp]) -> float:
        return float((~chosen[picked])[~labels[picked]].mean())

    def kept(picked: npt.NDArray[np.intp]) -> float:
        return float(chosen[picked][labels[picked]].mean())

    print(
        f"  answerability (without an embedding model; fitted on this half): AUROC {with_interval(area, groups)}"
    )
    print(
        f"  at a threshold from other passages: unanswerable told {with_interval(held_back, groups)}, "
        f"answerable kept {with_interval(kept, groups)}"
    )
    answered = [row for row in rows if row["answerable"]]
    weakest = np.array(
        [text_support(row["answers"][0]["answer"], [row["passages"][0]["text"]]) or 0.0 for row in answered]
    )
    own = numbered([row["passages"][0]["text"] for row in answered])
    flagged = with_interval(lambda picked: float((weakest[picked] < SUPPORT_AT).mean()), own)
    print(f"  answers that people wrote from the passage, called unsupported: {flagged}")


def passages_of(row: dict[str, Any]) -> list[Passage]:
    """Return a question's passages as a prompt would hold them."""
    return [
        Passage(n=n, document=f"{row['id']}-{n}", text=one["text"], start=0, end=len(one["text"]))
        for n, one in enumerate(row["passages"], 1)
    ]


def show_pairs() -> None:
    """Print how far differences of two answers' scores go with what people prefer, `model2` being higher."""
    rows = list(lines("ragchecker_meta/dev/pairs.jsonl"))
    groups = numbered([f"{row['dataset']} {row['query_id']}" for row in rows])
    made = [
        [measured(row["gt_answer"], row[side]["response"]) for side in ("model1", "model2")] for row in rows
    ]
    names = ("stated in the reference", "reference stated", "both (F1)")
    print(f"ragchecker_meta: {len(rows)} pairs of answers, {groups.max() + 1} questions")
    for label in ("overall_label", "correctness_label", "completeness_label"):
        people = np.array([float(row[label]) for row in rows])
        for place, name in enumerate(names):
            gaps = np.array([second[place] - first[place] for first, second in made])
            show_correlation(f"{label.removesuffix('_label')}, {name}", gaps, people, groups)


def show_correlation(name: str, ours: Floats, people: Floats, groups: npt.NDArray[np.intp]) -> None:
    """Print Pearson's and Spearman's coefficient."""

    def linear(picked: npt.NDArray[np.intp]) -> float:
        return correlation(ours[picked], people[picked])

    def by_rank(picked: npt.NDArray[np.intp]) -> float:
        return correlation(ranks(ours[picked]), ranks(people[picked]))

    print(f"  {name}: Pearson {with_interval(linear, groups)}, Spearman {with_interval(by_rank, groups)}")


def measured(reference: str, answer: str) -> tuple[float, float, float]:
    """Return the mean support of the answer by the reference, of the reference by the answer, and their F1."""
    precision, recall = mean_support(answer, reference), mean_support(reference, answer)
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1.0)


def mean_support(text: str, by: str) -> float:
    """Return the mean support of a text's claims by another text; 0 for no claim."""
    evidence = Evidence(sentences=evidence_sentences(by))
    return fmean([support_of(claim.text, evidence).probability for claim in stated_in(text)] or [0.0])


def held_out(claims: dict[str, list[Claim]]) -> dict[str, Floats]:
    """Return the support of each claim by a model that has not seen its document, by set."""
    rows = [(name, claim) for name, own in claims.items() for claim in own]
    features = [support_features(claim, evidence) for _, (claim, _, _, evidence) in rows]
    x = np.array([list(row.values()) for row in features])
    y = np.array([label for _, (_, label, _, _) in rows], dtype=np.float64)
    sets = np.array([name for name, _ in rows])
    weights = np.array([len(rows) / np.sum(sets == name) for name in sets])
    groups = numbered([f"{name}:{group}" for name, (_, _, group, _) in rows])
    fold_of = np.random.default_rng(7).permutation(groups.max() + 1)[groups] % FOLDS
    found = np.zeros(len(y))
    for fold in range(FOLDS):
        rest, here = fold_of != fold, fold_of == fold
        mean, scale = x[rest].mean(0), x[rest].std(0) + 1e-9
        fitted = logistic((x[rest] - mean) / scale, y[rest], weights[rest])
        found[here] = 1 / (1 + np.exp(-with_one((x[here] - mean) / scale) @ fitted))
    return {name: found[sets == name] for name in claims}


def logistic(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Return the coefficients, the last the constant, of a ridge logistic regression by Newton's method."""
    inputs, found = with_one(x), np.zeros(x.shape[1] + 1)
    penalty = np.append(np.full(x.shape[1], 1 / STRENGTH), 0.0)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slope = inputs.T @ (weights * (chance - y)) + penalty * found
        bend = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs + np.diag(penalty + 1e-9)
        found = found - np.linalg.solve(bend, slope)
    return found


def with_one(x: Floats) -> Floats:
    """Return the inputs with a constant beside them."""
    return np.hstack([x, np.ones((len(x), 1))])


def chosen_elsewhere(
    scores: Floats, labels: npt.NDArray[np.bool_], groups: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Return the yes or no of each score at the threshold that was best on the other folds of groups."""
    fold_of = np.random.default_rng(7).permutation(groups.max() + 1)[groups] % FOLDS
    said = np.zeros(len(scores), dtype=np.bool_)
    for fold in range(FOLDS):
        rest, here = fold_of != fold, fold_of == fold
        places = np.unique(np.quantile(scores[rest], np.linspace(0, 1, 101)))
        best = max(places, key=lambda at: balanced(scores[rest] >= at, labels[rest]))
        said[here] = scores[here] >= best
    return said


def balanced(said: npt.NDArray[np.bool_], labels: npt.NDArray[np.bool_]) -> float:
    """Return the mean of both kinds' shares that are told right."""
    if labels.all() or not labels.any():
        return math.nan
    return float((said[labels].mean() + (~said[~labels]).mean()) / 2)


def auroc(scores: Floats, labels: npt.NDArray[np.bool_]) -> float:
    """Return how often a supported one scores above one that is not, a tie counting half."""
    yes = int(labels.sum())
    no = len(labels) - yes
    if not yes or not no:
        return math.nan
    return float((ranks(scores)[labels].sum() - yes * (yes + 1) / 2) / (yes * no))


def ranks(values: Floats) -> Floats:
    """Return ranks from 1, the mean of them for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse], dtype=np.float64)


def correlation(one: Floats, other: Floats) -> float:
    """Return Pearson's coefficient, NaN where one of the two does not vary."""
    if one.std() == 0 or other.std() == 0:
        return math.nan
    return float(np.corrcoef(one, other)[0, 1])


def with_interval(figure: Callable[[npt.NDArray[np.intp]], float], groups: npt.NDArray[np.intp]) -> str:
    """Return a figure of all with its interval over groups."""
    members = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    chance = np.random.default_rng(7)
    drawn = [
        figure(np.concatenate([members[one] for one in chance.integers(0, len(members), len(members))]))
        for _ in range(ROUNDS)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{figure(np.arange(len(groups))):.3f} [{low:.3f}, {high:.3f}]"


def numbered(names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return a number for each name, from 0."""
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.intp)


if __name__ == "__main__":
    main()
