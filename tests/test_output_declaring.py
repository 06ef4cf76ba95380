"""What is wrong with a declared output is told when the declaration is loaded, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import DeclarationError
from holdfast.workflow import load_workflow

DECLARED = r"""name: claims
output:
  schema:
    title: Claim
    type: object
    properties:
      claim: {type: string, pattern: "^C-\\d+$"}
      cost_eur: {type: number, minimum: 0}
    required: [claim, cost_eur]
  cite: [claim]
"""


def loaded(folder: Path, text: str) -> None:
    (folder / "workflow.yaml").write_text(text, encoding="utf-8")
    load_workflow(folder)


def test_a_sound_output_is_accepted(tmp_path: Path) -> None:
    loaded(tmp_path, DECLARED)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("minimum: 0", "minimum: 5, maximum: 3", "line .*nothing can fill the schema: cost_eur"),
        ("type: object", "type: array", "describes no object"),
        ("minimum: 0", "multipleOff: 3", "line 8.*did you mean 'multipleOf'"),
        ("cite: [claim]", "cite: [clam]", "line 10.*did you mean 'claim'"),
        ("output:\n", "output:\n  model: shapes:Claim\n", "one of the two"),
        ("^C-", "^C-(", "line 7.*no regular expression"),
        ("  cite:", "  repairs: 9\n  cite:", "line 10.*repairs"),
    ],
    ids=["contradiction", "no object", "keyword", "cited field", "two shapes", "pattern", "repairs"],
)
def test_a_mistake_names_its_place_and_the_next_move(
    tmp_path: Path, written: str, instead: str, told: str
) -> None:
    with pytest.raises(DeclarationError, match=told):
        loaded(tmp_path, DECLARED.replace(written, instead, 1))
