"""Say what the marks of a reviewer's text stand for: what the draft cited, or a passage that was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast.domain.stages import Stage
from holdfast.storage.runs import StoredRun
from holdfast.text.sentences import split_sentences

_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"\[(\d{1,3}(?:,\s*\d{1,3})*)\]")
Source = Mapping[str, Any]
"""Of the shape of a recorded citation: n, document, title, quote, start, end, locator."""


def sources_of(run: StoredRun, text: str) -> tuple[Source, ...]:
    """Return the sources that a text names by `[n]`, in the order of n, as far as there are any.

    A passage that the draft did not cite is quoted by its sentence that has most words of the text.
    """
    cited = {one["n"]: one for one in run.outcome.get("citations") or ()}
    shown = {one["n"]: one for one in passages_of(run)}
    found = []
    for n in sorted({int(one) for marks in _MARKS.findall(text) for one in marks.split(",")}):
        if n in cited:
            found.append(cited[n])
        elif n in shown:
            found.append(_quoted(shown[n], text))
    return tuple(found)


def passages_of(run: StoredRun) -> list[dict[str, Any]]:
    """Return the passages of the last prompt; where none was made, the hits that were found, numbered."""
    prompts = [one.made for one in run.stages if one.stage == Stage.ASSEMBLY and isinstance(one.made, dict)]
    if prompts:
        return list(prompts[-1].get("passages") or ())
    found = [one.made for one in run.stages if one.stage == Stage.RETRIEVAL and isinstance(one.made, dict)]
    hits = found[-1].get("hits") or () if found else ()
    return [{**hit, "n": number} for number, hit in enumerate(hits, 1)]


def _quoted(passage: Mapping[str, Any], text: str) -> Source:
    body = str(passage["text"])
    wanted = {word.casefold() for word in _WORD.findall(text)}
    spans = [(one.start, one.end) for one in split_sentences(body)] or [(0, len(body))]
    start, end = max(
        spans, key=lambda span: len(wanted & {w.casefold() for w in _WORD.findall(body[slice(*span)])})
    )
    title = passage.get("title") or (passage.get("metadata") or {}).get("title") or passage["document"]
    return {
        "n": passage["n"], "document": passage["document"], "title": title, "quote": body[start:end],
        "start": passage["start"] + start, "end": passage["start"] + end, "locator": passage["locator"],
    }  # fmt: skip
