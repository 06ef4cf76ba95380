"""Look up what reviewers have decided when the same question was asked before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.reviews import FINISHING, Action, EarlierCorrection, ReviewItem
from holdfast.reviewing.record_sources import sources_of_verdict
from holdfast.reviewing.review import Review, ReviewCase
from holdfast.reviewing.sources import citation_of
from holdfast.reviewing.verdicts import verdict_of
from holdfast.storage import review_queue
from holdfast.storage.access_lists import entries_of
from holdfast.storage.decisions import decisions_on
from holdfast.storage.gists import Asking, decided_alike, gist_of_item
from holdfast.storage.places import placed
from holdfast.storage.runs import LOOKUP_PREFIX, evidence_of, find_run_of_its_own, hidden_runs
from holdfast.storage.since import since
from holdfast.storage.visibility import hidden_among

MOST = 3
"""Corrections, or cases, that are told."""
_AT_ONCE = 20


def corrected_before(
    review: Review, item: Mapping[str, Any], principal: Principal, *, but: str = ""
) -> tuple[EarlierCorrection, ...]:
    """Return what reviewers sent in their own words to whoever asked the same, newest first, at most three.

    `item` is as it is on record, `but` its own run. One counts only while it stands (what was approved,
    withdrawn or handed over again since does not), and only for who may read today every document in the
    records of its run; where there was none, for who asked and who corrected. Of the others nothing is told.
    """
    found: list[EarlierCorrection] = []
    texts = set[str]()
    with review.database.read() as connection:
        for one in _visible(connection, review, item, principal, verdicts=(Action.EDIT,), but=but):
            correction = _correction(connection, one, principal)
            if correction is None or correction.text in texts:
                continue
            found.append(correction)
            texts.add(correction.text)
            if len(found) == MOST:
                break
    return tuple(found)


def decided_before(review: Review, case: ReviewCase, principal: Principal) -> tuple[ReviewItem, ...]:
    """Return finished cases of the same question that a reviewer may see, newest first, at most three."""
    with review.database.read() as connection:
        alike = _visible(connection, review, case.run.item, principal, verdicts=FINISHING, but=case.item.run)
        runs = [one.run for one in islice(alike, MOST)]
        items = review_queue.items_of(connection, runs)
    return tuple(items[run] for run in runs if run in items)


def _visible(
    connection: sa.Connection,
    review: Review,
    item: Mapping[str, Any],
    principal: Principal,
    *,
    verdicts: tuple[Action, ...],
    but: str,
) -> Iterator[Asking]:
    """Yield finished cases that ask the same and hold nothing that the principal may not see today."""
    least = review.settings.same_question
    gist = gist_of_item(item) if least else None
    if gist is None:
        return
    lookups = review.seen_lookups(principal)
    alike = decided_alike(connection, gist, least=least, verdicts=verdicts, but=but)
    for at in range(0, len(alike), _AT_ONCE):
        some = alike[at : at + _AT_ONCE]
        hidden = hidden_runs(connection, [one.run for one in some], principal, lookups=lookups)
        yield from (one for one in some if one.run not in hidden)


def _correction(connection: sa.Connection, alike: Asking, principal: Principal) -> EarlierCorrection | None:
    """Return what was sent in a case that `_visible` let through, None where it is not to be told."""
    evidence = evidence_of(connection, alike.run)
    documents = [one for one in evidence if not one.startswith(LOOKUP_PREFIX)]
    if hidden_among(connection, documents, entries=entries_of(principal)):
        return None  # a document that is gone from its source may be read by nobody
    run = find_run_of_its_own(connection, alike.run)
    verdict = verdict_of(run, decisions_on(connection, alike.run)) if run is not None else None
    if run is None or verdict is None or verdict.action is not Action.EDIT:
        return None
    if not (verdict.text.strip() or verdict.record):
        return None
    if not evidence and principal.user not in (run.summary.user, verdict.who):
        return None  # nothing says who may see it
    cited = placed(connection, map(citation_of, sources_of_verdict(run, verdict)))
    rests_on = {one.document for one in cited}
    if not rests_on <= evidence:
        return None
    rests_on = rests_on or {str(one["document"]) for one in run.outcome.get("citations") or ()}
    became = since(connection, rests_on, run.summary.index_version)
    return EarlierCorrection(
        run=alike.run, who=verdict.who, at=verdict.at, text=verdict.text, citations=cited,
        index_version=run.summary.index_version, is_same_words=alike.overlap >= 1,
        changed=became.changed, superseded=became.superseded, record=verdict.record,
    )  # fmt: skip
