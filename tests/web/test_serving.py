"""The command `up`: what it prints, several workflows at once, an end in the middle of an answer, originals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import DocumentError
from holdfast.testing.files import pdf_file
from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.web.page_pictures import PagePictures
from holdfast.web.workbench import Workbench

from .conftest import QUESTION, SSE, WORKSPACE, plain_client, served, up, write_workflow

pytestmark = pytest.mark.long

AS_KIM = ("--as", "kim", "--group", "service", "--group", "sales")


def test_up_serves_every_workflow_of_a_workspace(tmp_path: Path) -> None:
    for name in ("claims", "desk"):
        write_workflow(tmp_path / "space" / "workflows" / name)
        (tmp_path / "space" / "workflows" / name / "holdfast.yaml").unlink()
    one_url = "database: {url: 'sqlite:///company.db'}\n"
    (tmp_path / "space" / "holdfast.yaml").write_text(WORKSPACE + one_url, encoding="utf-8")
    process, url = up(tmp_path / "space", tmp_path / "home")
    try:
        with plain_client(url, cookies={"holdfast_person": "ana"}) as client:
            assert client.get("/").headers["location"] == "/w/claims/ask"
            told = client.post("/api/items?workflow=desk", json={"question": QUESTION}).json()
            assert client.get(f"/w/desk/runs/{told['run']}").status_code == 200
            assert client.get(f"/w/claims/runs/{told['run']}").status_code == 404
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert url.startswith("http://127.0.0.1:")
    assert "2 workflows for 5 persons" in said
    assert "Traceback" not in said


def test_an_interrupt_in_the_middle_of_an_answer_is_recorded(tmp_path: Path) -> None:
    text = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 50
    with ProviderServer([Scripted(text=text, pieces=500, pause_s=0.05)]) as server:
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        folder = write_workflow(tmp_path / "desk", more=f"generation: {{rungs: [{rung}]}}\n")
        process, url = up(folder, tmp_path / "home")
        with (
            plain_client(url, cookies={"holdfast_person": "kim"}) as client,
            client.stream("POST", "/api/items", json={"question": QUESTION}, headers=SSE) as answer,
        ):
            lines = (line.removeprefix("data: ") for line in answer.iter_lines() if line)
            run = json.loads(next(lines))["messageId"]
            assert any('"text-delta"' in line for line in lines)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        told = subprocess.run(
            [sys.executable, "-m", "holdfast", "runs", str(folder), run, "--json", *AS_KIM], check=True, text=True,
            env=os.environ | {"HOLDFAST_HOME": str(tmp_path / "home"), "A_KEY": "k"}, capture_output=True,
        )  # fmt: skip
    assert json.loads(told.stdout)["run"]["outcome"] == "cancelled"


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with served(write_workflow(tmp_path / "one")) as web:
        port = web.url.rpartition(":")[2]
        ended = subprocess.run(
            [sys.executable, "-m", "holdfast", "up", str(web.folder), "--port", port], check=False, text=True,
            env=os.environ | {"HOLDFAST_HOME": str(tmp_path / "home")}, capture_output=True, timeout=30,
        )  # fmt: skip
    assert ended.returncode == 2
    assert f"port {port} cannot be used" in ended.stderr


def test_a_page_is_drawn_and_an_original_that_changed_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    folder = write_workflow(tmp_path / "desk")
    file = folder / "documents" / "manual.pdf"
    file.write_bytes(pdf_file(["The lid of the KD-7 takes 12 Nm when it is cold."]))
    with served(folder) as web:
        picture = web.client("ben").get("/w/desk/page-picture?path=manual.pdf&number=1")
        assert picture.content.startswith(b"\x89PNG")
        assert picture.headers["content-type"] == "image/png"
        assert web.client().get("/w/desk/page-picture?path=manual.pdf&number=2").status_code == 404
        assert web.client().get("/w/desk/original?path=manual.pdf").content == file.read_bytes()
        file.write_bytes(pdf_file(["Another text."]))
        changed = web.client().get("/w/desk/original?path=manual.pdf")
    assert changed.status_code == 409
    assert "another file now" in changed.json()["error"]


def test_a_page_that_cannot_be_drawn_is_told() -> None:
    pictures = PagePictures()
    try:
        with pytest.raises(DocumentError, match="page 1 cannot be drawn"):
            pictures.picture("0" * 64, b"%PDF-1.7 broken", 1)
    finally:
        pictures.close()


def test_a_server_loads_the_models_before_anybody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    loaded: list[str] = []

    class Watched:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def prepare(self) -> None:
            loaded.append(self._inner.fingerprint)

    def watch(workbench: Workbench) -> Workbench:
        for desk in workbench.desks.values():
            desk.flow.wiring.__dict__["embedder"] = Watched(desk.flow.wiring.embedder)
        return workbench

    with served(write_workflow(tmp_path / "desk"), change=watch):
        until = time.monotonic() + 30
        while not loaded and time.monotonic() < until:
            time.sleep(0.02)
    assert loaded
