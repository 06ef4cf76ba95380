"""Count in how many passages of everyday texts each stem occurs: writes src/holdfast/text/background.json.

    HOLDFAST_DATA=... python scripts/count_words.py

Encyclopedia, product documentation, bank support articles, annual reports and web pages, at most 1,500
passages of each. A stem's share is its median over the five, so that a word which one field uses all the
time (`account`) does not count as common English.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from holdfast.text.words import content_stems

DATA = Path(os.environ["HOLDFAST_DATA"])
TARGET = Path(__file__).parents[1] / "src/holdfast/text/background.json"
PER_SET = 1500
WORDS_PER_PASSAGE = 120
LEAST_SHARE = 0.001


def main() -> None:
    """Count, keep what is frequent, write."""
    shares = [shares_of(texts) for texts in (clapnq(), product_docs(), bank(), reports(), pages())]
    medians = {stem: median(share[stem] for share in shares) for stem in set().union(*shares)}
    kept = {
        stem: round(share, 4)
        for stem, share in sorted(medians.items(), key=lambda pair: (-pair[1], pair[0]))
        if share >= LEAST_SHARE and not stem.isdigit()
    }
    TARGET.write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{len(kept)} stems, {TARGET.stat().st_size} bytes")


def shares_of(texts: Iterator[str]) -> Counter[str]:
    """Return the share of passages that hold each stem."""
    counts: Counter[str] = Counter()
    passages = [set(content_stems(passage)) for _, passage in zip(range(PER_SET), cut(texts), strict=False)]
    for stems in passages:
        counts.update(stems)
    return Counter({stem: count / len(passages) for stem, count in counts.items()})  # type: ignore[arg-type]


def cut(texts: Iterator[str]) -> Iterator[str]:
    """Yield pieces of about equal length."""
    for text in texts:
        tokens = text.split()
        for start in range(0, len(tokens), WORDS_PER_PASSAGE):
            yield " ".join(tokens[start : start + WORDS_PER_PASSAGE])


def lines(path: str) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def clapnq() -> Iterator[str]:
    """Yield encyclopedia passages."""
    for path in sorted((DATA / "answering/clapnq/documents").glob("*.md")):
        yield path.read_text(encoding="utf-8")


def product_docs() -> Iterator[str]:
    """Yield product documentation."""
    for row in lines("anthropic_docs_qa/corpus.jsonl"):
        yield str(row["text"])


def bank() -> Iterator[str]:
    """Yield support articles of a bank."""
    for row in lines("tau2_banking/documents.jsonl"):
        yield str(row["content"])


def reports() -> Iterator[str]:
    """Yield paragraphs of annual reports."""
    for row in lines("tatqa/dev/contexts.jsonl"):
        yield " ".join(paragraph["text"] for paragraph in row["paragraphs"])  # type: ignore[attr-defined]


def pages() -> Iterator[str]:
    """Yield cited web pages."""
    for row in lines("wice/dev/claims.jsonl"):
        yield " ".join(row["evidence"])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
