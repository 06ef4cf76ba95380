from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from holdfast.reviewing.sources import MOST_UNCITED, marks_of, shown_of, sources_of
from holdfast.storage.runs import RunSummary, StoredRun, StoredStage

SUMMARY = RunSummary(
    id="67f104", item_id="i", question="q", kind="answer", model="m", degraded="", fallback="", user="ana",
    version="v", index_version=1, cost_usd=0, started_at=datetime(2026, 1, 1, tzinfo=UTC), took_ms=1,
)  # fmt: skip
PLACE: dict[str, Any] = {"heading": [], "page": None}


def passage(n: int, document: str, text: str) -> dict[str, Any]:
    return {"n": n, "document": document, "text": text, "start": 10, "end": 10 + len(text), "locator": PLACE}


def cited(n: int, one: dict[str, Any], quote: str) -> dict[str, Any]:
    start = one["start"] + one["text"].index(quote)
    return {
        "n": n, "document": one["document"], "title": one["document"], "quote": quote, "start": start,
        "end": start + len(quote), "locator": PLACE,
    }  # fmt: skip


def run(passages: list[dict[str, Any]], **outcome: Any) -> StoredRun:
    stage = StoredStage(
        stage="assembly", part="", given=None, made={"passages": passages}, took_ms=1, cost_usd=0, error=""
    )
    return StoredRun(summary=SUMMARY, item={}, outcome=outcome, stages=(stage,))


SEALS = passage(1, "seals.md", "Seals are changed yearly. Wear gloves.")
PUMPS = passage(2, "pumps.md", "Pumps run dry. Close the valve first.")
OILS = passage(3, "oils.md", "Oil is drained warm.")


def test_every_passage_has_one_number_and_the_cited_ones_keep_theirs() -> None:
    shown = shown_of(run([SEALS, PUMPS, OILS], citations=[cited(1, PUMPS, "Close the valve first.")]))
    assert [(one.n, one.document, one.is_cited) for one in shown] == [
        (1, "pumps.md", True), (2, "seals.md", False), (3, "oils.md", False),
    ]  # fmt: skip
    assert (shown[0].text, shown[0].quote) == (PUMPS["text"], "Close the valve first.")


def test_what_came_nearest_is_named_by_the_number_it_is_shown_with() -> None:
    whole = run([SEALS, PUMPS], nearest=[cited(1, PUMPS, "Pumps run dry.")])
    assert [(one.n, one.document, one.quote) for one in shown_of(whole)] == [
        (2, "pumps.md", "Pumps run dry."), (1, "seals.md", ""),
    ]  # fmt: skip
    (source,) = sources_of(whole, "Close the valve [2].")
    assert (source["document"], source["quote"]) == ("pumps.md", "Close the valve first.")
    assert source["start"] == PUMPS["start"] + PUMPS["text"].index("Close")


def test_what_is_not_shown_has_no_number() -> None:
    many = [passage(n, f"{n}.md", f"Text {n}.") for n in range(1, MOST_UNCITED + 4)]
    assert len(shown_of(run(many))) == MOST_UNCITED
    assert sources_of(run(many), f"So it is [{MOST_UNCITED + 1}].") == ()
    assert shown_of(run([])) == ()


def test_a_citation_of_no_passage_is_shown_by_its_quote() -> None:
    (one,) = shown_of(run([], citations=[cited(1, SEALS, "Wear gloves.")]))
    assert (one.text, one.quote, one.start) == ("Wear gloves.", "Wear gloves.", one.quote_start)


def test_marks_are_read_singly_and_together() -> None:
    assert marks_of("So [2], and thus [1, 3]; not [x].") == (1, 2, 3)


def test_what_a_correction_says_chooses_the_quote_and_not_what_the_draft_said() -> None:
    whole = run(
        [SEALS, PUMPS], citations=[cited(1, PUMPS, "Pumps run dry."), cited(2, SEALS, "Wear gloves.")]
    )
    for text, quotes in (
        ("Close the valve first [1].", ["Close the valve first."]),
        ("Close the valve first. [1] Wear gloves [2].", ["Close the valve first.", "Wear gloves."]),
        ("Pumps run dry [1].", ["Pumps run dry."]),
        ("It is as it says [1].", ["Pumps run dry."]),  # no sentence has more of it: the draft's stays
    ):
        found = sources_of(whole, text)
        assert [one["quote"] for one in found] == quotes
        for one in found:
            page = PUMPS if one["document"] == "pumps.md" else SEALS
            assert page["text"][one["start"] - 10 : one["end"] - 10] == one["quote"]


LEDGER = {
    **passage(1, "ledger.xlsx", "6310 | 42,000.00 | 45,359.96\n6325 | 9,500.00 | 8,360.00"),
    "context": "Ledger > August\nAccount | Budget EUR | Actual EUR",
}


def test_rows_are_shown_below_the_names_of_their_columns() -> None:
    (one,) = shown_of(run([LEDGER], citations=[cited(1, LEDGER, "6325 | 9,500.00 | 8,360.00")]))
    assert one.header == "Account | Budget EUR | Actual EUR"
    assert (one.text, one.start) == (LEDGER["text"], LEDGER["start"])
    whole = {**LEDGER, "text": f"{one.header}\n{LEDGER['text']}"}
    assert [one.header for one in shown_of(run([whole, SEALS]))] == ["", ""]


def test_where_a_rule_ended_the_item_the_rows_that_it_read_are_shown_first() -> None:
    found = StoredStage(
        stage="retrieval", part="", given=None, made={"hits": [SEALS]}, took_ms=1, cost_usd=0, error=""
    )
    row = {"lookup": "ledger", "values": {"account": "6310", "variance_eur": "21250.04"}, "locator": PLACE}
    looked_up = replace(found, stage="lookups", made={"rows": [row], "skipped": [], "failed": []})
    handed_over = StoredRun(summary=SUMMARY, item={}, outcome={}, stages=(found, looked_up))
    first, second = shown_of(handed_over)
    assert (first.n, first.document, first.text) == (
        1,
        "lookup:ledger",
        "account: 6310; variance_eur: 21250.04",
    )
    assert (second.n, second.document) == (2, "seals.md")
    (source,) = sources_of(handed_over, "The rent was paid twice [1].")
    assert (source["document"], source["quote"]) == (first.document, first.text)
