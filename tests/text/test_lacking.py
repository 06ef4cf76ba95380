from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.kinds import holds_kind, kind_asked
from holdfast.text.lacking import lacks
from holdfast.text.relevance import rank_sentences

GOLD_PLUS = Passage(
    n=1,
    document="accounts/gold-plus.md",
    text="The monthly maintenance fee is $15.00. External transfers take one business day.",
    start=0,
    end=80,
    context="Gold Plus Account: Complete Guide",
    metadata=Metadata(title="Gold Plus Account: Complete Guide"),
    chunk_id=1,
    score=1.0,
    dense_score=0.7,
)
NAVY = replace(
    GOLD_PLUS,
    document="accounts/navy.md",
    text="You may see a fee on your Navy Blue Account when you use services that carry charges.",
    context="Why am I being charged a fee on my Navy Blue Account?",
    metadata=Metadata(title="Why am I being charged a fee on my Navy Blue Account?"),
)
VALVES = replace(
    GOLD_PLUS,
    document="manuals/hx-250.md",
    text="The pressure test of the HX-250 takes ten minutes. The casing is tested with water.",
    context="HX-250 Manual > Tests",
    metadata=Metadata(title="HX-250 Manual"),
)
OTHER_SIZE = replace(
    GOLD_PLUS,
    n=2,
    document="manuals/hx-300.md",
    text="The gland bolts of the HX-300 have the thread M12.",
    context="HX-300 Manual > Gland",
    metadata=Metadata(title="HX-300 Manual"),
    chunk_id=2,
    score=0.8,
)


def lacking(question: str, *passages: Passage, text: str = "") -> tuple[str, ...]:
    """Return what the best sentence lacks, or the one that holds `text`."""
    ranked = rank_sentences(question, passages)
    return lacks(question, passages, [one for one in ranked if text in one.sentence.text][:1])


def test_a_value_of_another_account_is_not_the_asked_ones() -> None:
    assert lacking("What is the monthly maintenance fee of the Lime Green Account?", GOLD_PLUS) == (
        "it does not name Lime Green Account",
        "it is about Gold Plus Account, not Lime Green Account",
    )


def test_a_name_whose_words_stand_within_a_longer_one_is_another() -> None:
    assert lacking("Why do you charge a fee on my Blue Account?", NAVY) == (
        "it is about Navy Blue Account, not Blue Account",
    )
    assert lacking("What fee is there on my Gold Account?", GOLD_PLUS) == (
        "it is about Gold Plus Account, not Gold Account",
    )


@pytest.mark.parametrize(
    "question",
    [
        "What is the monthly maintenance fee of the Gold Plus Account?",
        "what is the monthly maintenance fee of the gold plus account",
        "WHAT IS THE MONTHLY FEE OF THE LIME GREEN ACCOUNT?",  # capitals say nothing here
        "Wie hoch ist die monatliche Gebühr für das Konto?",
    ],
)
def test_what_names_the_same_or_nothing_lacks_nothing(question: str) -> None:
    assert lacking(question, GOLD_PLUS) == ()


def test_a_name_in_small_letters_is_told_from_its_family_s_others() -> None:
    family = [
        replace(
            GOLD_PLUS, n=n, document=f"{n}.md", context="", text="Transfers.", metadata=Metadata(title=title)
        )
        for n, title in enumerate(("Navy Blue Account", "Bronze Account: Fees"), 2)
    ]
    question = "what is the monthly maintenance fee of the lime green account"
    assert lacking(question, GOLD_PLUS, *family, text="maintenance fee") == ("it is about Gold Plus Account",)
    assert lacking(question, GOLD_PLUS, text="maintenance fee") == ()  # nothing tells that it is a family
    same = question.replace("lime green", "gold plus")
    assert lacking(same, GOLD_PLUS, *family, text="maintenance fee") == ()
    assert lacking("what is the fee of my account", GOLD_PLUS, *family, text="maintenance fee") == ()


def test_a_word_of_a_name_that_the_corpus_holds_everywhere_tells_nothing_apart() -> None:
    others = [
        replace(NAVY, n=n, document=f"help/{n}.md", context="", metadata=Metadata(), text="Rho Bank writes.")
        for n in (2, 3)
    ]
    question = "Which fee does Rho Bank take each month?"
    assert lacking(question, GOLD_PLUS, *others, text="maintenance fee") == ()
    assert lacking(question, GOLD_PLUS, text="maintenance fee") == ("it does not name Rho Bank",)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is the pressure for the HX-250 test?", "it holds no pressure"),
        ("Which hourly rate is paid for the HX-250 test?", "it holds no amount of money"),
        ("At which temperature? What temperature is the HX-250 test done at?", ""),
    ],
)
def test_the_kind_of_value_must_be_there(question: str, told: str) -> None:
    said = lacking(question, VALVES, text="pressure test")
    assert (told in said) if told else "it holds no temperature" in said or said == ()


