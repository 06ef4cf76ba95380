"""What a thread was told of a document is closed with the document, wherever the thread goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.items import Speaker, Turn, WorkItem
from holdfast.storage.drafts import begin_draft, end_draft

from .conftest import QUESTION, Served, served, write_workflow

VALVE = "At how many bar does the hidden valve of the KD-7 open?"
FEW = "retrieval: {k: 1}\n"
"""So that a harmless question does not find the closed document again."""
SERVICE_IS_CLOSED = '"**": [everyone]\n"service/**": ["user:emil"]\n"pricing/**": [sales]\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    return write_workflow(tmp_path / "desk", more=FEW)


def close(web: Served) -> None:
    rules = web.folder / "documents" / "permissions.yaml"
    rules.write_text(SERVICE_IS_CLOSED, encoding="utf-8")


def behind(web: Served, run: str, times: int = 3) -> str:
    for _ in range(times):
        run = web.ask(QUESTION, person="ana", after=run)["run"]
    return run


def test_a_harmless_question_behind_a_closed_answer_is_closed_with_it(desk: Path) -> None:
    with served(desk) as web:
        run = behind(web, web.ask(VALVE, person="ana")["run"])
        assert "9 bar" in web.client("rita").get(f"/api/runs/{run}").text
        close(web)
        web.ask(person="ana")
        for person in ("ana", "rita", "kim"):
            assert web.client(person).get(f"/api/runs/{run}").status_code == 404
        assert web.client("emil").get(f"/api/runs/{run}").status_code == 200


def test_a_question_that_follows_up_is_asked_by_the_permissions_of_its_own_moment(desk: Path) -> None:
    with served(desk) as web:
        run = web.ask(VALVE, person="ana")["run"]
        close(web)
        answer = web.client("ana").post("/api/items", json={"question": "And why?", "after": run})
        assert answer.status_code == 404


@pytest.mark.parametrize("is_named", [True, False])
def test_an_answer_that_a_chat_client_brings_along_is_closed_with_its_document(
    desk: Path, *, is_named: bool
) -> None:
    with served(desk) as web:
        events = web.events("ana", question=VALVE)
        told = "".join(one["delta"] for one in events[:-1] if one["type"] == "text-delta")
        turn = {"role": "assistant", "parts": [{"type": "text", "text": told if not is_named else "9 bar."}]}
        if is_named:
            turn["id"] = events[0]["messageId"]
        messages = [
            {"role": "user", "parts": [{"type": "text", "text": VALVE}]}, turn,
            *[{"role": "user", "parts": [{"type": "text", "text": "Thank you."}]}] * 2,
            {"role": "user", "parts": [{"type": "text", "text": QUESTION}]},
        ]  # fmt: skip
        run = web.ask(person="ana", question="", messages=messages)["run"]
        assert "9 bar" in web.client("rita").get(f"/api/runs/{run}").text
        close(web)
        web.ask(person="ana")
        assert web.client("rita").get(f"/api/runs/{run}").status_code == 404


def test_a_draft_without_an_outcome_shows_the_question_and_none_of_the_closed_thread(desk: Path) -> None:
    with served(desk) as web:
        turn = Turn(speaker=Speaker.ASSISTANT, text="It opens at 9 bar.")
        item = WorkItem(
            id="1", principal=Principal(user="ana"), question="And when?", history=(turn,),
            rests_on=("service/notes.md",),
        )  # fmt: skip
        with web.flow.wiring.database.write() as connection:
            begin_draft(connection, "c" * 32, "", item)
            end_draft(connection, "c" * 32, has_outcome=False)
        assert "9 bar" in web.client("ana").get(f"/w/desk/ask?run={'c' * 32}").text
        close(web)
        web.ask(person="ana")
        page = web.client("ana").get(f"/w/desk/ask?run={'c' * 32}").text
        assert "9 bar" not in page
        assert "And when?" in page
