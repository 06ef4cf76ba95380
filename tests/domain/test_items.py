from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.items import ItemAttachment, Turn, WorkItem

ANA = Principal(user="ana")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"fields": {"amount_eur": 12000}},
            "the field 'amount_eur' of an item is text, not 12000: write '12000'",
        ),
        ({"fields": {"due": date(2026, 11, 1)}}, "write '2026-11-01'"),
        ({"fields": {"urgent": True}}, "write 'true'"),
        ({"fields": {"order": None}}, "leave it out"),
        ({"fields": {"parts": ["P-1"]}}, "is text, not ['P-1']"),
        ({"fields": {1: "x"}}, "a field's name is text, not 1"),
        ({"id": 7}, "an item's id is text, not 7"),
        ({"question": None}, "an item's question is text, not None"),
        ({"attachments": ["mail.eml"]}, "ItemAttachment"),
        ({"history": ["hello"]}, "Turn"),
    ],
)
def test_what_an_item_cannot_hold_is_told_when_it_is_made(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError) as error:
        WorkItem(**({"id": "1", "principal": ANA} | wrong))
    assert told in str(error.value)


def test_lists_of_attachments_and_turns_are_kept_as_tuples() -> None:
    mail, said = ItemAttachment(name="a", text="b"), Turn(speaker="person", text="hi")  # type: ignore[arg-type]
    made = WorkItem(id="1", principal=ANA, attachments=[mail], history=[said])  # type: ignore[arg-type]
    assert made.attachments == (mail,)
    assert made.history == (said,)
