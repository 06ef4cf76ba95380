"""Values of a database read like values in a document."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from holdfast.stages.lookups.statements import in_percent_style, parameters_in
from holdfast.stages.lookups.values import as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (12.0, "12"),
        (0.1, "0.1"),
        (1e16, "10000000000000000"),
        (float("nan"), "NaN"),
        (Decimal("1200.50"), "1200.50"),
        (date(2026, 3, 9), "2026-03-09"),
        (datetime(2026, 3, 9, 14, 5, tzinfo=UTC), "2026-03-09 14:05:00+00:00"),
        (b"abc", "(3 bytes)"),
        ({"a": ["ü"]}, '{"a": ["ü"]}'),
        ("x" * 5_000, "x" * 2_000),
    ],
)
def test_values_are_plain_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_parameters_in_quotes_comments_and_casts_are_none() -> None:
    sql = "SELECT ':a', \":b\", x::text, '%' -- :c\nFROM t /* :d */ WHERE y = :real AND z LIKE :other;"
    assert parameters_in(sql) == {"real", "other"}
    styled = in_percent_style(sql)
    assert "%(real)s" in styled
    assert "'%%'" in styled
    assert "x::text" in styled
    assert not styled.endswith(";")
