"""Say what an index shows that production should not have."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.doctor_advice import Advice, Weight
from holdfast.doctor_facts import Facts
from holdfast.domain.hidden import Hiding
from holdfast.workflow import FILE, LoadedWorkflow

MOST_PROBLEMS = 3


def on_index(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    """Yield the advice on the index and on the documents in it."""
    yield from _index(facts)
    yield from _superseding(facts)
    yield from _hidden(loaded, facts)


def _index(facts: Facts) -> Iterator[Advice]:
    index = facts.index
    if not index.version:
        yield Advice(
            weight=Weight.RISKY,
            title="There is no index yet",
            why="The first question waits until all documents are read.",
            move="holdfast sync",
        )
    elif index.staleness:
        yield Advice(
            weight=Weight.RISKY,
            title=f"The index is behind the folder ({index.staleness})",
            why="Answers are taken from what the documents said at the last sync.",
            move="holdfast sync",
        )
    if index.damaged:
        yield Advice(
            weight=Weight.BROKEN,
            title=f"Files of the index are damaged ({', '.join(index.damaged[:MOST_PROBLEMS])})",
            why="They hold other bytes than were written: passages are not found, or in the wrong order.",
            move="holdfast sync  (builds the leg anew from the records; check the disk, and what else "
            "writes into the state folder)",
        )
    if index.problems:
        more = len(index.problems) - MOST_PROBLEMS
        listed = "; ".join(index.problems[:MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        yield Advice(
            weight=Weight.RISKY,
            title=f"{len(index.problems)} documents could not be read as they should",
            why=f"What they say cannot be found: {listed}",
            move="holdfast sync --strict  (lists each with its reason)",
        )


def _superseding(facts: Facts) -> Iterator[Advice]:
    doubts = facts.index.doubts
    if doubts:
        more = len(doubts) - MOST_PROBLEMS
        listed = "; ".join(map(str, doubts[:MOST_PROBLEMS])) + (f"; and {more} more" if more > 0 else "")
        yield Advice(
            weight=Weight.RISKY,
            title=f"{len(doubts)} claims to replace a document count for nothing",
            why=f"What should be out of date is answered as current: {listed}",
            move="Name the document by its path in the front matter (`supersedes: folder/old.md`), or "
            "correct its title",
        )


def _hidden(loaded: LoadedWorkflow, facts: Facts) -> Iterator[Advice]:
    hidden, is_indexed = facts.index.hidden, loaded.settings.chunking.include_hidden
    if not hidden:
        return
    worst = any(Hiding.LETTERS in one.characters or Hiding.SLIDES in one.characters for one in hidden)
    more = len(hidden) - MOST_PROBLEMS
    listed = "; ".join(map(str, hidden[:MOST_PROBLEMS])) + (f"; and {more} more" if more > 0 else "")
    yield Advice(
        weight=Weight.RISKY if worst or is_indexed else Weight.BETTER,
        title=f"{len(hidden)} documents hold text that a reader does not see",
        why=f"It may be meant for a program that reads them. It is {'' if is_indexed else 'not '}indexed: "
        f"{listed}",
        move="Open them and see whether that is meant; `holdfast sync --json` lists them  "
        "(chunking: {include_hidden: true} indexes it)",
        place=at_line(loaded, "chunking", "include_hidden") if is_indexed else "",
    )


def at_line(loaded: LoadedWorkflow, *place: str | int) -> str:
    """Return the file, and the line where the deepest written part of a place stands."""
    if loaded.file is None:
        return ""
    for length in range(len(place), 0, -1):
        if line := loaded.line(*place[:length]):
            return f"{FILE} line {line}"
    return FILE
