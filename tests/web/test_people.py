"""Who sees what: every read goes through the person, roles open pages, the guard keeps strangers out."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import pytest

from holdfast.web import serving
from holdfast.web.guard import refusal_of
from holdfast.web.person_page import inner_path

from .conftest import Served, served, write_workflow

PAGES = ("ask", "documents", "runs")
FOR_OPERATORS = ("sources", "operations")


def test_without_a_person_a_page_asks_who_is_here_and_a_program_is_told(web: Served) -> None:
    nobody = web.client("")
    page = nobody.get("/w/desk/runs?kind=answer", headers={"accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"] == "/person?to=%2Fw%2Fdesk%2Fruns%3Fkind%3Danswer"
    assert nobody.post("/api/items", json={"question": "x"}).status_code == 401
    assert web.client("mallory").get("/api/runs").status_code == 401


def test_a_person_is_chosen_and_the_page_says_that_there_is_no_sign_in(web: Served) -> None:
    client = web.client("")
    chosen = client.post("/preferences", data={"person": "ana", "to": "/w/desk/ask"})
    assert chosen.headers["location"] == "/w/desk/ask"
    assert "httponly" in chosen.headers["set-cookie"].lower()
    page = client.get("/w/desk/ask").text
    assert "No sign-in yet: you work as ana (asker)" in page


@pytest.mark.parametrize("page", PAGES)
def test_every_role_opens_the_pages_of_work(web: Served, page: str) -> None:
    assert web.client("ana").get(f"/w/desk/{page}").status_code == 200


@pytest.mark.parametrize("page", FOR_OPERATORS)
def test_pages_of_operation_are_for_engineers_and_owners(web: Served, page: str) -> None:
    assert web.client("emil").get(f"/w/desk/{page}").status_code == 200
    assert web.client("ana").get(f"/w/desk/{page}").status_code == 403
    assert web.client("rita").get(f"/w/desk/{page}").status_code == 403
    assert f'href="/w/desk/{page}"' not in web.client("ana").get("/w/desk/ask").text


def test_only_engineers_and_owners_sync(web: Served) -> None:
    assert web.client("ana").post("/api/sync").status_code == 403


def test_a_closed_document_looks_like_one_that_is_not_there(web: Served) -> None:
    for address in ("document", "original", "passage"):
        more = "&start=0&end=9" if address == "passage" else ""
        seen = [
            web.client("ben").get(f"/w/desk/{address}?path={path}{more}")
            for path in ("service/notes.md", "no-such.md")
        ]
        assert [one.status_code for one in seen] == [404, 404]
        assert seen[0].text == seen[1].text
    assert web.client("ana").get("/w/desk/document?path=service/notes.md").status_code == 200
    assert "service/notes.md" not in web.client("ben").get("/w/desk/documents").text


def test_the_page_says_why_a_person_can_see_a_document(web: Served) -> None:
    page = web.client("ana").get("/w/desk/document?path=service/notes.md").text
    assert "ana is in service, which may see it." in page
    assert "permissions.yaml line 2" in page


def test_an_askers_runs_are_their_own_and_a_reviewers_follow_todays_access(web: Served) -> None:
    run = web.ask("At how many bar does the hidden valve of the KD-7 open?", person="ana")["run"]
    assert web.client("ana").get(f"/w/desk/runs/{run}").status_code == 200
    assert web.client("rita").get(f"/api/runs/{run}").status_code == 200
    for address in (f"/api/runs/{run}", f"/w/desk/runs/{run}", f"/w/desk/ask?run={run}"):
        assert web.client("ben").get(address).status_code == 404
    assert run not in web.client("ben").get("/api/runs").text


def test_a_decision_is_kept_under_ones_name_and_only_about_what_one_may_decide(web: Served) -> None:
    run = web.ask(person="ana")["run"]
    mine = web.client("ana").post(
        "/api/decisions", json={"run": run, "action": "reject", "category": "wrong"}
    )
    assert mine.status_code == 200
    assert mine.json()["told"][-1].startswith("Found wrong by ana, ")
    assert "Found wrong by ana" in web.client("rita").get(f"/w/desk/runs/{run}").text
    accepted = web.client("rita").post("/api/decisions", json={"run": run, "action": "accept"})
    assert accepted.status_code == 200
    assert web.client("ben").post("/api/decisions", json={"run": run, "action": "accept"}).status_code == 404
    assert web.client("ana").post("/api/decisions", json={"run": run, "action": "burn"}).status_code == 422
    nobody = web.client("ana").post("/api/decisions", json={"run": run, "action": "hand_over"})
    assert nobody.status_code == 400


def test_seeing_as_another_person_is_on_record(web: Served) -> None:
    page = web.client("emil").get("/w/desk/sources?as=ben").text
    assert "ben (no group) may see 3 of 5 documents" in page
    kept = web.flow.audit_entries(thing="ben")
    assert ("emil", "principal.assume") in [(entry.who, entry.action) for entry in kept]


def test_permissions_count_from_the_next_question_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    with served(write_workflow(tmp_path / "desk")) as web:
        before = web.ask(person="ben")
        rules = web.folder / "documents" / "permissions.yaml"
        rules.write_text('"**": [service]\n', encoding="utf-8")
        after = web.ask(person="ben")
        assert web.client("ben").get(f"/api/runs/{before['run']}").status_code == 404
    assert before["outcome"] == "answer"
    assert after["outcome"] == "refusal"


def test_pages_are_closed_without_anybody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(serving.look_after.__kwdefaults__, "every_s", 0.05)
    with served(write_workflow(tmp_path / "desk")) as web:
        run = f"/api/runs/{web.ask(person='ben')['run']}"
        assert web.client("ben").get(run).status_code == 200
        rules = web.folder / "documents" / "permissions.yaml"
        rules.write_text('"**": [service]\n', encoding="utf-8")
        until = time.monotonic() + 20
        while web.client("ben").get(run).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        assert web.client("ben").get(run).status_code == 404


def test_permissions_that_cannot_be_trusted_are_told_and_the_last_ones_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    with served(write_workflow(tmp_path / "desk")) as web:
        rules = '"**": [everyone]\nservice/fusion-with-acme.md: sales\n'
        (web.folder / "documents" / "permissions.yaml").write_text(rules, encoding="utf-8")
        valve = "At how many bar does the hidden valve of the KD-7 open?"
        events = web.events(person="ben", question=valve)
        told = str(web.events(person="emil", question=valve))
    assert "fusion-with-acme" in told, "an engineer is told what is wrong"
    assert "fusion-with-acme" not in str(events), "a pattern may name what is closed to them"
    notice = next(one["data"]["text"] for one in events[:-1] if one["type"] == "data-notice")
    outcome = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    assert "permissions.yaml" in notice
    assert "9 bar" not in str(outcome)


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "..%2f..%2fworkflow.yaml",
        "permissions.yaml",
        "gland.md/../gland.md",
        "a\0b",
    ],
)
def test_a_path_leads_only_to_documents_on_record(web: Served, path: str) -> None:
    for address in ("document", "original", "passage?start=0&end=9", "page-picture?number=1"):
        expected = 400 if "\0" in path else 404
        name, _, query = address.partition("?")
        answer = web.client().get(f"/w/desk/{name}?{query}&path={quote(path, safe='%')}")
        assert answer.status_code == expected, address


def test_a_browser_keeps_nothing_for_the_next_person_who_works_in_it(web: Served) -> None:
    run = web.ask(person="ana")["run"]
    for path in (f"/api/runs/{run}", "/w/desk/runs", "/w/desk/original?path=gland.md", "/api/runs/none",
                 "/w/desk/passage?path=gland.md&start=0&end=9"):  # fmt: skip
        assert web.client("ana").get(path).headers["cache-control"] == "no-store", path


def test_the_original_is_kept_and_not_shown(web: Served) -> None:
    answer = web.client().get("/w/desk/original?path=hostile.md")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"host": "evil.example"}, 421),
        ({"host": ""}, 421),
        ({"content-length": "2000001"}, 413),
        ({"content-length": "-1"}, 413),
    ],
)
def test_the_guard_turns_strangers_away(headers: dict[str, str], status: int) -> None:
    own = {"host": "127.0.0.1:8321", "content-type": "application/json", "content-length": "9"}
    refused = refusal_of("POST", own | headers, scheme="http", hosts=frozenset({"127.0.0.1:8321"}))
    assert refused is not None
    assert refused.status == status
    assert refusal_of("POST", own, scheme="http", hosts=frozenset({"127.0.0.1:8321"})) is None


def test_a_foreign_origin_changes_nothing(web: Served) -> None:
    answer = web.client().post(
        "/preferences", data={"person": "ana"}, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert web.client().get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", ["/api/items", "/api/decisions", "/api/sync", "/api/reviews/next"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/xml"}, 415),
        ({"content-type": "application/json-patch+json"}, 415),
    ],
)
def test_another_sites_page_and_another_content_type_start_nothing(
    web: Served, path: str, headers: dict[str, str], status: int
) -> None:
    newest = web.client().get("/api/runs").json()["runs"][:1]
    body = {
        "content": b'{"question": "How tight?"}',
        "headers": {"content-type": "application/json"} | headers,
    }
    answer = web.client().post(path, **body)
    assert answer.status_code == status
    assert answer.json()["move"]
    assert web.client().get("/api/runs").json()["runs"][:1] == newest


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b'{"question": "x"}'),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=item\r\n\r\nx"),
        ("application/json", b"--b\r\nContent-Disposition: form-data"),
        ("application/x-www-form-urlencoded", b"question=x"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_told(web: Served, kind: str, body: bytes) -> None:
    answer = web.client().post("/api/items", content=body, headers={"content-type": kind})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


def test_a_case_is_nobodys_who_may_not_review_or_not_see_its_evidence(web: Served) -> None:
    question = "Somebody was injured: at how many bar does the hidden valve of the KD-7 open?"
    run = web.ask(question, person="ana")["run"]
    for step in ("claim", "release", "reassign", "decision", "golden"):
        body = {"reassign": {"to": "ana"}, "decision": {"action": "edit", "text": "x"}}.get(step, {})
        refused = web.client("ana").post(f"/api/reviews/{run}/{step}", json=body)
        assert refused.status_code == 403, step
    assert web.client("ana").get(f"/api/reviews/{run}").status_code == 403
    assert web.client("ana").get(f"/w/desk/review?case={run}").status_code == 403
    assert web.client("rita").get(f"/api/reviews/{run}").status_code == 200
    assert web.client("ben").post("/api/decisions", json={"run": run, "action": "accept"}).status_code == 404


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "a"]
)
def test_nobody_is_led_elsewhere(to: str) -> None:
    assert inner_path(to) == "/"
    assert inner_path("/w/desk/runs?kind=answer") == "/w/desk/runs?kind=answer"


def test_who_may_see_a_document_stands_in_the_list_for_those_who_operate(web: Served) -> None:
    listed = web.client("kim").get("/w/desk/documents").text
    assert "Who may see it" in listed
    for said in ("everyone", "groups: sales", "groups: service"):
        assert f'data-label="Who may see it">{said}</td>' in listed
    assert "Who may see it" not in web.client("rita").get("/w/desk/documents").text
