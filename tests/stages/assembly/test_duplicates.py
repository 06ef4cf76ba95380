"""Only a passage that adds nothing is a duplicate."""

from __future__ import annotations

import pytest

from holdfast.domain.hits import Hit
from holdfast.stages.assembly.duplicates import repeats, shape_of

TEXT = (
    "Before the pump is opened the pressure is let off through the bleed screw and the motor is locked. "
    "The cover screws are tightened crosswise to 24 Nm and checked after one hour of operation at full load."
)


def says_again(later: str, earlier: str, *, context: str = "") -> bool:
    shapes = [
        shape_of(Hit(chunk_id=1, document="d", ordinal=0, text=text, start=0, end=len(text), context=words))
        for text, words in ((later, context), (earlier, ""))
    ]
    return repeats(shapes[0], shapes[1], share=0.9)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (TEXT, True),
        (TEXT.upper(), True),
        (TEXT[: len(TEXT) // 2], True),
        (TEXT.replace("24 Nm", "26 Nm"), False),
        (TEXT.replace("are tightened", "are not tightened"), False),
        (TEXT.replace("is locked", "isn't locked"), False),
        (
            TEXT
            + " The seal ring is replaced every second year, with grease of the kind named in the table.",
            False,
        ),
        ("Tighten to 24 Nm.", False),
        ("...", True),
    ],
)
def test_numbers_and_negations_make_the_difference(later: str, *, expected: bool) -> None:
    assert says_again(later, TEXT) is expected


def test_a_number_in_the_heading_counts() -> None:
    assert not says_again(TEXT, TEXT, context="Pump P7")
