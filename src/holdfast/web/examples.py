"""Questions that show what can be asked here, from golden cases whose evidence the person may see."""

from __future__ import annotations

from holdfast.casework import cases_seen_by
from holdfast.domain.cases import COMMON, EDGE, Case
from holdfast.errors import HoldfastError
from holdfast.evaluation.cases import edition_of, load_cases, to_run
from holdfast.web.visits import Visit

KINDS = (COMMON, EDGE)
SHOWN = 3
LONGEST = 140
"""Characters of a question that is offered."""
MOST_HELD = 60
"""Cases that are held against what the person may see."""
WAIT_S = 0.15
"""What a page waits for cases that are not read yet; the next one has them."""


def examples_for(visit: Visit) -> tuple[str, ...]:
    """Return up to three questions, none where golden cases cannot be read."""
    wiring = visit.desk.flow.wiring
    try:
        key = ("examples", wiring.folder, edition_of(wiring.folder))
        cases = visit.workbench.figures.of(key, lambda: _offered(load_cases(wiring.folder)), wait_s=WAIT_S)
        seen = cases_seen_by(wiring, cases or (), visit.principal)
    except (HoldfastError, OSError):
        return ()
    return tuple(dict.fromkeys(one.question.strip() for one in seen))[:SHOWN]


def _offered(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return the cases that can be asked as they are: one question that the documents answer.

    Common ones first; of each document the first one before the second, so that examples differ.
    """
    fit = [
        one
        for kind in KINDS
        for one in to_run(cases)
        if one.kind == kind and one.in_documents and one.expect.outcome == "answer"
        and not (one.fields or one.attachments or one.history) and len(one.question) <= LONGEST
    ]  # fmt: skip
    first = {one.in_documents[0].document: one for one in reversed(fit)}
    varied = [one for one in fit if first[one.in_documents[0].document] is one]
    return tuple([*varied, *(one for one in fit if one not in varied)][:MOST_HELD])
