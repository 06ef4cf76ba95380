"""Read what an answer claims, sentence by sentence or field by field, with the support of each claim."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.outcomes import Answer
from holdfast.domain.prompts import Passage, Prompt
from holdfast.stages.checking.checker import evidence_of
from holdfast.stages.checking.claims import Stated, stated_in
from holdfast.stages.checking.fields import StatedField, field_support, stated_fields
from holdfast.stages.checking.settings import CheckingSettings
from holdfast.stages.checking.support import VERBATIM, support_of
from holdfast.text.totals import is_total

_USUAL = CheckingSettings()
"""A workflow's own settings of checking are not what it is measured by."""


def claims_of(answer: Answer, prompt: Prompt | None) -> Sequence[Stated]:
    """Return the claims: of structured output the fields that have to be cited, else the sentences."""
    if answer.output is not None and prompt is not None and prompt.output is not None:
        return stated_fields(answer.output, answer.cites, prompt.output)
    return stated_in(answer.text)


def claim_support(claim: Stated, passages: Sequence[Passage]) -> float:
    """Return the probability, 0 to 1, that these passages state the claim."""
    if is_total(claim.text, [passage.text for passage in passages]):
        return VERBATIM
    evidence = evidence_of(passages)
    if isinstance(claim, StatedField):
        return field_support(
            claim, evidence, conflict_ceiling=_USUAL.conflict_ceiling, concluded=_USUAL.concluded
        ).probability
    return support_of(claim.text, evidence).probability
