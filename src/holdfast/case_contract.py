"""The JSON of golden cases that other tools rely on: one function per shape (docs/command-line.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast.contract import VERSION
from holdfast.domain.cases import Case, ExpectedField
from holdfast.evaluation.case_checks import CaseFinding
from holdfast.evaluation.case_writing import Rewritten
from holdfast.evaluation.importing import Imported


def cases_json(cases: Sequence[Case], hidden: int) -> dict[str, Any]:
    """Return golden cases as `cases --json` prints them."""
    return {"v": VERSION, "cases": [case_json(case) for case in cases], "hidden": hidden}


def case_json(case: Case) -> dict[str, Any]:
    """Return one golden case: what it asks, as whom, and what is expected."""
    expect = case.expect
    return {
        "id": case.id,
        "file": case.file,
        "line": case.line,
        "kind": case.kind or None,
        "tags": list(case.tags),
        "risk": case.risk,
        "question": case.question,
        "user": case.principal.user,
        "groups": sorted(case.principal.groups),
        "outcome": expect.outcome,
        "facts": [str(fact) for fact in expect.facts],
        "fields": {name: _field_json(one) for name, one in expect.fields.items()},
        "evidence": [
            {"document": one.document, "quote": one.quote, "locator": str(one.locator), "keys": {**one.keys}}
            for one in expect.evidence
        ],
        "version": case.version or None,
        "held": case.held,
        "origin": case.origin or None,
        "run": case.run or None,
        "written_by": case.written_by or None,
        "confirmed_by": case.confirmed_by or None,
    }


def _field_json(field: ExpectedField) -> dict[str, Any]:
    value = [*field.value] if isinstance(field.value, tuple) else field.value
    is_empty = field.compare == "empty"
    return {"value": None if is_empty else value, "compare": field.compare, "tolerance": field.tolerance}


def findings_json(findings: Sequence[CaseFinding], *, cases: int) -> dict[str, Any]:
    """Return what is wrong with golden cases as `cases check --json` prints it."""
    return {
        "v": VERSION,
        "cases": cases,
        "wrong": sum(not one.is_advice for one in findings),
        "findings": [
            {
                "kind": one.kind,
                "advice": one.is_advice,
                "case": one.case or None,
                "file": one.file,
                "line": one.line or None,
                "says": one.says,
                "move": one.move,
            }
            for one in findings
        ],
    }


def imported_json(imported: Imported, rewritten: Sequence[Rewritten], *, is_written: bool) -> dict[str, Any]:
    """Return what became of another tool's file as `cases import --json` prints it."""
    cases = [case for one in rewritten for case in one.cases]
    return {
        "v": VERSION,
        "format": imported.format,
        "records": imported.records,
        "written": is_written and bool(cases),
        "files": [one.name for one in rewritten],
        "cases": [case_json(case) for case in cases],
        "unmapped": [
            {"place": one.place or None, "key": one.key, "why": one.why} for one in imported.unmapped
        ],
    }
