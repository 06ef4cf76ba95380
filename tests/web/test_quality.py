"""The Quality page: experiments, the gate's words again, cases only for who may see their evidence."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import holdfast
from holdfast.domain.access import Principal
from holdfast.evaluating.evaluate import baseline_of
from holdfast.evaluating.headlines import headline_of, kept_headline
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.on_record import baseline_for, comparable
from holdfast.evaluation.experiments.comparing import Rules, compare
from holdfast.storage import experiments as store
from holdfast.web.figures import Figures
from holdfast.web.people import Person, Role
from holdfast.web.warming import warm_up
from holdfast.web.workbench import Desk, Workbench

from .conftest import Served, served, write_workflow
from .experimenting import settled, work_cases, write_cases
from .test_pages import seen_in

QUALITY = "/w/desk/quality"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    """Yield a served workflow with two experiments: in the second the warranty has another length."""
    root = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        folder = write_workflow(root / "desk")
        write_cases(folder)
        first = work_cases(folder).experiment.id
        text = "# Warranty\n\nThe warranty of the HX-200 pump lasts 36 months from delivery.\n"
        (folder / "documents" / "warranty.md").write_text(text, encoding="utf-8")
        second = work_cases(folder, against=first).experiment.id
        with served(folder) as web:
            yield web, [first, second]


Measured = tuple[Served, list[str]]


def test_without_an_experiment_the_page_says_what_to_run(web: Served) -> None:
    page = settled(web.client(), QUALITY)
    command = re.search(r"holdfast eval ([^<]+)<", page)
    assert command
    assert Path(command[1]).resolve() == web.folder.resolve(), "it works from where the server was started"


def test_askers_have_no_quality_page_and_reviewers_have_one(measured: Measured) -> None:
    web, ids = measured
    for path in (QUALITY, f"{QUALITY}/{ids[1]}", f"{QUALITY}/{ids[1]}/case?case=gland-torque"):
        assert web.client("ana").get(path).status_code == 403
        assert web.client("rita").get(path).status_code == 200
    assert 'href="/w/desk/quality"' not in web.client("ana").get("/w/desk/ask").text


def test_the_list_has_every_experiment_newest_first_with_its_figures(measured: Measured) -> None:
    web, ids = measured
    text = settled(web.client(), QUALITY)
    assert re.findall(rf'href="{QUALITY}/(\w+)"', text) == ids[::-1]
    assert "outcome_right" in text
    assert text.count('class="trend"') >= 2
    assert re.search(r'data-label="facts_stated">50.0 % .*data-label="facts_stated">75.0 % ', text, re.DOTALL)


def test_an_experiment_is_told_as_the_gate_told_it(measured: Measured) -> None:
    web, ids = measured
    again = work_again(web.folder, ids)
    text = settled(web.client(), f"{QUALITY}/{ids[1]}")
    assert f'href="{QUALITY}/{ids[0]}"' in text
    for name, result in again.items():
        row = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', text, re.DOTALL)
        assert row
        assert f'data-result="{result}"' in row[1]


def work_again(folder: Path, ids: list[str]) -> dict[str, str]:
    """Return what the gate says of each metric of the second experiment against the first."""

    async def compared() -> dict[str, str]:
        async with holdfast.open(folder) as flow:
            measures = measures_of(flow.wiring)
            with flow.wiring.database.read() as connection:
                sides = [
                    (store.find_experiment(connection, one), store.case_runs_of(connection, one))
                    for one in ids
                ]
            rules = Rules(
                metrics=measures.metrics, limits=measures.limits, high_risk=frozenset({"hidden-valve"}),
                shown_only=frozenset(measures.shown_only),
            )  # fmt: skip
            assert sides[0][0] is not None
            found = compare(baseline_of(sides[0][0], sides[0][1]), sides[1][1], rules)
            return {one.metric.name: one.result for one in found.outcome.verdicts}

    return asyncio.run(compared())


def test_a_changed_case_stands_with_the_words_that_changed(measured: Measured) -> None:
    web, ids = measured
    text = settled(web.client(), f"{QUALITY}/{ids[1]}")
    assert "<del>24 </del><ins>36 </ins>" in text
    assert "Cases that changed: 1" in text
    assert "facts_stated" in text
    german = web.client(**{"accept-language": "de"})
    assert "Geänderte Fälle: 1" in settled(german, f"{QUALITY}/{ids[1]}")


def test_an_experiment_stands_alone_or_against_another_as_the_address_says(measured: Measured) -> None:
    web, ids = measured
    alone = settled(web.client(), f"{QUALITY}/{ids[1]}?against=none")
    assert "Cases that changed" not in alone
    other_way = settled(web.client(), f"{QUALITY}/{ids[0]}?against={ids[1]}")
    assert "<del>36 </del><ins>24 </ins>" in other_way
    assert "no earlier experiment" in settled(web.client(), f"{QUALITY}/{ids[0]}")
    for path in (f"{QUALITY}/ffffffffffff", f"{QUALITY}/{ids[1]}?against=ffff"):
        assert web.client().get(path).status_code == 404


def test_a_case_is_shown_only_to_who_may_see_its_evidence(measured: Measured) -> None:
    web, ids = measured
    seen, shut = (
        settled(web.client("emil"), f"{QUALITY}/{ids[1]}"),
        settled(web.client("rita"), f"{QUALITY}/{ids[1]}"),
    )
    assert "secret-price" in seen
    assert "secret-price" not in shut
    assert "1,9" not in shut
    assert "closed to you: 1" in shut
    assert web.client("rita").get(f"{QUALITY}/{ids[1]}/case?case=secret-price").status_code == 404
    assert web.client("rita").get(f"{QUALITY}/{ids[1]}/case?case=no-such").status_code == 404
    assert "1,940 EUR" in settled(web.client("emil"), f"{QUALITY}/{ids[1]}/case?case=secret-price")


def test_a_case_stands_with_what_is_expected_beside_its_answer(measured: Measured) -> None:
    web, ids = measured
    text = settled(web.client("rita"), f"{QUALITY}/{ids[1]}/case?case=warranty-months")
    assert "24 months" in text
    assert "<ins>36 </ins>" in text
    assert "36 months" in text
    run = re.search(r'href="/w/desk/runs/([0-9a-f]{32})"', text)
    assert run
    assert "warranty" in web.client("rita").get(f"/w/desk/runs/{run[1]}").text


def test_confidence_is_drawn_and_stands_in_tables(measured: Measured) -> None:
    web, ids = measured
    text = settled(web.client(), f"{QUALITY}/{ids[0]}")
    assert text.count('class="calibration"') == 2
    assert text.count("<figcaption>") == 2
    assert "<style" not in text
    for tag, attributes in seen_in(text).tags:
        assert "style" not in attributes, tag


def test_a_case_that_was_deleted_and_rests_on_nothing_is_shown_to_nobody(measured: Measured) -> None:
    web, ids = measured
    cases = web.folder / "golden" / "cases.yaml"
    kept = cases.read_text(encoding="utf-8")
    try:
        cases.write_text(kept[: kept.index("  - id: injured")], encoding="utf-8")
        assert web.client().get(f"{QUALITY}/{ids[1]}/case?case=injured").status_code in (200, 404)
        assert "Somebody was injured" not in settled(web.client(), f"{QUALITY}/{ids[1]}")
        assert web.client().get(f"{QUALITY}/{ids[1]}/case?case=injured").status_code == 404
    finally:
        cases.write_text(kept, encoding="utf-8")


def test_a_baseline_is_the_newest_before_of_the_declaration_as_it_was(measured: Measured) -> None:
    web, ids = measured
    with web.flow.wiring.database.read() as connection:
        listed = store.list_experiments(connection, limit=10)
    second, first = (one.experiment for one in listed)
    assert (first.id, second.id) == tuple(ids)
    assert comparable(listed, second) == (first,)
    assert baseline_for((first,), second) == first
    assert baseline_for((second,), first) is None


def test_figures_are_made_once_and_an_error_is_not_kept() -> None:
    figures, begun, go = Figures(), threading.Event(), threading.Event()
    made: list[int] = []

    def slow() -> str:
        made.append(1)
        begun.set()
        go.wait(30)
        return "there"

    try:
        assert figures.of("a", slow, wait_s=0.0) is None
        assert begun.wait(30)
        go.set()
        assert figures.of("a", slow, wait_s=None) == "there"
        assert figures.of("a", slow, wait_s=0.0) == "there"
        assert made == [1]
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                figures.of("b", broken, wait_s=None)
    finally:
        go.set()
        figures.close()


def broken() -> str:
    raise ValueError("broken")


def test_what_an_evaluation_measured_is_on_record_for_the_list(measured: Measured) -> None:
    web, ids = measured
    rules = measures_of(web.flow.wiring).rules()
    with web.flow.wiring.database.read() as connection:
        for one in store.list_experiments(connection, limit=5):
            if one.experiment.id not in ids:
                continue
            rows = store.case_runs_of(connection, one.experiment.id)
            assert kept_headline(one, rules) == headline_of(rows, rules, seed=one.experiment.plan.seed)


def test_figures_that_no_longer_fit_are_worked_out_anew_and_kept(tmp_path: Path) -> None:
    folder = write_workflow(tmp_path / "desk")
    write_cases(folder)
    done = work_cases(folder).experiment.id
    with served(folder) as web:
        database, rules = web.flow.wiring.database, measures_of(web.flow.wiring).rules()
        with database.write() as connection:
            row = store.case_runs_of(connection, done)[0]
            store.record_case_runs(connection, done, [replace(row, repeat=1, run="", not_run="no provider")])
            (stale,) = store.list_experiments(connection, limit=5)
        assert kept_headline(stale, rules) is None
        assert "(1 not run)" in settled(web.client(), QUALITY)
        with database.read() as connection:
            (one,) = store.list_experiments(connection, limit=5)
        kept = kept_headline(one, rules)
        assert one.experiment.id == done
        assert kept is not None
        assert kept.not_run == 1


def test_a_server_works_out_by_itself_what_no_one_kept(tmp_path: Path) -> None:
    folder = write_workflow(tmp_path / "desk")
    write_cases(folder)
    work_cases(folder)
    with served(folder) as web:
        database, rules = web.flow.wiring.database, measures_of(web.flow.wiring).rules()
        for text in ("", "{}", '{"state": "of another time", "headline": null}'):
            with database.write() as connection:
                (one,) = store.list_experiments(connection, limit=5)
                store.keep_figures(connection, one.experiment.id, text)
            workbench = Workbench(
                desks={"desk": Desk(name="desk", flow=web.flow)},
                local=Person(principal=Principal(user="kim"), role=Role.OWNER),
            )
            warm_up(workbench)
            workbench.close()
            with database.read() as connection:
                (one,) = store.list_experiments(connection, limit=5)
            assert kept_headline(one, rules) is not None


def test_a_workbench_that_closes_ends_its_warming_up(tmp_path: Path) -> None:
    folder = write_workflow(tmp_path / "desk")
    write_cases(folder, "cases: [}")
    with served(folder) as web:
        workbench = Workbench(
            desks={"desk": Desk(name="desk", flow=web.flow)},
            local=Person(principal=Principal(user="kim"), role=Role.OWNER),
        )
        warm_up(workbench)  # cases that cannot be read stop no server
        workbench.close()
        warm_up(workbench)


def test_work_that_nobody_waits_for_lets_the_page_go_first() -> None:
    figures, begun = Figures(), threading.Event()
    assert figures.of("key", begun.set, wait_s=0.0) is None
    assert not begun.is_set()
    figures.of("key", begun.set, wait_s=30.0)
    assert begun.is_set()
    figures.close()
