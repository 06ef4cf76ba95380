"""The form in which a golden case's expectation is changed, as a template shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from holdfast.correcting import change
from holdfast.domain.cases import Case
from holdfast.errors import HoldfastError, NotAllowed
from holdfast.web.expected_fields import Expecting, expected, expecting
from holdfast.web.record_fields import Posted
from holdfast.web.record_told import shape_at
from holdfast.web.rendering import query
from holdfast.web.visits import Visit

CHECK = "check"
"""The button that saves nothing: hold it against the schema."""
ANSWER, FACTS, MUST_NOT = "answer", "facts", "must_not_state"
LONGEST = {ANSWER: 200_000, FACTS: 20_000, MUST_NOT: 20_000}
"""Characters of each text."""
MISFIT = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """What a case expects, as it is typed."""

    action: str
    """Where it is posted."""
    written: Mapping[str, str]
    fields: tuple[Expecting, ...] = ()
    """Empty where the case expects no record, or its fields cannot be changed here."""
    is_closed: bool = False
    """It expects fields and no output is declared now: they stay as they are."""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    """By the id of a control, what does not fit in it; by the empty text, in none of them."""
    said: str = ""
    """What came of it when it was posted."""
    status: int = 200

    @property
    def faulty(self) -> list[tuple[str, str, str]]:
        """Return the id, name and words of what does not fit, in the order of the form."""
        fields = [(one.id, one.path) for whole in self.fields for one in whole.within()]
        return [
            (id_, name, error)
            for id_, name in (*((text, "") for text in self.written), *fields)
            for error in self.errors.get(id_, ())
        ]


def form_of(visit: Visit, case: Case, posted: Posted | None = None) -> CaseForm:
    """Return the form of a case, filled with what it expects, as it was posted."""
    expect = case.expect
    known = {
        ANSWER: expect.answer, FACTS: "\n".join(map(str, expect.facts)),
        MUST_NOT: "\n".join(expect.must_not_state),
    }  # fmt: skip
    shape = shape_at(visit)
    has_fields = shape is not None and (expect.outcome == "answer" or bool(expect.fields))
    return CaseForm(
        action=f"{visit.home}/golden?{query(case=case.id)}",
        written={
            name: "\n".join((posted or {}).get(name, text).splitlines()) for name, text in known.items()
        },
        fields=expecting(shape.spec.schema, expect.fields, posted) if shape and has_fields else (),
        is_closed=shape is None and bool(expect.fields),
    )


def saved(visit: Visit, case: Case, posted: Posted) -> CaseForm | None:
    """Have a case expect what was posted; return the form where it is not saved, with what does not fit."""
    form, shape = form_of(visit, case, posted), shape_at(visit)
    schema = shape.spec.schema if shape else {}
    typed = expected(form.fields, schema, case.expect.fields)
    long = {
        name: [f"has {len(text):,} characters, at most {LONGEST[name]:,} are kept"]
        for name, text in form.written.items()
        if len(text) > LONGEST[name]
    }
    if errors := {**long, **typed.faults}:
        return replace(form, errors=errors, status=MISFIT)
    if CHECK in posted:
        return replace(form, said=visit.t("golden.fits"))
    try:
        change(
            visit.desk.flow.wiring, case.id, visit.principal, answer=form.written[ANSWER],
            facts=form.written[FACTS].splitlines(), must_not_state=form.written[MUST_NOT].splitlines(),
            fields=typed.fields if form.fields else None,
        )  # fmt: skip
    except HoldfastError as error:
        status = 403 if isinstance(error, NotAllowed) else 400
        return replace(form, errors={"": [str(error)]}, status=status)
    return None
