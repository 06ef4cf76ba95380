"""A replay: the same item under another setting, marked as one, with no wider eyes than both people's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.items import REPLAY_PREFIX, WorkItem
from holdfast.replaying import within_both
from holdfast.web.replay_page import stage_pairs

from .conftest import DOCUMENTS, QUESTION, Served, served, write_workflow

PRICE = "What does the HX-200 pump cost?"
OWN = {
    **DOCUMENTS,
    "own/emil.md": "# Notes of Emil\n\nThe HX-200 pump costs 1,111 EUR for friends.\n",
    "permissions.yaml": DOCUMENTS["permissions.yaml"] + '"own/**": ["user:emil"]\n',
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        with served(write_workflow(root / "desk", documents=OWN)) as web:
            yield web


def replay(web: Served, run: str, *, person: str = "emil", **form: Any) -> str:
    """Return the id of a replay."""
    answer = web.client(person).post(f"/w/desk/runs/{run}/replay", data=form)
    assert answer.status_code == 303, answer.text
    beside = answer.headers["location"]
    assert beside.startswith(f"/w/desk/runs/{run}/beside/")
    return beside.rpartition("/")[2]


def hits_of(web: Served, run: str, *, person: str = "emil") -> list[str]:
    stages = web.client(person).get(f"/api/runs/{run}").json()["stages"]
    return [hit["document"] for one in stages if one["stage"] == "retrieval" for hit in one["made"]["hits"]]


def test_a_replay_stands_beside_the_original(desk: Served) -> None:
    run = desk.ask(person="ana")["run"]
    again = replay(desk, run, k=1, rung=1)
    page = desk.client("emil").get(f"/w/desk/runs/{run}/beside/{again}").text
    assert "retrieval.k: 1" in page
    assert "generation: extractive" in page
    assert "not in it" in page  # passages that only the original had
    assert len(hits_of(desk, again)) == 1
    assert len(hits_of(desk, run)) > 1
    kept = desk.client("emil").get(f"/w/desk/runs/{again}").text
    assert f'href="/w/desk/runs/{run}/beside/{again}"' in kept
    assert "/replay" not in kept
    assert desk.flow.audit_entries(thing=run)[-1].action == "run.replay"


def test_a_replay_is_no_work(desk: Served) -> None:
    run = desk.ask("Somebody was injured.", person="ana")["run"]
    client = desk.client("emil")
    before = client.get("/api/runs").json()["runs"]
    again = replay(desk, run)
    assert client.get("/api/runs").json()["runs"] == before
    assert again in {one["run"] for one in client.get("/api/runs?origin=replay").json()["runs"]}
    waiting = {one["run"] for one in desk.client("kim").get("/api/reviews").json()["cases"]}
    assert run in waiting
    assert again not in waiting
    assert "counts in no list" in client.get(f"/w/desk/runs/{again}").text


def test_a_replay_sees_no_more_than_who_asked(desk: Served) -> None:
    run = desk.ask(PRICE, person="ben")["run"]
    again = replay(desk, run)
    own = desk.ask(PRICE, person="emil")["run"]
    assert {"pricing/list.md", "own/emil.md"} <= set(hits_of(desk, own))
    seen = hits_of(desk, again)
    assert seen
    assert not {"pricing/list.md", "own/emil.md", "service/notes.md"} & set(seen)
    asked = desk.client("emil").get(f"/api/runs/{again}").json()
    assert "own/emil.md" not in str(asked)


def test_a_replay_sees_no_more_than_who_looks(desk: Served) -> None:
    run = desk.ask("How long does the warranty last?", person="kim")["run"]
    both = within_both(
        Principal(user="emil", groups=frozenset({"service"})),
        Principal(user="kim", groups=frozenset({"service", "sales"})),
    )
    assert both == Principal(user="emil", groups=frozenset({"service"}))
    assert replay(desk, run)


def test_who_may_not_see_a_run_replays_none(desk: Served) -> None:
    own = desk.ask("What does the HX-200 pump cost?", person="emil")["run"]
    assert desk.client("kim").post(f"/w/desk/runs/{own}/replay", data={}).status_code == 404
    mine = desk.ask(person="ana")["run"]
    for person in ("ana", "rita"):
        assert desk.client(person).post(f"/w/desk/runs/{mine}/replay", data={}).status_code == 403
        assert f"/w/desk/runs/{mine}/replay" not in desk.client(person).get(f"/w/desk/runs/{mine}").text
    assert desk.client("ben").get(f"/w/desk/runs/{mine}/beside/{mine}").status_code == 404


def test_a_replay_is_refused_from_another_site_and_with_wrong_settings(desk: Served) -> None:
    run = desk.ask(person="ana")["run"]
    foreign = desk.client("emil", origin="https://evil.example")
    assert foreign.post(f"/w/desk/runs/{run}/replay", data={}).status_code == 403
    client = desk.client("emil")
    assert client.post(f"/w/desk/runs/{run}/replay", data={"rung": 9}).status_code == 400
    assert client.post(f"/w/desk/runs/{run}/replay", data={"k": 0}).status_code == 422


def test_nobody_s_own_item_can_look_like_a_replay() -> None:
    with pytest.raises(ValueError, match="replay"):
        WorkItem(id=f"{REPLAY_PREFIX}{'0' * 32}", principal=Principal(user="ana"))


def test_stages_of_both_sides_stand_in_their_order() -> None:
    def rows(*names: str) -> Any:
        return [Row(Stage(name)) for name in names]

    class Stage:
        def __init__(self, stage: str) -> None:
            self.stage = stage

    class Row:
        def __init__(self, stage: Stage) -> None:
            self.stage = stage

    pairs = stage_pairs(
        rows("guard", "find", "write", "write", "guard"), rows("guard", "find", "write", "guard")
    )
    told = [(one.stage, one.before is not None, one.now is not None) for one in pairs]
    assert told == [
        ("guard", True, True), ("find", True, True), ("write", True, True), ("write", True, False),
        ("guard", True, True),
    ]  # fmt: skip


def test_the_original_is_left_as_it_was(desk: Served) -> None:
    run = desk.ask(QUESTION, person="ana")["run"]
    before = desk.client("emil").get(f"/api/runs/{run}").json()
    replay(desk, run, k=2)
    assert desk.client("emil").get(f"/api/runs/{run}").json() == before
