"""Tell an outcome in the reader's words, as templates show it and as a stream sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from holdfast.domain.attempts import Attempt
from holdfast.domain.items import ATTACHED, is_attached
from holdfast.domain.locators import Locator
from holdfast.domain.outcomes import kind_of
from holdfast.domain.runs import Run
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun
from holdfast.web.numbering import Numbering, numbering_of
from holdfast.web.reasons import told_reason
from holdfast.web.rendering import href_of_attached
from holdfast.web.visits import Visit
from holdfast.web.wording import Wording

CITING = ("answer", "escalation")
BLANK: Mapping[str, Any] = {
    "run": "", "run_href": "", "kind": "", "state": "", "ended": "", "text": "", "reason": "",
    "confidence": "", "degraded": "", "fallback": "", "citations": (), "nearest": (), "options": (),
    "route": "", "contact": "", "draft": "", "output": "", "model": "", "took": "", "cost": "",
}  # fmt: skip
"""Every slot of a told outcome, empty: the skeleton that the page's script fills."""


def told_run(visit: Visit, run: Run) -> dict[str, Any]:
    """Return a run that has just ended."""
    return _told(
        visit, kind=kind_of(run.outcome), outcome=asdict(run.outcome), run=run.id, model=run.model,
        degraded=run.degraded, fallback=run.fallback, took_ms=run.took_ms, cost_usd=run.known_cost_usd,
        index_version=run.index_version, attempts=run.attempts,
    )  # fmt: skip


def told_stored(visit: Visit, run: StoredRun, *, as_recorded: bool = False) -> dict[str, Any]:
    """Return a run from the records; `as_recorded`: its sources with the numbers of the prompt."""
    one = run.summary
    return _told(
        visit, kind=one.kind, outcome=run.outcome or {}, run=one.id, model=one.model, degraded=one.degraded,
        fallback=one.fallback, took_ms=one.took_ms, cost_usd=one.cost_usd, index_version=one.index_version,
        attempts=run.attempts, as_recorded=as_recorded,
    )  # fmt: skip


def numbering_in(outcome: Mapping[str, Any]) -> Numbering:
    """Return the numbers under which an outcome's sources are shown."""
    cited = (one["n"] for one in (*outcome.get("citations", ()), *outcome.get("nearest", ())))
    return numbering_of((outcome.get("text", ""), outcome.get("draft", "")), cited)


def _told(
    visit: Visit,
    *,
    kind: str,
    outcome: Mapping[str, Any],
    run: str,
    model: str,
    degraded: str,
    fallback: str,
    took_ms: float,
    cost_usd: float | None,
    index_version: int,
    attempts: Sequence[Attempt],
    as_recorded: bool = False,
) -> dict[str, Any]:
    t = visit.t
    has_confidence = kind == "answer" and outcome.get("confidence")
    output = outcome.get("output") if kind == "answer" else None
    numbers = numbering_in(outcome)
    marked = str if as_recorded else numbers.text

    def listed(slot: str) -> list[dict[str, Any]]:
        told = [
            citation(visit, one, index_version, run=run, numbers=None if as_recorded else numbers)
            for one in outcome.get(slot, ())
        ]
        return sorted(told, key=lambda one: int(one["n"]))

    return {
        **BLANK,
        "run": run,
        "run_href": f"{visit.home}/runs/{run}",
        "kind": kind,
        "state": t.kind(kind),
        "ended": t.under("ended.").get(kind, t.kind(kind)),
        "text": marked(outcome.get("text", "")),
        "reason": told_reason(t, _further(outcome.get("reason", ""), outcome.get("text", ""))),
        "confidence": t.confidence(outcome["confidence"]) if has_confidence else "",
        "degraded": degraded,
        "fallback": "" if degraded else fallback,
        "citations": listed("citations"),
        "nearest": listed("nearest"),
        "options": list(outcome.get("options", ())),
        "route": outcome.get("route", ""),
        "contact": outcome.get("contact", ""),
        "draft": marked(outcome.get("draft", "")),
        "output": "" if output is None else json.dumps(output, ensure_ascii=False, indent=2, default=str),
        "model": t.model(model),
        "took": t.took(took_ms),
        "cost": told_cost(t, cost_usd, attempts),
    }


def told_cost(t: Wording, cost_usd: float | None, attempts: Sequence[Attempt]) -> str:
    """Return what a run cost with the tokens it took, and where nothing was paid, why."""
    tokens = t.number(sum(one.usage.input_tokens + one.usage.output_tokens for one in attempts))
    if attempts or cost_usd:
        return t("cost.tokens", cost=t.usd(cost_usd), tokens=tokens)
    return t("cost.nomodel", cost=t.usd(cost_usd))


def _further(reason: str, text: str) -> str:
    """Return what a reason says that does not stand in the text above it."""
    said = text.strip()
    if not said or not reason.startswith(said):
        return reason
    return reason.removeprefix(said).strip().removeprefix("(").removesuffix(")")


def citation(
    visit: Visit, cited: Mapping[str, Any], index_version: int, *, run: str, numbers: Numbering | None
) -> dict[str, Any]:
    """Return one citation with its label, where its passage is found and the way back from there."""
    document = cited["document"]
    title, place = cited["title"] or document, place_of(visit.t, cited.get("locator"))
    where = urlencode({"path": document, "start": cited["start"], "end": cited["end"], "at": index_version})
    is_row = document.startswith(LOOKUP_PREFIX) or is_attached(document)
    href = "" if is_row else f"{visit.home}/document?{where}&{way_back(visit, run)}#passage"
    if is_attached(document):  # its text stands on the pages of its run
        place, href = visit.t("citation.attached"), href_of_attached(document)
    n = numbers.of(cited["n"]) if numbers else cited["n"]
    return {
        "n": n,
        "recorded": cited["n"],
        "label": visit.t("citation.label", n=n, title=title, place=place or document),
        "title": title,
        "document": document,
        "place": place,
        "quote": cited["quote"],
        "href": href,
        "passage": "" if is_row else f"{visit.home}/passage?{where}",
    }


def told_attached(visit: Visit, document: str) -> dict[str, str]:
    """Return what is told of a cited attachment on a page that shows its text: name, place, the way there."""
    name = document.removeprefix(ATTACHED)
    return {"document": name, "place": visit.t("citation.attached"), "href": href_of_attached(document)}


def way_back(visit: Visit, run: str) -> str:
    """Return the part of a passage's address that leads back to the page that it is opened from."""
    here = visit.url.removeprefix(visit.home)
    back = "review" if here.startswith("/review") else "ask" if here.startswith(("/ask", "/api")) else "runs"
    return urlencode({"back": back, "run": run})


def place_of(t: Wording, locator: Any) -> str:
    """Return a locator in words, one that was read back from the records too."""
    found = located(locator)
    return t.place(found) if found is not None else ""


def located(locator: Any) -> Locator | None:
    """Return a locator as it is or was read back from the records, None where there is none."""
    if isinstance(locator, Locator):
        return locator
    if not locator:
        return None
    return Locator(**{**locator, "heading": tuple(locator.get("heading") or ())})
