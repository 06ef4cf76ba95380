"""A file of labels is read whole, or its wrong line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.evaluation.scoring.judging import Labelled
from holdfast.evaluation.scoring.labels import labelled_in


def test_labels_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "polite.jsonl"
    file.write_text(
        '{"question": "How?", "answer": "So.", "label": true}\n\n'
        '{"question": "How?", "answer": "No.", "label": false, "passages": ["p"]}\n',
        encoding="utf-8",
    )
    assert labelled_in(file) == (
        Labelled(question="How?", answer="So.", label=True),
        Labelled(question="How?", answer="No.", label=False, passages=("p",)),
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("[]", "line 1: is no object"),
        ('{"question": "q", "answer": "a", "label": 1}', "`label` has to be true or false"),
        ('{"question": "q", "label": true}', "`answer` has to be text"),
        ('{"question": "q", "answer": "a", "label": true, "passages": "p"}', "`passages` has to be a list"),
        ('{"question": "q", "answer": "a", "label": true, "lable": 1}', "unknown key 'lable'"),
        ("", "holds no label"),
    ],
    ids=range(8),
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "polite.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(UsageError, match="Write one object a line") as refused:
        labelled_in(file)
    assert told in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        labelled_in(tmp_path / "none.jsonl")
