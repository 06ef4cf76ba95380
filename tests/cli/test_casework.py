"""Cases of an opened workflow: corrections are kept, held, shown to who may see them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from holdfast.app import Wiring
from holdfast.casework import (
    cases_seen_by,
    confirm_case,
    draft_of_correction,
    draft_of_run,
    keep,
    keep_correction,
)
from holdfast.domain.access import Principal
from holdfast.errors import DeclarationError, NotAllowed
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.evaluation.corrections import Correction
from holdfast.storage.audit import entries
from holdfast.storage.runs import StoredRun, find_run
from holdfast.wire import wire

ANA = Principal(user="ana")
SALES = Principal(user="kim", groups=frozenset({"sales"}))


@pytest.fixture
def wiring(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiring]:
    monkeypatch.setenv("HOLDFAST_HOME", desk.holdfast.environment["HOLDFAST_HOME"])
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", desk.holdfast.environment["HOLDFAST_TRUST_FILE"])
    opened = wire(desk.folder)
    yield opened
    opened.close()
    shutil.rmtree(desk.folder / "golden", ignore_errors=True)


def asked(desk: Any, wiring: Wiring, question: str, principal: Principal) -> StoredRun:
    groups = [word for group in principal.groups for word in ("--group", group)]
    ended = desk.holdfast("ask", desk.folder, question, "--as", principal.user, *groups, "--json")
    with wiring.database.read() as connection:
        run = find_run(connection, ended.json["run"], principal)
    assert run is not None
    return run


def test_a_correction_is_held_until_another_person_confirms_it(desk: Any, wiring: Wiring) -> None:
    run = asked(desk, wiring, "How tight are the gland bolts of the HX-200?", ANA)
    made = keep_correction(wiring, run, Correction(outcome="answer", text="They take 30 Nm."), writer="ana")
    (case,) = load_cases(wiring.folder)
    assert case == made
    assert (case.held, case.file, case.version) == (True, "golden/corrections.yaml", run.summary.version)
    assert [str(fact) for fact in case.expect.facts] == ["30 Nm"]
    assert case.expect.must_not_state == (), "its evidence states the 35 Nm that it replaces"
    assert to_run((case,)) == ()
    with pytest.raises(NotAllowed, match="ana wrote the case"):
        confirm_case(wiring, case.id, who="ana")
    confirmed = confirm_case(wiring, case.id, who="ben", seen_by=Principal(user="ben"))
    assert load_cases(wiring.folder) == to_run((confirmed,)) == (confirmed,)
    with wiring.database.read() as connection:
        told = [(one.who, one.action, one.thing) for one in entries(connection)][:2]
    assert told == [("ben", "case.confirm", case.id), ("ana", "case.write", case.id)]  # newest first


def test_corrections_that_come_at_once_are_all_kept(desk: Any, wiring: Wiring) -> None:
    run = asked(desk, wiring, "How long is the warranty of the HX-200 pump?", ANA)
    with ThreadPoolExecutor(6) as pool:
        made = list(
            pool.map(
                lambda n: keep_correction(wiring, run, Correction(outcome="refusal"), writer=f"w{n}"),
                range(6),
            )
        )
    kept = load_cases(wiring.folder)
    assert {case.id for case in kept} == {case.id for case in made}
    assert {case.written_by for case in kept} == {f"w{n}" for n in range(6)}


def test_a_draft_that_somebody_was_faster_than_is_not_written(desk: Any, wiring: Wiring) -> None:
    run = asked(desk, wiring, "How long is the warranty of the HX-200 pump?", ANA)
    slow = draft_of_correction(wiring, run, Correction(outcome="refusal"), writer="ana")
    keep(wiring, draft_of_run(wiring, run, writer="ben", file="corrections"), who="ben")
    with pytest.raises(DeclarationError, match=r"golden/corrections\.yaml was changed meanwhile"):
        keep(wiring, slow, who="ana")
    assert [case.written_by for case in load_cases(wiring.folder)] == ["ben"]


def test_a_case_of_a_secret_run_is_seen_by_who_may_see_the_document(desk: Any, wiring: Wiring) -> None:
    run = asked(desk, wiring, "What does the HX-200 pump cost?", SALES)
    made = keep(wiring, draft_of_run(wiring, run, writer="kim"), who="kim")
    assert made[0].expect.evidence[0].document == "pricing/list.md"
    assert cases_seen_by(wiring, made, SALES) == made
    assert cases_seen_by(wiring, made, ANA) == ()
