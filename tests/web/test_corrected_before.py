"""Who asks what a reviewer has corrected is told, if they may see what that rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.access import Principal

from .conftest import QUESTION, Served, served, write_workflow
from .test_correcting import CORRECTED, REVIEW, decided, read

AGAIN = "the gland bolts of the HX 200: how tight"
TWIN = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "stopfbuchse.md": "# Stopfbuchse\n\nDie Schrauben der Stopfbuchse der HX-200 werden mit 35 Nm angezogen.\n",
    "other.md": "# Gland\n\nTighten the gland bolts of the HX-250 to 50 Nm.\n",
    "permissions.yaml": '"**": [everyone]\n"gland.md": [service]\n',
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    with served(write_workflow(tmp_path / "desk", more=REVIEW, documents=TWIN)) as web:
        yield web


def corrected(web: Served, text: str = CORRECTED, question: str = QUESTION) -> str:
    run = str(web.ask(question, person="ana")["run"])
    decided(web, "rita", run, "edit", text=text)
    return run


def told(web: Served, person: str, question: str = AGAIN, **more: Any) -> list[str]:
    """Return the texts of what was corrected before."""
    return [one["text"] for one in web.ask(question, person=person, **more)["corrected_before"]]


def synced(web: Served) -> None:
    with web.client("kim") as client:
        assert client.post("/w/desk/sync").status_code < 400


def test_the_next_who_asks_the_same_is_told_and_the_outcome_stays(own: Served) -> None:
    before = own.ask(AGAIN, person="kim")
    assert before["corrected_before"] == []
    run = corrected(own)
    now = own.ask(AGAIN, person="kim")
    (one,) = now["corrected_before"]
    assert (one["run"], one["by"], one["text"], one["same_words"]) == (run, "rita", CORRECTED, True)
    assert (one["changed"], one["superseded"]) == ([], [])
    assert [(cited["n"], cited["document"]) for cited in one["citations"]] == [(1, "gland.md")]
    assert "35 Nm" in one["citations"][0]["quote"]
    assert {**now, **VARIES} == {**before, **VARIES}
    assert told(own, "ana") == [CORRECTED]


VARIES = {"run": "", "stages": [], "corrected_before": [], "confidence": 0.0}


def test_a_stream_tells_it_before_the_outcome_and_so_do_the_pages(own: Served) -> None:
    corrected(own)
    events = own.events("kim", question=AGAIN)
    kinds = [one["type"] for one in events[:-1]]
    assert kinds.index("data-corrected-before") == kinds.index("data-outcome") - 1
    (one,) = events[kinds.index("data-corrected-before")]["data"]
    assert one["text"] == CORRECTED
    assert one["says"].startswith("Corrected before: on 2")
    assert one["says"].endswith(" rita answered this question:")
    assert "ana" not in one["says"]
    assert one["citations"][0]["passage"].startswith("/w/desk/passage?path=gland.md")
    assert own.client("kim").get(one["citations"][0]["passage"]).json()["title"] == "Gland"
    run = events[0]["messageId"]
    for path in (f"ask?run={run}", f"runs/{run}"):
        page = read(own, "kim", path)
        assert "rita answered this question:" in page
        assert "crosswise [1]" in page
    kinds = [one["type"] for one in own.events("kim", question="How long is the warranty?")[:-1]]
    assert "data-corrected-before" not in kinds


def test_nobody_is_told_who_may_not_read_what_it_rests_on(own: Served) -> None:
    corrected(own)
    assert told(own, "ben") == []
    run = own.ask(AGAIN, person="ben")["run"]
    assert "crosswise" not in read(own, "ben", f"ask?run={run}")
    assert "Corrected before" not in read(own, "ben", f"ask?run={run}").partition("<template")[0]
    assert "data-corrected-before" not in [one["type"] for one in own.events("ben", question=AGAIN)[:-1]]


def test_who_lost_access_is_told_no_more_and_who_gained_it_is(own: Served) -> None:
    corrected(own)
    run = own.ask(AGAIN, person="kim")["run"]
    assert "crosswise" in read(own, "kim", f"ask?run={run}")
    permissions = own.folder / "documents" / "permissions.yaml"
    permissions.write_text('"**": [everyone]\n"gland.md": [sales]\n', encoding="utf-8")
    assert told(own, "ana") == []  # they asked it themselves, and may no longer read it
    assert told(own, "kim") == [CORRECTED]
    permissions.write_text('"**": [everyone]\n"gland.md": [nobody]\n', encoding="utf-8")
    assert told(own, "kim") == []
    permissions.write_text('"**": [everyone]\n', encoding="utf-8")
    assert told(own, "kim") == [CORRECTED]


def test_products_that_differ_by_a_digit_are_never_one(own: Served) -> None:
    corrected(own)
    for question in (
        QUESTION.replace("200", "250"),
        QUESTION.replace("HX", "DX"),
        "How tight are the gland bolts?",
    ):
        assert told(own, "kim", question) == []


def test_a_follow_up_is_never_the_same_question(own: Served) -> None:
    first = own.ask("How long is the warranty?", person="kim")["run"]
    corrected(own)
    assert told(own, "kim", AGAIN, after=first) == []
    assert told(own, "kim", fields={"pump": "HX-250"}) == []


def test_where_words_differ_that_is_said(own: Served) -> None:
    corrected(own, question="What torque do the gland cover bolts of the HX-200 take?")
    asked = "What torque do the gland cover bolts of the HX-200 take exactly?"
    answer = own.ask(asked, person="kim")
    assert [one["same_words"] for one in answer["corrected_before"]] == [False]
    assert "rita answered nearly this question:" in read(own, "kim", f"ask?run={answer['run']}")
    assert told(own, "kim", asked.replace("torque", "weight")) == []


def test_in_german_too(own: Served) -> None:
    asked = "Wie fest werden die Schrauben der Stopfbuchse der HX-200 angezogen?"
    corrected(own, "Mit 35 Nm über Kreuz [1].", asked)
    assert told(own, "kim", "wie fest wird die Schraube der Stopfbuchse der HX 200 angezogen") == [
        "Mit 35 Nm über Kreuz [1]."
    ]
    run = own.ask(asked, person="kim")["run"]
    german = own.client("kim", **{"accept-language": "de"}).get(f"/w/desk/ask?run={run}").text
    assert "hat rita diese Frage beantwortet:" in german


def test_only_what_stands_is_told_newest_first_and_each_text_once(own: Served) -> None:
    runs = [corrected(own, f"{n} Nm, says rita [1].") for n in (1, 2, 3, 4, 4)]
    assert told(own, "kim") == ["4 Nm, says rita [1].", "3 Nm, says rita [1].", "2 Nm, says rita [1]."]
    decided(own, "rita", runs[1], "reject", category="wrong")
    decided(own, "ana", runs[2], "hand_over", to="product-safety")
    assert told(own, "kim") == ["4 Nm, says rita [1].", "1 Nm, says rita [1]."]
    decided(own, "rita", runs[0], "edit", text="10 Nm, says rita [1].")
    assert told(own, "kim")[0] == "10 Nm, says rita [1]."
    case = own.ask(AGAIN, person="ana")["run"]
    decided(own, "ana", case, "hand_over", to="product-safety")
    decided(own, "rita", case, "accept")
    assert len(told(own, "kim")) == 2  # the draft was approved: it is nobody's own text


def test_a_document_that_changed_since_is_named(own: Served) -> None:
    corrected(own)
    gland = own.folder / "documents" / "gland.md"
    gland.write_text(gland.read_text(encoding="utf-8").replace("35", "40"), encoding="utf-8")
    asyncio.run(own.flow.sync())
    answer = own.ask(AGAIN, person="kim")
    assert answer["corrected_before"][0]["changed"] == ["gland.md"]
    assert "Changed since then: gland.md" in read(own, "kim", f"ask?run={answer['run']}")
    bulletin = "---\nsupersedes: gland.md\n---\n# Bulletin\n\nThe gland bolts take 40 Nm.\n"
    (own.folder / "documents" / "bulletin.md").write_text(bulletin, encoding="utf-8")
    asyncio.run(own.flow.sync())
    answer = own.ask(AGAIN, person="kim")
    assert answer["corrected_before"][0]["superseded"] == ["gland.md"]
    gland.unlink()
    asyncio.run(own.flow.sync(may_vanish=True))
    assert told(own, "kim") == []  # nobody can read it any more


def test_what_is_forgotten_is_not_told(own: Served) -> None:
    corrected(own)
    asyncio.run(own.flow.forget_person("rita", who="kim"))
    (one,) = own.ask(AGAIN, person="kim")["corrected_before"]
    assert one["by"].startswith("forgotten-")
    asyncio.run(own.flow.forget_person("ana", who="kim"))
    assert told(own, "kim") == []


def test_a_reviewer_is_shown_that_the_same_was_decided_before(own: Served) -> None:
    run = corrected(own)
    case = own.ask(AGAIN, person="ana")["run"]
    decided(own, "ana", case, "hand_over", to="product-safety")
    page = read(own, "rita", f"review?case={case}")
    assert f'href="/w/desk/review?case={run}"' in page
    assert "The same question was decided before:" in page
    assert "The same question was decided before:" not in read(own, "rita", f"review?case={run}")
    (own.folder / "documents" / "permissions.yaml").write_text('"**": [sales]\n', encoding="utf-8")
    own.ask(AGAIN, person="kim")  # follows the permissions
    assert own.client("rita").get(f"/w/desk/review?case={case}").status_code == 404


@pytest.mark.parametrize(("same", "times"), [("0", 0), ("1", 1)])
def test_the_declaration_says_how_alike_questions_must_be(
    same: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    more = f"{REVIEW}  same_question: {same}\n"
    with served(write_workflow(tmp_path / "desk", more=more, documents=TWIN)) as web:
        corrected(web)
        assert told(web, "kim") == [CORRECTED] * times
        asked = "How tight are the gland cover flange bolts of the HX-200?"
        assert told(web, "kim", asked) == []


def test_from_python_it_is_on_the_run(own: Served) -> None:
    corrected(own)
    kim = Principal(user="kim", groups=frozenset({"service", "sales"}))
    run = asyncio.run(own.flow.ask(AGAIN, principal=kim))
    (one,) = run.corrected_before
    assert (one.who, one.text, one.citations[0].document) == ("rita", CORRECTED, "gland.md")


def test_ahead_of_no_answer_and_behind_an_answer(own: Served) -> None:
    nothing = "Which colour does the lobby of the head office have?"
    for question, order in ((nothing, 1), (QUESTION, -1)):
        corrected(own, "Mint, says rita." if question == nothing else CORRECTED, question)
        run = own.ask(question, person="kim")["run"]
        shown = read(own, "kim", f"ask?run={run}").partition("<template")[0]
        places = [shown.index("Corrected before"), shown.index('data-slot="state"')]
        assert places == sorted(places)[::order]
        assert shown.count('data-slot="says"') == 1
