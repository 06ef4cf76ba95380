"""Find every row of a table that a question for a list of things wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from holdfast.text.parts import parts_of
from holdfast.text.questions import read_question
from holdfast.text.relevance import Candidate
from holdfast.text.sentences import Kind
from holdfast.text.tables import cells_of, header_of
from holdfast.text.words import content_stems, words


def asks_for_list(question: str) -> bool:
    """Return whether a question wants all things of a kind (`which items are on hold`), not one of them."""
    return bool(_LISTS.search(question))


def rows_that_fit(question: str, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the rows of the best row's table that a question for a list wants, in their order; else none.

    Empty where less than two rows fit: one row is no list.
    """
    if not asks_for_list(question):
        return ()
    fitting = tuple(row.candidate for row in fitting_rows(question, ranked))
    return fitting if len(fitting) >= _SEVERAL else ()


def fitting_rows(question: str, ranked: Sequence[Candidate], *, fillers: str = "") -> tuple[Row, ...]:
    """Return the rows of the best row's table that hold what a question asks for, in their order.

    A row fits that holds every asked word which stands in cells of the table, in the columns in which one row
    holds them all. Empty where the best sentence is no row, where an asked word stands neither in the table
    nor above it nor among the fillers, and where the question compares (`more than 5`) or denies: words alone
    do not tell which rows fit that. The rows that a lookup fetched for the item are a table, too. Only the
    passages at hand are looked through.
    """
    best = row_of(ranked[0]) if ranked else None
    if best is None or len(parts_of(question)) > 1 or _NOT_BY_WORDS.search(question):
        return ()
    table = [row for row in map(row_of, ranked) if row and row.table == best.table]
    if len({row.columns for row in table}) > 1:  # a value reads like a column: nothing is left out for it
        return ()
    asked = read_question(question).stems - frozenset(content_stems(f"{_FILLERS} {fillers}"))
    wanted = {one for one in asked if one not in best.names and any(one in row.held for row in table)}
    if fillers:  # `cost centre 4711`: what stands before a key that is found only names it
        asked -= {stem for one in wanted if any(map(str.isdigit, one)) for stem in _before(question, one)}
    if not wanted or asked - wanted - best.names - best.above:
        return ()
    model = next((row for row in table if wanted <= row.held.keys() and not row.denies(wanted)), None)
    fitting = [row for row in table if model and row.fits(model, wanted)]
    if any(row.is_said_in(question, wanted) for row in fitting):  # `in stock`, not `out of stock`
        fitting = [row for row in fitting if row.is_said_in(question, wanted)]
    by_place = {row.place: row for row in fitting}
    return tuple(by_place[place] for place in sorted(by_place))


def _before(question: str, key: str) -> tuple[str, ...]:
    """Return the stems of the two words before a key in a question."""
    spoken = words(question)
    at = spoken.index(key) if key in spoken else 0
    return content_stems(" ".join(spoken[max(0, at - 2) : at]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a paper's table, or one that a lookup fetched."""

    candidate: Candidate
    table: tuple[str, ...]
    """Its document and, of a paper's table, the names of its columns."""
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    held: Mapping[str, frozenset[int]]
    """The columns in which each of its stems stands."""
    names: frozenset[str]
    """Stems of the names of its columns."""
    above: frozenset[str]
    """Stems of what stands above the table: headings, title, file."""
    place: tuple[str, int]

    def fits(self, model: Row, wanted: set[str]) -> bool:
        """Return whether it holds the wanted stems where the model does, in cells that do not deny them."""
        return not self.denies(wanted) and all(
            not model.held[one].isdisjoint(self.held.get(one, frozenset())) for one in wanted
        )

    def denies(self, wanted: set[str]) -> bool:
        """Return whether one of the cells that hold the wanted stems says no to them."""
        return any(_DENIES.search(cell) for cell in self._of(wanted))

    def is_said_in(self, question: str, wanted: set[str]) -> bool:
        """Return whether the question says the cells that hold the wanted stems, as they stand."""
        spoken = f" {' '.join(words(question))} "
        return all(f" {' '.join(words(cell))} " in spoken for cell in self._of(wanted))

    def _of(self, wanted: set[str]) -> Iterator[str]:
        at = {column for one in wanted for column in self.held.get(one, ())}
        return (self.cells[column] for column in sorted(at))


_SEVERAL = 2
_FILLERS = "list show name give tell all every there liste zeige zeig nenne nenn gib mir alle sämtliche gibt"
_NOUN = r"(?:[\w-]*[^\W\d_](?<![suiSUI])s|people|children|data)"
_VERB = r"(?:is|are|was|were|do|does|did|has|have)\b"
_LISTS = re.compile(
    rf"\b(?:which|what|how many)\s+(?!{_VERB})(?:[\w-]+\s+){{0,3}}?{_NOUN}\b"
    r"[^?.]{0,80}?\b(?:are|were|have)\b"
    rf"|^\W*(?:please\s+)?(?:list|show|name|give|tell)\s+(?:me\s+|us\s+)?(?:all|every|(?:[\w-]+\s+){{0,2}}?{_NOUN})\b"
    r"|\b(?:welche|wie ?viele)\s+[^?.]{1,80}?\b(?:sind|waren|haben|hatten|wurden|werden|stehen|liegen|fehlen"
    r"|gehören|gibt es)\b"
    r"|^\W*(?:bitte\s+)?(?:liste|zeige?|nenne?|gib)\s+(?:mir\s+|uns\s+)?(?:alle|sämtliche)\b",
    re.IGNORECASE,
)
_NOT_BY_WORDS = re.compile(
    r"\b(?:not|no|never|without|out of|except|than|over|under|above|below|least|most|before|after|since|until"
    r"|between|other|nicht|kein\w*|ohne|außer|als|über|unter|mindestens|höchstens|vor|nach|seit|bis|zwischen|andere[nrs]?)\b"
    r"|n['’]t\b|[<>]",  # noqa: RUF001
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|no|never|without|none|out of|off|nicht|kein\w*|ohne|außer)\b|n['’]t\b",  # noqa: RUF001
    re.IGNORECASE,
)


def row_of(one: Candidate) -> Row | None:
    """Return a sentence as a row: of a paper's table or of a lookup; None for any other."""
    passage = one.passage
    if passage.chunk_id is None:
        pairs = [cell.partition(": ") for cell in passage.text.split("; ")]
        names, cells = [name for name, _, _ in pairs], [value for _, _, value in pairs]
    elif one.sentence.kind is Kind.ROW:
        names, cells = cells_of(header_of(passage)), cells_of(one.sentence.text)
        cells += [""] * (len(names) - len(cells))  # a row may end before its header does
    else:
        return None
    if len(names) != len(cells):
        return None
    held: dict[str, frozenset[int]] = {}
    for column, cell in enumerate(cells):
        for stem in content_stems(cell):
            held[stem] = held.get(stem, frozenset()) | {column}
    path = re.sub(r"[/_.-]", " ", passage.document)
    above = f"{passage.metadata.title}\n{passage.context}\n{one.heading}\n{path}"
    place = passage.n if passage.chunk_id is None else passage.start + one.sentence.start
    return Row(
        candidate=one, table=(passage.document, *(names if passage.chunk_id is not None else ())),
        columns=tuple(names), cells=tuple(cells), held=held,
        names=frozenset(content_stems(" ".join(names).replace("_", " "))),
        above=frozenset(content_stems(above)), place=(passage.document, place),
    )  # fmt: skip
