from __future__ import annotations

import pytest

from holdfast.text.numbers import days, quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("innerhalb von sieben Tagen", 7, "day"),
        ("einundzwanzig Tage", 21, "day"),
        ("zweihundert Euro", 200, "EUR"),
        ("ab fünf Pumpen", 5, ""),
        ("dans un délai de trois jours", 3, "day"),
        ("vingt et un jours", 21, "day"),
        ("quatre-vingt-dix jours", 90, "day"),
        ("neuf mois", 9, "month"),
        ("tres semanas", 3, "week"),
        ("due settimane", 2, "week"),
        ("acht dagen", 8, "day"),
    ],
)
def test_number_words_of_other_languages_are_read(text: str, value: float, unit: str) -> None:
    (found,) = quantities(text)
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize("text", ["an article that is neuf", "payment is due", "in Acht nehmen", "once more"])
def test_words_that_are_numbers_elsewhere_count_with_a_unit_only(text: str) -> None:
    assert quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("le 3 mars 2026", (2026, 3, 3)),
        ("1er août 2025", (2025, 8, 1)),
        ("15 juillet 2026", (2026, 7, 15)),
        ("12. Januar 2026", (2026, 1, 12)),
        ("3 de marzo de 2026", (2026, 3, 3)),
        ("2 maggio 2025", (2025, 5, 2)),
        ("5 mei 2026", (2026, 5, 5)),
    ],
)
def test_dates_of_other_languages_are_read(text: str, day: tuple[int, int, int]) -> None:
    (found,) = days(text)
    assert (found.year, found.month, found.day) == day
