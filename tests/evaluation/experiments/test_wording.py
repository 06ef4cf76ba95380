from __future__ import annotations

import pytest

from holdfast.domain.scores import Unit
from holdfast.evaluation.experiments.wording import difference


@pytest.mark.parametrize(
    ("number", "unit", "told"),
    [
        (-0.0, "count", "+0.00"),
        (-0.004, "count", "+0.00"),
        (-0.0004, "share", "+0.0 pt"),
        (-0.0523, "share", "-5.2 pt"),
        (1234.5, "characters", "+1,234"),
        (None, "share", "-"),
    ],
)
def test_a_difference_has_its_sign_and_nothing_is_no_less_than_nothing(
    number: float | None, unit: Unit, told: str
) -> None:
    assert difference(number, unit) == told
