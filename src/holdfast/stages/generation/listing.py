"""Choose the rows that a list or a total wants, with the total where it is plain what to add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.domain.prompts import Prompt
from holdfast.text.languages import language_of_question
from holdfast.text.listing import rows_that_fit
from holdfast.text.relevance import Candidate
from holdfast.text.totals import Total, says_total, summands, total_of, wants_total

ROWS = 20
"""Rows of a list that are quoted at most; the others are counted."""
LISTED = 0.6
"""Answerability that rows have at least whose cells, columns and headings hold every word of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of one table or lookup that a question wants, in their order; none where it wants no list."""

    rows: tuple[Candidate, ...] = ()
    total: Total | None = None
    """Of all these rows; None where none is asked for, or nothing tells it."""
    lacks: str = ""
    """What of the question they do not hold."""


def listing_of(prompt: Prompt, ranked: Sequence[Candidate]) -> Listing:
    """Return the rows that a question for a list or a total wants.

    A total is worked out from rows of a lookup alone, and only when every one that it fetched is there. Rows
    that are not added up are listed and said not to tell their total: one of them is none.
    """
    question = prompt.question
    if not wants_total(question):
        return Listing(rows=rows_that_fit(question, ranked))
    rows = summands(question, ranked)
    if len(rows) > 1 and not any(map(says_total, rows)):
        total = total_of(rows) if len(rows) <= ROWS and _are_all(rows, prompt) else None
        return Listing(rows=rows, total=total, lacks="" if total else _UNTOLD)
    best = ranked[0].passage if ranked else None
    is_one_of_several = best is not None and best.chunk_id is None and len(rows) != 1
    fetched = [one for one in prompt.passages if best is not None and one.document == best.document]
    return Listing(lacks=_UNTOLD if is_one_of_several and len(fetched) > 1 else "")


_UNTOLD = "its rows are several, and nothing tells their total"


def added(listing: Listing, question: str) -> Iterator[str]:
    """Yield the lines below the quoted rows: their total with its marks, or how many are left out."""
    if listing.total is not None:
        marks = "".join(f"[{row.passage.n}]" for row in listing.rows)
        yield f"\n{listing.total.text} {marks}"
    if (count := len(listing.rows) - ROWS) > 0:
        is_german = language_of_question(question) == "de"
        yield f"\n\nund {count} weitere Zeilen" if is_german else f"\n\nand {count} more rows"


def _are_all(rows: Sequence[Candidate], prompt: Prompt) -> bool:
    """Return whether no row of the lookup was left out of the prompt."""
    name = rows[0].passage.document
    return not any(one.thing == name or one.thing.startswith(f"{name} ") for one in prompt.dropped)
