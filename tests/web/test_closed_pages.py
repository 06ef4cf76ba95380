"""A page that cannot be shown leads on: it keeps the header, and another person comes to the start."""

from __future__ import annotations

import pytest

from .conftest import Served

HTML = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [("ana", "/w/desk/operations", 403), ("ben", "/w/desk/document?path=service/notes.md", 404),
     ("ana", "/w/desk/nowhere", 404), ("ana", "/w/other/runs", 404)],
)  # fmt: skip
def test_a_page_that_cannot_be_shown_keeps_the_way_on_and_says_each_thing_once(
    web: Served, person: str, path: str, status: int
) -> None:
    answer = web.client(person).get(path, headers=HTML)
    assert answer.status_code == status
    assert 'href="/w/desk/documents"' in answer.text
    assert "Change person" in answer.text
    title = "This page is not for your role" if status == 403 else "There is no such page"
    assert answer.text.split("<main")[1].count(title) == 1


def test_whoever_changes_to_a_person_for_whom_the_page_is_closed_comes_to_the_start(web: Served) -> None:
    for person, to in (("ana", "/w/desk/operations"), ("ben", "/w/desk/document?path=service/notes.md")):
        client = web.client("emil", **HTML)
        assert client.get(to).status_code == 200
        chosen = client.post("/preferences", data={"person": person, "to": to})
        assert chosen.headers["location"] == to
        closed = client.get(to)
        assert (closed.status_code, closed.headers["location"]) == (303, "/w/desk/ask")
        assert client.get(to).status_code in (403, 404), "who asks for it again is told"


def test_whoever_changes_to_a_person_who_may_see_the_page_stays_on_it(web: Served) -> None:
    client = web.client("emil", **HTML)
    client.post("/preferences", data={"person": "kim", "to": "/w/desk/operations"})
    assert client.get("/w/desk/operations").status_code == 200
    assert client.get("/w/desk/nowhere").status_code == 404
