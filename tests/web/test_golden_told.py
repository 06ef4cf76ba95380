"""Golden cases as they are told: where they wait, how the last experiment ended for them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Served, served, write_workflow
from .experimenting import CASES, settled, work_cases, write_cases
from .test_correcting import decided, read

EDIT = "Tighten the gland bolts to 35 Nm, crosswise [1]."


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    folder = write_workflow(tmp_path / "desk")
    write_cases(folder)
    with served(folder) as web:
        yield web


def made(web: Served) -> tuple[str, str]:
    """Return a run and the golden case that rita made of its correction."""
    run = web.ask(person="ana")["run"]
    decided(web, "rita", run, "edit", text=EDIT)
    return run, web.client("rita").post(f"/api/reviews/{run}/golden").json()["case"]


def test_what_waits_for_a_second_person_is_said_on_top_and_beside_the_page_in_the_menu(desk: Served) -> None:
    made(desk)
    mine, others = read(desk, "rita", "review"), read(desk, "kim", "review")
    for page in (mine, others):
        assert '<a href="#held">A golden case waits for a second person.</a>' in page
        assert page.index("#held") < page.index('class="filters"') < page.index('id="held"')
    assert "You may confirm 1." in others
    assert "1 to confirm" in others
    assert "Somebody else confirms what you wrote." in mine
    assert "to confirm" not in read(desk, "rita", "documents")
    assert "to confirm" not in read(desk, "ana", "documents")


def test_the_golden_case_of_a_run_is_a_link_with_its_state_for_who_may_open_it(desk: Served) -> None:
    run, case = made(desk)
    asked = read(desk, "ana", f"ask?run={run}")
    assert f"Became golden case {case}: waits for a second person" in asked
    link = f'Became golden case <a href="/w/desk/golden?case={case}">{case}</a>: '
    assert f"{link}waits for a second person" in read(desk, "rita", f"runs/{run}")
    desk.client("kim").post("/api/golden/confirm", json={"case": case})
    assert f"{link}confirmed by kim" in read(desk, "rita", f"runs/{run}")


def test_a_golden_case_says_how_the_last_experiment_ended_for_it(desk: Served) -> None:
    never = read(desk, "rita", "golden?case=gland-torque")
    assert "No experiment has worked it yet: an engineer runs one, on the command line or in CI." in never
    experiment = work_cases(desk.folder).experiment.id
    well = read(desk, "rita", "golden?case=gland-torque")
    assert f'href="/w/desk/quality/{experiment}/case?case=gland-torque"' in well
    assert "Answer, nothing was found wrong with it" in well
    assert "and this was found wrong:" in read(desk, "kim", "golden?case=secret-price")
    _, case = made(desk)
    assert "In the last experiment" not in read(desk, "kim", f"golden?case={case}")
    desk.client("kim").post("/api/golden/confirm", json={"case": case})
    assert "did not work it." in read(desk, "kim", f"golden?case={case}")


def test_without_an_experiment_a_reviewer_reads_who_runs_one(desk: Served) -> None:
    page = read(desk, "rita", "quality")
    assert "An engineer runs it, on the command line or in CI:" in page
    assert "Then this page shows what it measured" in page


def test_the_evidence_of_a_golden_case_is_shown_where_it_stands(desk: Served) -> None:
    page = read(desk, "rita", "golden?case=gland-torque")
    assert "<mark>Tighten the gland bolts of the HX-200 to 35 Nm.</mark>" in page
    assert 'href="/w/desk/document?path=gland.md&amp;start=' in page
    closed = desk.client("rita").get("/w/desk/golden?case=secret-price")
    assert closed.status_code == 404


CARRYING = """\
  - id: leak
    kind: common
    question: How tight are the gland bolts of the HX-200?
    principal: {user: ana}
    attachments: [{name: leak.eml, text: "The lid <b>leaks</b>."}]
    expect:
      outcome: answer
      facts: ["35 Nm"]
      evidence: [{document: "attachment://leak.eml", quote: "The lid <b>leaks</b>."}]
"""


def test_evidence_in_what_a_case_carries_leads_to_its_text_on_both_pages(desk: Served) -> None:
    write_cases(desk.folder, CASES + CARRYING)
    experiment = work_cases(desk.folder).experiment.id
    for page in ("golden?case=leak", f"quality/{experiment}/case?case=leak"):
        told = settled(desk.client("rita"), f"/w/desk/{page}")
        assert (
            '<a href="#attached-leak.eml">leak.eml</a> <span class="quiet">came with the item</span>' in told
        )
        assert '<p id="attached-leak.eml">The lid &lt;b&gt;leaks&lt;/b&gt;.</p>' in told


def test_golden_cases_are_found_by_words_kind_and_state(desk: Served) -> None:
    everything = read(desk, "kim", "golden")
    assert "gland-torque" in everything
    assert "of them fit" not in everything
    found = read(desk, "kim", "golden?q=GLAND+torque")
    assert "case=gland-torque" in found
    assert "case=secret-price" not in found
    assert "1 of them fit." in found
    assert "0 of them fit." in read(desk, "kim", "golden?q=nowhere-at-all")
    assert "0 of them fit." in read(desk, "kim", "golden?state=held")
    _, case = made(desk)
    held = read(desk, "kim", "golden?state=held")
    assert f"case={case}" in held
    assert "case=gland-torque" not in held
    assert "case=gland-torque" in read(desk, "kim", "golden?state=counted")
    hostile = read(desk, "kim", "golden?q=%22%3E%3Cscript%3E")
    assert "<script>" not in hostile.split("<main")[1]


def test_a_long_list_of_golden_cases_comes_in_pages_that_keep_what_was_looked_for(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.web.golden_page.ON_A_PAGE", 1)
    everything = len(set(re.findall(r"golden\?case=([\w-]+)", "".join(pages(desk, "golden?q=")))))
    assert everything > 1
    assert f"{everything} that you may see" in read(desk, "kim", "golden")


def pages(web: Served, first: str) -> Iterator[str]:
    wanted = first
    while wanted:
        page = read(web, "kim", wanted)
        yield page
        more = re.search(r'href="\?([^"]*after=\d+)"', page)
        wanted = f"golden?{html.unescape(more[1])}" if more else ""
