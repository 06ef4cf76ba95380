"""Say which passages a reviewer is shown under which number, what the marks of a text stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from holdfast.domain.checks import Citation
from holdfast.domain.locators import Locator
from holdfast.domain.rows import Row
from holdfast.domain.stages import Stage
from holdfast.errors import UsageError
from holdfast.storage.runs import StoredRun
from holdfast.text.sentences import is_row, split_sentences

MOST_UNCITED = 12
"""Passages that are shown beside those that are cited; the rest has no number that a text can name."""
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"\[(\d{1,3}(?:,\s*\d{1,3})*)\]")
Source = Mapping[str, Any]
"""Of the shape of a recorded citation: n, document, title, quote, start, end, locator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One passage as a reviewer is shown it, under a number that no other has."""

    n: int
    document: str
    title: str
    text: str
    start: int
    """Where its text begins in the document."""
    quote: str
    """What the draft cites of it, or came nearest; empty where nothing of it is."""
    quote_start: int
    locator: Mapping[str, Any]
    """The place of the quote, else of the passage."""
    is_cited: bool
    header: str = ""
    """The names of its columns, where it is rows of a table that begins above it."""

    def quoted(self, quote: str, start: int) -> Source:
        """Return it as a source with these words of it, which begin at `start` of its document."""
        return {
            "n": self.n, "document": self.document, "title": self.title, "quote": quote,
            "start": start, "end": start + len(quote), "locator": self.locator,
        }  # fmt: skip


def shown_of(run: StoredRun) -> tuple[Shown, ...]:
    """Return every passage that a text can name by `[n]`, the cited ones first, then what came nearest.

    A citation keeps the number that the draft gives it; a passage whose number is taken has the next free
    one.
    """
    passages = passages_of(run)
    cited = list(run.outcome.get("citations") or ())
    nearest = [] if cited else list(run.outcome.get("nearest") or ())
    taken = {int(one["n"]) for one in cited}
    numbered: list[Shown] = []
    held: list[int] = []
    for one in cited:
        at = next((at for at, passage in enumerate(passages) if _holds(passage, one)), None)
        held += [at] if at is not None else []
        numbered.append(_quoting(one, passages[at] if at is not None else None, int(one["n"]), is_cited=True))
    for one in nearest:
        at = next((at for at, passage in enumerate(passages) if _holds(passage, one)), None)
        if at in held:
            continue
        held += [at] if at is not None else []
        passage = passages[at] if at is not None else None
        n = _free(taken, int((passage or one)["n"]))
        numbered.append(_quoting(one, passage, n, is_cited=False))
    others = [passage for at, passage in enumerate(passages) if at not in held]
    numbered += [_whole(one, _free(taken, int(one["n"]))) for one in others[:MOST_UNCITED]]
    return tuple(numbered)


def marks_of(text: str) -> tuple[int, ...]:
    """Return the numbers that a text names by `[n]` or `[n, m]`, in order."""
    return tuple(sorted({int(one) for marks in _MARKS.findall(text) for one in marks.split(",")}))


def check_marks(run: StoredRun, text: str) -> None:
    """Raise UsageError for a text whose marks name passages that nobody was shown."""
    shown = [one.n for one in shown_of(run)]
    if unknown := [n for n in marks_of(text) if n not in shown]:
        named = ", ".join(f"[{n}]" for n in unknown)
        listed = ", ".join(f"[{n}]" for n in sorted(shown)) or "none was found"
        raise UsageError(
            f"the text names {named}, and no passage of the case {run.summary.id[:8]} has that number",
            stage="review",
            move=f"Passages to name: {listed} (`holdfast review show {run.summary.id[:8]}`).",
        )


def sources_of(run: StoredRun, text: str) -> tuple[Source, ...]:
    """Return the sources that a text names by `[n]`, in the order of n, as far as there are any.

    Each is quoted by its sentence that has most words of what the text says by it; the draft's own quote
    stays where no other has more.
    """
    shown = {one.n: one for one in shown_of(run)}
    return tuple(_source(shown[n], text) for n in marks_of(text) if n in shown)


def citation_of(source: Source) -> Citation:
    """Return a source as a citation."""
    locator = {**source["locator"], "heading": tuple(source["locator"]["heading"])}
    return Citation(**{**source, "locator": Locator(**locator)})


def passages_of(run: StoredRun) -> list[dict[str, Any]]:
    """Return the passages of the last prompt; where none was made, the rows and hits found, numbered.

    Rows of lookups come first, as in a prompt: a rule may have read them.
    """
    prompts = [one.made for one in run.stages if one.stage == Stage.ASSEMBLY and isinstance(one.made, dict)]
    if prompts:
        return list(prompts[-1].get("passages") or ())
    rows = [_of_row(row) for row in _made_last(run, Stage.LOOKUPS, "rows")]
    return [{**one, "n": n} for n, one in enumerate([*rows, *_made_last(run, Stage.RETRIEVAL, "hits")], 1)]


def _made_last(run: StoredRun, stage: Stage, key: str) -> Sequence[Mapping[str, Any]]:
    made = [one.made for one in run.stages if one.stage == stage and isinstance(one.made, dict)]
    return made[-1].get(key) or () if made else ()


def _of_row(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    row = Row(lookup=recorded["lookup"], values=recorded["values"])
    return {
        "document": row.document, "text": row.text, "start": 0, "end": len(row.text),
        "locator": recorded["locator"],
    }  # fmt: skip


def _free(taken: set[int], wanted: int) -> int:
    n = wanted if wanted not in taken else next(one for one in count(1) if one not in taken)
    taken.add(n)
    return n


def _holds(passage: Mapping[str, Any], citation: Mapping[str, Any]) -> bool:
    same = passage["document"] == citation["document"]
    return bool(same and passage["start"] <= citation["start"] and citation["end"] <= passage["end"])


def _quoting(
    citation: Mapping[str, Any], passage: Mapping[str, Any] | None, n: int, *, is_cited: bool
) -> Shown:
    quote, start = str(citation["quote"]), int(citation["start"])
    text, begins = (str(passage["text"]), int(passage["start"])) if passage else (quote, start)
    header = _header(passage) if passage else ""
    if text[start - begins : start - begins + len(quote)] != quote:
        text, begins = quote, start
    return Shown(
        n=n, document=citation["document"], title=_title(citation), text=text, start=begins, quote=quote,
        quote_start=start, locator=citation["locator"], is_cited=is_cited, header=header,
    )  # fmt: skip


def _whole(passage: Mapping[str, Any], n: int) -> Shown:
    return Shown(
        n=n, document=passage["document"], title=_title(passage), text=str(passage["text"]),
        start=passage["start"], quote="", quote_start=passage["start"], locator=passage["locator"],
        is_cited=False, header=_header(passage),
    )  # fmt: skip


def _header(passage: Mapping[str, Any]) -> str:
    """Return the names of columns from above a passage that begins with a row and does not hold them."""
    first = str(passage["text"]).partition("\n")[0]
    above = [line.strip() for line in str(passage.get("context") or "").splitlines() if is_row(line)]
    return above[-1] if above and is_row(first) and above[-1] not in passage["text"] else ""


def _title(one: Mapping[str, Any]) -> str:
    return str(one.get("title") or (one.get("metadata") or {}).get("title") or one["document"])


def _source(shown: Shown, text: str) -> Source:
    return shown.quoted(*_best_quote(shown, text))


def _best_quote(shown: Shown, text: str) -> tuple[str, int]:
    said = _MARKS.sub("", _said_by(text, shown.n) or text)
    wanted = {word.casefold() for word in _WORD.findall(said)}
    begin, end = max(_sentences(shown.text), key=lambda span: _shared(shown.text[slice(*span)], wanted))
    if shown.is_cited and _shared(shown.quote, wanted) >= _shared(shown.text[begin:end], wanted):
        return shown.quote, shown.quote_start
    return shown.text[begin:end], shown.start + begin


def _said_by(text: str, n: int) -> str:
    """Return the sentences of a text that name a source; a mark behind a sentence belongs to it."""
    said, before = [], ""
    for piece in split_sentences(text):
        if n in marks_of(piece.text):
            said.append(before if _MARKS.match(piece.text) else piece.text)
        before = piece.text
    return " ".join(said)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    spans = [(one.start, one.end) for one in split_sentences(text)]
    yield from spans or [(0, len(text))]


def _shared(sentence: str, wanted: set[str]) -> int:
    return len(wanted & {word.casefold() for word in _WORD.findall(sentence)})
