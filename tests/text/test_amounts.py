from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.amounts import amounts, currency_of, readings


@pytest.mark.parametrize(
    "written",
    [
        "EUR 12,500",
        "12,500 EUR",
        "12.500 EUR",
        "12 500 EUR",
        "12 500 euros",
        "12500 euro",
        "€12,500",
        "€ 12.500,00",
        "EUR 12.500,-",
        "EUR 12'500.00",
        "12.5k EUR",
        "EUR 12.5k",
        "k€ 12.5",
        "12,5 TEUR",
        "TEUR 12,5",
        "EUR12500",
        "EUR 12\u202f500",
        "12\u00a0500,00 €",
        "eur 12500",
        "12,500 EURO",
        "12500€",
        "0.0125 million EUR",
        "0,0125 Mio. EUR",
        "twelve thousand five hundred; that is EUR 12500.",
    ],
)
def test_an_amount_is_read_however_it_is_written(written: str) -> None:
    assert max(amounts(f"We claim {written} for it.", "EUR")) == pytest.approx(12500)


def test_number_words_count_too() -> None:
    assert amounts("We claim twelve thousand euros.", "EUR") == (12000.0,)


@pytest.mark.parametrize(
    ("text", "currency", "told"),
    [
        ("We claim 300 EUR and 12,500 USD.", "EUR", (300.0,)),
        ("Room 12, 500 EUR", "EUR", (500.0,)),
        ("Order 4711 500 EUR", "EUR", (500.0,)),
        ("from 5,000-12,500 EUR", "EUR", (12500.0,)),
        ("a credit of EUR -500", "EUR", (-500.0,)),
        ("SO-10423 for zł 900 and 800 PLN", "PLN", (900.0, 800.0)),
        ("12,500 kg of EUROPALLETS", "EUR", ()),
        ("nothing", "EUR", ()),
    ],
)
def test_only_amounts_of_the_currency_count(text: str, currency: str, told: tuple[float, ...]) -> None:
    assert amounts(text, currency) == told


def test_a_point_before_three_digits_is_read_both_ways() -> None:
    assert readings("12.500") == (12.5, 12500.0)
    assert readings("12.500,00") == readings("12,500.00") == readings("12 500") == (12500.0,)
    assert readings("0.125") == (0.125,)
    assert readings("1.250.000") == (1250000.0,)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12.000,50", (12000.5,)),
        ("€ 12.000", (12.0, 12000.0)),
        ("EUR 12 000", (12000.0,)),
        ("12 TEUR", (12000.0,)),
        ("12,000 or 13,000", ()),
        ("SO-10423", ()),
        ("4 bar", ()),
        ("", ()),
    ],
)
def test_a_text_that_is_one_amount_is_read_as_a_whole(text: str, values: tuple[float, ...]) -> None:
    assert readings(text) == values


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("EUR", "EUR"),
        ("eur", "EUR"),
        ("Euro", "EUR"),
        ("€", "EUR"),
        ("$", "USD"),
        ("PLN", "PLN"),
        ("zł", "PLN"),
    ],
)
def test_a_currency_is_known_by_any_of_its_names(written: str, code: str) -> None:
    assert currency_of(written) == code


def test_what_is_no_currency_has_no_code() -> None:
    assert currency_of("ERU") == ""


@given(st.integers(min_value=1000, max_value=999_999_999), st.sampled_from([",", ".", " ", "'", "\u202f"]))
def test_grouping_never_hides_an_amount(value: int, mark: str) -> None:
    written = f"{value:,}".replace(",", mark)
    assert max(amounts(f"It is {written} EUR.", "EUR")) == value
    assert max(amounts(f"It is EUR {written}.", "EUR")) == value


@pytest.mark.parametrize("piece", ["123 ", "1,234", "EUR ", "EUR 1 ", "9", "1.1"])
def test_a_long_text_of_numbers_takes_no_time_to_speak_of(piece: str) -> None:
    started = time.perf_counter()
    amounts(piece * (50_000 // len(piece)), "EUR")
    assert time.perf_counter() - started < 3
