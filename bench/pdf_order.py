"""Measure text and reading order of PDFs against Docling's expected Markdown.

    HOLDFAST_DATA=... python bench/pdf_order.py

*Recall* is the share of the expected words that are read (as a multiset), *order* the longest common
subsequence of words for each expected word: text in another order, or cut by a column beside it, lowers it.
Expected outputs are Docling's own; where it describes pictures or leaves text out, 1.0 cannot be reached.
"""

from __future__ import annotations

import re
from collections import Counter

from data_sets import data_sets

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits

ROOT = data_sets("docling_parse/dev")


def main() -> None:
    """Print a line for each document, and the means."""
    scores = []
    for source in sorted(ROOT.glob("*/sources/*.pdf")):
        expected = list((source.parent.parent / "groundtruth").rglob(f"{source.stem}.md"))
        if not expected:
            continue
        read = read_here(Kind.PDF, source.read_bytes(), ReadingLimits(ocr=False))
        document = judge(collect(read), ended=None)
        text = "".join(document.text[each.start : each.end] for each in document.sections if not each.hidden)
        wanted, held = words(expected[0].read_text()), words(text)
        if not wanted or not held:
            continue
        recall = (Counter(wanted) & Counter(held)).total() / len(wanted)
        scores.append((recall, common(wanted, held) / len(wanted)))
        print(f"{source.name}: recall {scores[-1][0]:.3f}, order {scores[-1][1]:.3f}, {len(wanted)} words")
    recall, order = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    print(f"{len(scores)} documents: recall {recall:.3f}, order {order:.3f}")


def words(text: str) -> list[str]:
    """Return the words of Markdown or of canonical text."""
    plain = re.sub(r"<!--.*?-->|\\", "", text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return re.findall(r"\w+", plain.lower())


def common(left: list[str], right: list[str]) -> int:
    """Return the length of the longest common subsequence (Hyyroe's bit-parallel recurrence)."""
    places: dict[str, int] = {}
    for place, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(left)) - 1
    row = full
    for word in right:
        matched = row & places.get(word, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(left) - row.bit_count()


if __name__ == "__main__":
    main()
