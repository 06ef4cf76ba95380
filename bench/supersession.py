"""How often papers that say in ordinary words whose place they take are understood, and how often wrongly.

    python bench/supersession.py [--missed]

Every head is read as a document beside the one that it names, and the claims are resolved as after a sync. Found: the
older one ends as superseded by the newer one. The heads are written, not collected: no shared data set holds real
ones. `blind` were written before the rules were read but for their list of verbs, `informed` after; their
gaps are mended and they measure new texts no more. `afterwards` were written then: 8 of 16 were found at first, one
more since `Vorschrift` counts as a paper and a code may be followed by `vom`. The last line counts claims in heads that make none.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from superseding.blind import BLIND, Head
from superseding.informed import AFTERWARDS, INFORMED, NOT

from holdfast.domain.documents import Metadata
from holdfast.domain.indexing import Standing
from holdfast.stages.enriching.standing import standing_of
from holdfast.stages.enriching.supersession import resolve_standings

HERE, THERE = "papers/this.md", "papers/other.md"


def main() -> None:
    """Print the recall by half and language, then the false claims."""
    for name, heads in (("blind", BLIND), ("informed", INFORMED), ("afterwards", AFTERWARDS)):
        for language in ("en", "de", "fr", ""):
            report(f"{name} {language or 'all'}", [one for one in heads if language in ("", one.language)])
    false = [head for head in NOT if is_found(head)]
    print(f"{'false claims':<16} {len(false)} of {len(NOT)}")
    if "--missed" in sys.argv:
        for head in (one for one in (*BLIND, *INFORMED, *AFTERWARDS) if not is_found(one)):
            print(f"missed: {' / '.join(head.text.split(chr(10)))!r}")
        for head in false:
            print(f"false: {' / '.join(head.text.split(chr(10)))!r}")


def report(name: str, heads: Sequence[Head]) -> None:
    """Print one line."""
    found = sum(map(is_found, heads))
    print(f"{name:<16} {found} of {len(heads)} = {found / len(heads):.3f}")


def is_found(head: Head) -> bool:
    """Return whether the older paper ends as superseded by the newer one."""
    title = head.text.splitlines()[0].strip()
    said = standing_of(head.text, {}, title=title)
    here = Metadata(title=title, supersedes=said.supersedes, superseded_by=said.superseded_by)
    there = Metadata(title=head.older or head.newer)
    standings = [
        Standing(source="s", path=path, title=one.title, metadata=one, entries=frozenset({"everyone"}))
        for path, one in ((HERE, here), (THERE, there))
    ]
    found = resolve_standings(standings).superseded
    return found == ({("s", THERE): HERE} if head.older else {("s", HERE): THERE})


if __name__ == "__main__":
    main()
