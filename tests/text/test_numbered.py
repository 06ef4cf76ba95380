from __future__ import annotations

import pytest

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.lacking import lacks
from holdfast.text.numbered import asked_numbers
from holdfast.text.relevance import rank_sentences

LEDGER = Passage(
    n=1,
    document="ledger/actuals.xlsx",
    text=(
        "6400 | Versicherungen / Insurance | 2000 | Vertrieb DACH | 2026-08 | 4,800.00 | 383.96\n"
        "6650 | Reisekosten / Travel | 1000 | Werk Kassel | 2026-08 | 42,000.00 | 14,699.96\n"
        "6650 | Reisekosten / Travel | 2100 | Ventes France | 2026-08 | 1,200.00 | -35.63"
    ),
    start=0,
    end=240,
    context="Account | Account name | Cost centre | Cost centre name | Month | Budget EUR | Variance EUR",
    metadata=Metadata(title="actuals"),
    chunk_id=1,
    score=1.0,
)
MAIL = Passage(
    n=2,
    document="mails/travel.eml",
    text=(
        "Compte 6650 Travel, centre de coûts 2100, août 2026 : l'écart vient du salon Interclima. "
        "7 personnes, 3 nuits."
    ),
    start=0,
    end=120,
    metadata=Metadata(title="Frais de déplacement août 2026"),
    chunk_id=2,
    score=0.9,
)
POLICY = Passage(
    n=3,
    document="policies/variance.docx",
    text="A variance of an account above 25,000 EUR is explained by the head of controlling.",
    start=0,
    end=80,
    metadata=Metadata(title="Variance policy"),
    chunk_id=3,
    score=0.8,
)
ALL = (LEDGER, MAIL, POLICY)


def best(question: str, *passages: Passage) -> str:
    return rank_sentences(question, passages)[0].sentence.text


def lacking(question: str, *passages: Passage, text: str = "") -> tuple[str, ...]:
    """Return what the best sentence lacks, or the one that holds `text`."""
    ranked = rank_sentences(question, passages)
    return lacks(question, passages, [one for one in ranked if text in one.sentence.text][:1])


def test_a_number_is_a_name_where_papers_put_its_word_before_numbers_or_above_a_column_of_them() -> None:
    def found(question: str) -> dict[str, set[str]]:
        return {word: set(own.numbers) for word, own in asked_numbers(question, ALL).items()}

    assert found("Variance of account 6310 in cost centre 2000?") == {"account": {"6310"}, "centr": {"2000"}}
    assert found("Variance of accounts 6310 and 6400?") == {"account": {"6310", "6400"}}
    assert found("Variance of account no. 6310?") == {"account": {"6310"}}
    assert found("Quel est l'écart du compte 6740 ?") == {"compt": {"6740"}}
    assert found("What was paid in August 2026?") == {}  # a year is a number of a thing in a column only
    assert found("Who explains a variance above 30000?") == {}
    assert found("Is a variance 30000 EUR large?") == {}
    assert found("Who sits in room 1204?") == {}  # no paper numbers rooms


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What is the variance of account 6650 in cost centre 2100?", "6650 | Reisekosten / Travel | 2100"),
        ("What is the variance of cost centre 1000 in account 6650?", "6650 | Reisekosten / Travel | 1000"),
        (
            "What is the variance in account 6400, cost centre 2000?",
            "6400 | Versicherungen / Insurance | 2000",
        ),
    ],
)
def test_the_row_with_every_number_that_was_asked_for_is_best(question: str, row: str) -> None:
    assert best(question, *ALL).startswith(row)
    assert lacking(question, *ALL) == ()


def test_the_row_of_another_number_is_not_the_asked_ones() -> None:
    question = "What is the variance of account 6650 in cost centre 2000 in August 2026?"
    assert lacking(question, LEDGER, text="6400") == ("it is of account 6400, not 6650",)
    assert lacking(question, LEDGER, text="2100") == ("it is of centre 2100, not 2000",)


def test_a_mail_about_another_account_is_not_about_the_asked_one() -> None:
    question = "Quel est l'écart du compte 6740 en août 2026 ?"
    assert "it is of compte 6650, not 6740" in lacking(question, MAIL, text="écart")
    assert "it is of compte 6650, not 6740" in lacking(question, MAIL, text="nuits")
    assert not any("compte" in said for said in lacking("Quel est l'écart du compte 6650 ?", MAIL))


def test_of_two_numbers_each_has_to_be_told() -> None:
    question = "What is the variance of accounts 6400 and 6325?"
    assert lacking(question, LEDGER, text="6400") == ("none of it is said of accounts 6325",)
    ranked = rank_sentences("What is the variance of accounts 6400 and 6650?", (LEDGER,))
    assert not any("numbered" in one.factors for one in ranked)


def test_a_rule_that_names_no_account_holds_for_the_asked_one() -> None:
    assert lacking("Who explains a variance of account 6650 above 25,000 EUR?", *ALL, text="head") == ()


def test_a_row_of_a_lookup_says_its_numbers_behind_the_names_of_its_columns() -> None:
    fetched = Passage(
        n=4,
        document="lookup:ledger",
        text="account: 6310; cost_centre: 3000; variance_eur: 168",
        start=0,
        end=50,
    )
    question = "What is the variance of account 6310 in cost centre 2000?"
    assert "it is of centre 3000, not 2000" in lacking(question, fetched)


def test_a_number_of_thousands_of_digits_is_a_number_like_any_other() -> None:
    endless = "1" * 5_000
    question = f"What is the variance of account {endless} and of account 6650?"
    assert asked_numbers(question, (MAIL, LEDGER))["account"].numbers == {endless, "6650"}
    assert asked_numbers(
        "Account 6310?", (Passage(n=1, document="a", text=f"Account {endless}", start=0, end=9),)
    )
