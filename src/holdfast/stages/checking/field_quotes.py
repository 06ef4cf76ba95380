"""Choose the sentences of a passage that say the fields which cite it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast.stages.checking.citing import LONGEST_QUOTE
from holdfast.stages.checking.fields import REORDERED, StatedField, field_support
from holdfast.stages.checking.support import Evidence
from holdfast.text.sentences import Sentence
from holdfast.text.words import content_stems


def said_fields(fields: Sequence[StatedField], pieces: Sequence[Sentence]) -> list[int]:
    """Return the positions of as few sentences as say the fields, those that lie close together.

    A value that several sentences say is taken from the one that says most, then from the one that has the
    words of the field's name.
    """
    entries = tuple(_entries(fields))
    saying = [{at for at, piece in enumerate(pieces) if _is_said(one, piece)} for one in entries]
    labels = [frozenset(content_stems(one.label)) for one in entries]
    picked: set[int] = set()
    left = {number for number, found in enumerate(saying) if found}
    while left:
        best = max(
            range(len(pieces)),
            key=lambda at: (
                sum(at in saying[number] for number in left),
                sum(
                    len(labels[number] & frozenset(content_stems(pieces[at].text)))
                    for number in left
                    if at in saying[number]
                ),
                -at,
            ),
        )
        picked.add(best)
        left = {number for number in left if best not in saying[number]}
    return _closest(sorted(picked), pieces)


def _entries(fields: Sequence[StatedField]) -> Iterator[StatedField]:
    for field in fields:
        values = field.value if isinstance(field.value, list) else [field.value]
        yield from (replace(field, value=value) for value in values)


def _is_said(field: StatedField, piece: Sentence) -> bool:
    """Return whether the sentence itself says the value; a conclusion is said by none."""
    alone = Evidence(sentences=(piece.text,))
    return field_support(field, alone, conflict_ceiling=0.0, concluded=0.0).probability >= REORDERED


def _closest(picked: Sequence[int], pieces: Sequence[Sentence]) -> list[int]:
    """Return the longest run of them that fits into one quote."""
    runs = [
        list(picked[first : last + 1])
        for first in range(len(picked))
        for last in range(first, len(picked))
        if pieces[picked[last]].end - pieces[picked[first]].start <= LONGEST_QUOTE
    ]
    return max([[], *runs], key=len)
