"""Evidence counts by where it stands in the text that is read, however that text was cut."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation
from holdfast.domain.documents import Section
from holdfast.domain.hits import Hit
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.domain.observed import Wanted
from holdfast.evaluation.quotes import occurrences
from holdfast.evaluation.reading import evidence_at_10, holds_all, targets_of
from holdfast.testing.records import document

TABLE = "Interval | Every 2,500 h | Fitter\n**Oil** is `VG 68`.\nLeakage: 12 bar at 2 bar\n"
PAGES = "Torque 24 Nm.\n\nTorque 24 Nm.\n"


def found(text: str, quote: str, locator: Locator = NOWHERE) -> list[str]:
    """Return each place of the quote as the document has it."""
    places = occurrences(document("a.md", text), quote, locator)
    return [" ".join(text[start:end] for start, end in words) for words in places]


@pytest.mark.parametrize(
    ("quote", "places"),
    [
        ("Interval Every 2,500 h Fitter", ["Interval Every 2,500 h Fitter"]),
        ("oil is VG 68.", ["Oil is VG 68 ."]),
        ("2 bar", ["2 bar"]),  # not the one inside 12 bar
        ("2,600 h", []),
        ("|", []),
        ("", []),
    ],
)
def test_a_quote_is_found_whatever_layout_stands_between_its_words(quote: str, places: list[str]) -> None:
    assert found(TABLE, quote) == places


def test_a_locator_tells_several_places_of_one_quote_apart() -> None:
    sections = (
        Section(start=0, end=15, locator=Locator(page=1)), Section(start=15, end=29, locator=Locator(page=2)),
    )  # fmt: skip
    paper = replace(document("a.md", PAGES), sections=sections)
    assert len(occurrences(paper, "Torque 24 Nm.", NOWHERE)) == 2
    (second,) = occurrences(paper, "Torque 24 Nm.", Locator(page=2))
    assert second[0] == (15, 21)
    assert len(occurrences(paper, "Torque 24 Nm.", Locator(page=9))) == 2


@given(st.text("abc |*\n", max_size=40), st.text("abc |*\n", max_size=6))
def test_places_hold_the_quote_s_words_in_order(text: str, quote: str) -> None:
    plain = quote.translate({ord(mark): None for mark in " |*\n"})
    for place in occurrences(document("a.md", text), quote, NOWHERE):
        assert "".join(text[start:end] for start, end in place) == plain


@given(st.text(max_size=40), st.text("aB ß|İ\u00a0", max_size=60), st.text(max_size=40))
def test_every_whole_text_is_found_in_itself_between_others(before: str, text: str, after: str) -> None:
    """Whatever letters become several when case does not count (`ß`), offsets stay those of the text."""
    whole = f"{before} \n{text}\n {after}"
    places = occurrences(document("a.md", whole), text, NOWHERE)
    start, end = len(before) + 2, len(before) + 2 + len(text)
    if any(not one.isspace() and one != "|" for one in text):
        assert any(start <= words[0][0] and words[-1][1] <= end for words in places)


def hit(start: int, end: int, *, path: str = "a.md") -> Hit:
    return Hit(chunk_id=start, document=path, ordinal=0, text="", start=start, end=end)


QUOTE = Wanted(document="a.md", occurrences=(((100, 105), (106, 110)),))
OTHER = hit(0, 300, path="b.md")


def test_one_piece_of_evidence_counts_as_in_ndcg_at_10() -> None:
    assert evidence_at_10([hit(90, 400), OTHER], [QUOTE]) == 1.0
    assert evidence_at_10([OTHER, OTHER, hit(90, 400)], [QUOTE]) == 1 / math.log2(4)
    assert evidence_at_10([OTHER] * 10 + [hit(90, 400)], [QUOTE]) == 0.0
    assert evidence_at_10([OTHER], [QUOTE]) == 0.0


def test_a_long_hit_takes_as_many_places_as_its_text_fills() -> None:
    long = hit(0, 1600, path="b.md")
    assert evidence_at_10([long, hit(90, 400)], [QUOTE]) == 1 / math.log2(4)
    assert evidence_at_10([hit(0, 4000)], [QUOTE]) == 1 / math.log2(6)


def test_a_quote_cut_in_two_counts_when_both_halves_have_been_read() -> None:
    assert evidence_at_10([hit(0, 105), OTHER, hit(106, 300)], [QUOTE]) == 1 / math.log2(4)
    assert evidence_at_10([hit(0, 105), OTHER], [QUOTE]) == 0.0


def test_any_of_several_places_is_enough_and_all_pieces_are_wanted() -> None:
    twice = Wanted(document="a.md", occurrences=(((900, 905),), ((100, 105),)))
    whole = Wanted(document="b.md")
    assert evidence_at_10([hit(90, 400)], [twice]) == 1.0
    assert evidence_at_10([hit(90, 400)], [twice, whole]) == 0.5
    assert not holds_all([hit(90, 400)], [twice, whole])
    assert holds_all([hit(90, 400), OTHER], [twice, whole])


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(1, 900), st.sampled_from(["a.md", "b.md"])), max_size=15
    )
)
def test_the_figure_lies_between_0_and_1_and_more_hits_never_lower_it(
    spans: list[tuple[int, int, str]],
) -> None:
    hits = [hit(start, start + length, path=path) for start, length, path in spans]
    figures = [evidence_at_10(hits[:n], [QUOTE, Wanted(document="b.md")]) for n in range(len(hits) + 1)]
    assert figures == sorted(figures)
    assert all(0 <= one <= 1 for one in figures)


def case(document_: str, quote: str, *, user: str = "ana", outcome: str = "answer") -> Case:
    evidence = Evidence(document=document_, quote=quote, line=7)
    return Case(
        id="c", question="?", principal=Principal(user=user), file="golden/c.yaml", line=3,
        expect=Expectation(outcome=outcome, evidence=(evidence,)),  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_cannot_be_measured_is_left_out_with_its_reason() -> None:
    papers = {
        "open.md": document("open.md", "The bolt takes 24 Nm."),
        "closed.md": document("closed.md", "Price 9 EUR.", entries=["sales"]),
    }
    cases = [
        case("open.md", "takes 24 Nm"), case("open.md", "takes 25 Nm"), case("closed.md", "Price 9"),
        case("gone.md", "x"), case("open.md", "takes 24 Nm", outcome="refusal"), case("lookup:orders", "x"),
    ]  # fmt: skip
    targets, left_out = targets_of(cases, papers.get)
    assert [target.case for target in targets] == cases[:1]
    assert [one.reason for one in left_out] == [
        "the quote of line 7 does not stand in open.md",
        "ana may not see closed.md",
        "gone.md is not indexed",
    ]
    assert left_out[0].case == "golden/c.yaml line 3 (c)"
