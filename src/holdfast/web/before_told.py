"""Tell in the reader's words what reviewers answered to the same question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from holdfast.domain.reviews import EarlierCorrection
from holdfast.reviewing.corrected_before import corrected_before
from holdfast.storage.runs import StoredRun
from holdfast.web.telling import citation
from holdfast.web.visits import Visit

NO_CORRECTION: Mapping[str, Any] = {"says": "", "text": "", "since": "", "citations": ()}
"""Every slot of a told correction, empty: the skeleton that the page's script fills."""


def told_corrections(
    visit: Visit, corrections: Sequence[EarlierCorrection], *, run: str
) -> list[dict[str, Any]]:
    """Return corrections as templates show them and a stream sends them, on the page of a run."""
    return [_told(visit, one, run) for one in corrections]


def corrections_beside(visit: Visit, run: StoredRun) -> list[dict[str, Any]]:
    """Return what is to be told beside a run from the records, by what who is here may see now."""
    found = corrected_before(visit.desk.flow.review, run.item, visit.principal, but=run.summary.id)
    return told_corrections(visit, found, run=run.summary.id)


def _told(visit: Visit, one: EarlierCorrection, run: str) -> dict[str, Any]:
    t = visit.t
    says = t("before.same" if one.is_same_words else "before.nearly", who=one.who, at=t.day(one.at))
    since = [
        t(f"before.{name}", documents=", ".join(documents))
        for name, documents in (("changed", one.changed), ("superseded", one.superseded))
        if documents
    ]
    cited = [
        citation(visit, asdict(source), one.index_version, run=run, numbers=None) for source in one.citations
    ]
    return {"says": says, "text": one.text, "since": " ".join(since), "citations": cited}
