"""Learn when passages answer a question: writes src/holdfast/text/answerability.json.

    HOLDFAST_DATA=... HOLDFAST_TRAINING_CACHE=... python scripts/train_answerability.py

Four kinds of question, kept apart in the figures: answerable (a document that answers is among the
passages), near miss (people found that the passages on its topic do not answer), without (an answerable one
whose answering documents were taken out of the corpus) and off-corpus (asked of another set's corpus).
Every figure is cross-validated by document.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import standin
from questions_data import Asking, bank, clapnq, code, product_docs, table_questions, turns
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from holdfast.domain.prompts import Passage
from holdfast.text.answerability import answer_features
from holdfast.text.questions import read_question
from holdfast.text.relevance import rank_sentences

TARGET = Path(__file__).parents[1] / "src/holdfast/text/answerability.json"
LEXICAL = ("best", "covered", "covered_passage", "covered_all", "names")
PARTS = {
    "lexical": LEXICAL,
    "dense": (*LEXICAL, "dense"),
    "close": ("covered", "covered_passage", "covered_all", "names", "dense", "closeness"),
}
STRENGTH = 0.3
WEIGHTS = {"answerable": 1.5, "near miss": 1.0, "without": 0.5, "off-corpus": 0.5}
SAME_SOURCE = {"clapnq", "turns"}
"""Some conversations are about clapnq's passages, so neither is off the other's corpus."""
CLOSEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question with the features of what was found for it."""

    kind: str
    set: str
    group: str
    features: dict[str, float]
    right_first: bool
    """Whether the best sentence comes from a document that answers."""


def main() -> None:
    """Gather, measure, fit on everything, write."""
    samples = list(gather())
    print(dict(Counter((sample.set, sample.kind) for sample in samples)))
    models = {}
    for part, names in PARTS.items():
        x = np.array([[sample.features[name] for name in names] for sample in samples])
        y = np.array([sample.kind == "answerable" for sample in samples], dtype=int)
        weights = np.array([WEIGHTS[sample.kind] for sample in samples])
        report(part, samples, held_out(x, y, weights, samples))
        models[part] = fit(x, y, weights, names)
    if "--dry-run" not in sys.argv:
        TARGET.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def gather() -> Iterator[Sample]:
    """Yield the samples of every kind."""
    loaded = {load.__name__: load() for load in (clapnq, product_docs, turns, code)}
    corpora = {name: standin.Standin(pieces) for name, (pieces, _) in loaded.items()}
    corpora["bank"] = standin.Standin(bank())
    chance = random.Random(7)
    for name, (_, askings) in loaded.items():
        for asking in askings:
            yield from at_home(asking, corpora[name])
            yield from abroad(asking, corpora, chance)
    for asking in list(table_questions())[:150]:
        yield from abroad(asking, corpora, chance)


def at_home(asking: Asking, corpus: standin.Standin) -> Iterator[Sample]:
    """Yield the question asked of its own corpus, and of that corpus without its answer."""
    passages = corpus.search(asking.text)
    if not asking.gold:
        yield from sample("near miss", asking, passages)
        return
    if any(passage.document in asking.gold for passage in passages):
        yield from sample("answerable", asking, passages)
    yield from sample("without", asking, corpus.search(asking.text, without=asking.gold))


def abroad(asking: Asking, corpora: dict[str, standin.Standin], chance: random.Random) -> Iterator[Sample]:
    """Yield the question asked of two corpora that are about something else."""
    others = [name for name in corpora if name != asking.set and {name, asking.set} != SAME_SOURCE]
    for name in chance.sample(others, 2):
        yield from sample("off-corpus", asking, corpora[name].search(asking.text))


def sample(kind: str, asking: Asking, passages: tuple[Passage, ...]) -> Iterator[Sample]:
    """Yield the sample, unless the question has no content words."""
    ranked = rank_sentences(asking.text, passages)
    if not ranked or not read_question(asking.text).stems:
        return
    vectors = standin.embed([candidate.words for candidate in ranked[:CLOSEST]])
    closeness = vectors @ standin.embed([asking.text])[0]
    features = answer_features(asking.text, passages, ranked) | {"closeness": float(closeness.max())}
    yield Sample(
        kind=kind,
        set=asking.set,
        group=asking.group,
        features=features,
        right_first=ranked[0].passage.document in asking.gold,
    )


def held_out(x: np.ndarray, y: np.ndarray, weights: np.ndarray, samples: list[Sample]) -> np.ndarray:
    """Return the probability of each sample from a model that has not seen its document."""
    groups = [sample.group for sample in samples]
    found = np.zeros(len(y))
    for train, test in GroupKFold(10).split(x, y, groups):
        mean, scale = x[train].mean(0), x[train].std(0) + 1e-9
        model = LogisticRegression(C=STRENGTH, max_iter=3000)
        model.fit((x[train] - mean) / scale, y[train], sample_weight=weights[train])
        found[test] = model.predict_proba((x[test] - mean) / scale)[:, 1]
    return found


def report(part: str, samples: list[Sample], found: np.ndarray) -> None:
    """Print how well each kind is told from the answerable ones, and what each threshold keeps and holds."""
    kinds = np.array([sample.kind for sample in samples])
    sets = np.array([sample.set for sample in samples])
    for name in ("clapnq", "product_docs", "turns", "code"):
        figures = []
        for kind in ("near miss", "without", "off-corpus"):
            chosen = (sets == name) & np.isin(kinds, ["answerable", kind])
            if (kinds[chosen] == kind).any():
                area = roc_auc_score(kinds[chosen] == "answerable", found[chosen])
                figures.append(f"{kind} {area:.3f} ({int((kinds[chosen] == kind).sum())})")
        print(f"{part} {name}: AUROC against {', '.join(figures)}")
    right = np.array([sample.right_first for sample in samples])
    own, near = (sets == "clapnq") & (kinds == "answerable"), (sets == "clapnq") & (kinds == "near miss")
    off, answerable = kinds == "off-corpus", kinds == "answerable"
    print(f"{part}: from | clapnq: answered, right document, near miss held | off-corpus held | all answered")
    for threshold in np.arange(0.1, 0.9, 0.05):
        said = found >= threshold
        print(
            f"  {threshold:.2f} | {said[own].mean():.3f} {(said & right)[own].mean():.3f}"
            f" {1 - said[near].mean():.3f} | {1 - said[off].mean():.3f} | {said[answerable].mean():.3f}"
        )


def fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray, names: tuple[str, ...]) -> dict[str, object]:
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
