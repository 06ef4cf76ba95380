"""The laws of an Intake."""

from __future__ import annotations

import pytest

from holdfast.errors import UsageError
from holdfast.protocols import Intake


class IntakeContract:
    """Override `part` with an intake of two items or more, and `broken` with one that cannot be read."""

    @pytest.fixture
    def part(self) -> Intake:
        """Return the intake under test."""
        raise NotImplementedError("override the fixture `part`: return an Intake of two items or more")

    @pytest.fixture
    def broken(self) -> tuple[Intake, int]:
        """Return an intake with a malformed item, and the number of its line."""
        pytest.skip("the fixture `broken` is not overridden: an intake without malformed items")

    def test_every_item_is_somebody_s(self, part: Intake) -> None:
        """It has an id of its own, a principal, and something to work on."""
        items = list(part.items())
        assert len(items) > 1, "the suite needs two items or more"
        assert len({item.id for item in items}) == len(items)
        for item in items:
            assert item.id
            assert item.principal.user
            assert item.question or item.fields or item.attachments
            assert item.received_at.tzinfo is not None

    def test_items_come_in_the_same_order_again(self, part: Intake) -> None:
        """Outcomes are matched to items by their order."""
        assert [item.id for item in part.items()] == [item.id for item in part.items()]

    def test_a_malformed_item_is_named_by_its_line(self, broken: tuple[Intake, int]) -> None:
        """A person has to find and correct it."""
        intake, line = broken
        with pytest.raises(UsageError) as caught:
            list(intake.items())
        assert f"line {line}" in str(caught.value)
