"""Who asks is named in full, or not at all."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Principal


def test_a_word_is_no_set_of_groups() -> None:
    with pytest.raises(TypeError, match="a set of names, not 'hr'"):
        Principal(user="ana", groups="hr")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a name, not None"):
        Principal(user=None)  # type: ignore[arg-type]


def test_any_collection_of_names_becomes_the_set_of_groups() -> None:
    assert Principal(user="ana", groups=["hr", "hr"]).groups == frozenset({"hr"})  # type: ignore[arg-type]