def test_a_length_of_time_is_found_where_one_is_asked() -> None:
    assert lacking("How long does the pressure test of the HX-250 take?", VALVES, text="ten minutes") == ()


def test_a_code_that_stands_nowhere_near_is_told() -> None:
    assert "none of it is said of HX300" in lacking(
        "How long does the pressure test of the HX-300 take?", VALVES, text="ten minutes"
    )


def test_what_stands_in_a_passage_on_another_size_only_is_no_answer_for_this_one() -> None:
    said = lacking(
        "What thread do the gland bolts of the HX-250 have?", VALVES, OTHER_SIZE, text="tested with water"
    )
    assert said == ("another passage holds more of the question",)


def test_the_row_of_a_lookup_was_fetched_for_the_item_and_is_not_held_against_others() -> None:
    row = replace(VALVES, chunk_id=None, document="lookup:orders", text="order: SO-1; shipped: 2025-04-09")
    passages = (row, OTHER_SIZE)
    chosen = [one for one in rank_sentences("Gland bolts: on what day?", passages) if one.passage is row]
    assert lacks("Gland bolts: on what day?", passages, chosen) == ()


def test_nothing_chosen_lacks_nothing() -> None:
    assert lacks("What is it?", (GOLD_PLUS,), ()) == ()


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What is the release temperature of the brake?", "a temperature"),
        ("Which hourly rate do you pay?", "an amount of money"),
        ("HX-250: lead time?", "a length of time"),
        ("Torque for the gland bolts?", "a torque"),
        ("When was the first vaccine invented?", "a time"),
        ("How many starts per hour are permitted?", "a number"),
        ("What is the pressure switch for?", None),
        ("What time does the canteen close, and who cooks?", None),
        ("Which pump is it?", None),
        ("How does temperature affect the oil?", None),
    ],
)
def test_the_kind_of_value_is_read_from_the_asking_words(question: str, name: str | None) -> None:
    kind = kind_asked(question)
    assert (kind.name if kind else None) == name


@pytest.mark.parametrize(
    ("question", "text", "header", "holds"),
    [
        ("What is the annual fee?", "There is no annual fee.", "", True),
        ("What is the annual fee?", "Fees are listed on the last page.", "", False),
        ("What is the price?", "SK-1201 | 157", "Part | List price EUR", True),
        ("What is the lead time?", "It ships within 4 weeks.", "", True),
        ("What is the lead time?", "P-12 | 4", "Part | Lead time weeks", True),
        ("How many rings are there?", "Five rings, already cut.", "", True),
        ("How many rings are there for size 5?", "Take the rings of size 5.", "", False),
        ("When does it close?", "On Fridays the kitchen closes early.", "", True),
        ("When was it invented?", "It was invented in Vienna.", "", False),
    ],
)
def test_a_text_holds_the_kind_or_not(question: str, text: str, header: str, *, holds: bool) -> None:
    kind = kind_asked(question)
    assert kind is not None
    assert holds_kind(kind, question, text, header) is holds


REGISTER = replace(
    GOLD_PLUS,
    document="changes/register.csv",
    text="C-12 | Coated shaft on request | HX-300 | 2025-09-08 | in review",
    context="change | title | product | effective | status",
    metadata=Metadata(title="register"),
)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "In what month will the coated shaft of the HX-300 be released?",
            ("its dates stand in another column (effective)",),
        ),
        ("When is the coated shaft of the HX-300 effective?", ()),
        ("What date has the coated shaft of the HX-300?", ()),
        ("What is the status of the coated shaft of the HX-300?", ()),
    ],
)
def test_a_date_in_another_column_than_the_one_asked_for_is_no_answer(
    question: str, said: tuple[str, ...]
) -> None:
    ranked = rank_sentences(question, [REGISTER])
    assert lacks(question, [REGISTER], ranked[:1]) == said


@pytest.mark.parametrize(
    ("question", "with_amount", "without"),
    [
        (
            "What does a partner get per hour of warranty work?",
            "Partners are paid 58 EUR per hour.",
            "Hours are paid at the rate of the contract.",
        ),
        (
            "What is charged per visit?",
            "The first visit is free of charge.",
            "Each visit is charged as agreed.",
        ),
    ],
)
def test_what_is_paid_for_a_unit_is_an_amount(question: str, with_amount: str, without: str) -> None:
    kind = kind_asked(question)
    assert kind is not None
    assert holds_kind(kind, question, with_amount)
    assert not holds_kind(kind, question, without)
