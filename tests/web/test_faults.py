"""What a server does that is killed, or whose disk is full: it says so, keeps what it can, goes on afterwards."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from holdfast.storage.lost_drafts import REASON
from holdfast.testing.provider import ProviderServer, Scripted

from .conftest import QUESTION, SSE, ended, plain_client, up, write_workflow

pytestmark = pytest.mark.long

SLOW = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 50


@contextmanager
def client_of(url: str, person: str = "ana") -> Iterator[httpx2.Client]:
    with plain_client(url, cookies={"holdfast_person": person}) as client:
        yield client


def test_a_server_that_is_killed_under_an_open_draft_leaves_an_interrupted_run(tmp_path: Path) -> None:
    with ProviderServer([Scripted(text=SLOW, pieces=500, pause_s=0.05), Scripted()]) as model:
        rung = f"{{provider: openai, model: m, base_url: '{model.openai_url}', key_env: A_KEY}}"
        folder = write_workflow(tmp_path / "desk", more=f"generation: {{rungs: [{rung}]}}\n")
        process, url = up(folder, tmp_path / "home")
        with (
            client_of(url) as client,
            client.stream("POST", "/api/items", json={"question": QUESTION}, headers=SSE) as answer,
        ):
            lines = (line.removeprefix("data: ") for line in answer.iter_lines() if line)
            run = json.loads(next(lines))["messageId"]
            assert any("35 Nm" in line for line in lines)
            with client_of(url) as another:
                shown_until(another, f"/w/desk/ask?run={run}", "35 Nm")
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=20)
        process, url = up(folder, tmp_path / "home")
        try:
            with client_of(url) as client:
                told = recorded(client, run)
                page = client.get(f"/w/desk/ask?run={run}")
                listed = client.get("/api/runs?kind=interrupted").json()["runs"]
                again = client.post("/api/items", json={"question": QUESTION, "after": run}).json()
        finally:
            ended(process)
    assert told["run"]["outcome"] == "interrupted"
    assert told["outcome"]["reason"] == REASON
    assert told["run"]["model"] == "openai:m"
    assert [one["run"] for one in listed] == [run]
    assert "refresh" not in page.headers
    assert "Interrupted" in page.text
    assert "nothing of it is final" in page.text
    assert f">{QUESTION}</textarea>" in page.text
    assert again["run"] != run


def shown_until(client: httpx2.Client, path: str, words: str) -> httpx2.Response:
    for _ in range(600):
        page = client.get(path)
        if words in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError(page.text)


def recorded(client: httpx2.Client, run: str) -> Any:
    for _ in range(600):
        answer = client.get(f"/api/runs/{run}")
        if answer.status_code == 200:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError("the run is not on record")


@dataclass(slots=True)
class Disk:
    """Where a server keeps its state, and what fills that up and frees it again."""

    home: Path
    fill: Callable[[int], None]
    """Takes the server's process."""
    free: Callable[[int], None]


@pytest.fixture(params=["small disk", "small files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Return a disk of a few megabytes, which only root can mount; a limit of file sizes, which anybody may set."""
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "small files":
        yield Disk(
            home=home,
            fill=lambda process: limit(process, 0),
            free=lambda process: limit(process, resource.RLIM_INFINITY),
        )
        return
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(home)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root; the limit of file sizes is tested beside")
    filler = home / "filler"
    yield Disk(home=home, fill=lambda _process: fill(filler), free=lambda _process: filler.unlink())
    subprocess.run(["umount", "-l", str(home)], check=True)


def limit(process: int, size: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_on_a_full_disk_asking_says_so_reading_goes_on_and_space_mends_it(tmp_path: Path, disk: Disk) -> None:
    folder = write_workflow(tmp_path / "desk", more="review: {own_cases: allow}\n")
    process, url = up(folder, disk.home)
    try:
        with client_of(url, "kim") as client:
            run = client.post("/api/items", json={"question": "Somebody was injured."}).json()["run"]
            answered = {"action": "edit", "text": "Call us."}
            reviewed = client.post("/api/items", json={"question": "Somebody was injured."}).json()["run"]
            assert client.post(f"/api/reviews/{reviewed}/decision", json=answered).status_code == 200
            disk.fill(process.pid)
            refused = [until_refused(client), client.post(f"/api/reviews/{run}/decision", json=answered)]
            refused += [upload(client), client.get("/w/desk/sources?as=ana")]
            streamed = client.post("/api/items", json={"question": QUESTION}, headers=SSE)
            pages = {
                page: client.get(page, headers={"accept": "text/html"}) for page in read_pages(run, reviewed)
            }
            disk.free(process.pid)
            after = client.post("/api/items", json={"question": QUESTION})
            decided = client.post(f"/api/reviews/{run}/decision", json=answered)
    finally:
        ended(process)
    for answer in refused:
        assert answer.status_code == 503, answer.text
        told = answer.json()
        assert "cannot be" in told["error"]
        assert told["stage"] in ("storage", "web")
        assert "disk" in told["move"]
    (error,) = [line for line in streamed.text.splitlines() if '"type":"error"' in line]
    assert "cannot be used" in error
    assert "disk" in error
    assert {page: one.status_code for page, one in pages.items() if one.status_code != 200} == {}
    assert after.json()["outcome"] == "answer"
    assert decided.status_code == 200


def until_refused(client: httpx2.Client) -> httpx2.Response:
    """Return the first answer that is an error: what the database has room for already it still takes."""
    for _ in range(100):
        answer = client.post("/api/items", json={"question": QUESTION})
        if answer.status_code != 200:
            break
    return answer


def upload(client: httpx2.Client) -> httpx2.Response:
    """Send a file that is larger than what is kept in memory."""
    files = [("attachment", ("note.md", b"The lid is warm. " * 200_000, "text/markdown"))]
    return client.post("/api/items", data={"item": json.dumps({"question": QUESTION})}, files=files)


def read_pages(run: str, reviewed: str) -> list[str]:
    names = (
        "ask",
        f"ask?run={run}",
        f"ask?run={reviewed}",
        "runs",
        f"runs/{run}",
        "documents",
        "document?path=gland.md",
    )
    more = (
        "passage?path=gland.md&start=0&end=9",
        "original?path=gland.md",
        "review",
        f"review?case={run}",
        "sources",
        "operations",
    )
    return [
        *(f"/w/desk/{name}" for name in (*names, *more)),
        "/api/runs",
        f"/api/runs/{run}",
        "/api/reviews",
        "/healthz",
        "/readyz",
    ]


@pytest.mark.parametrize("head", ["Content-Length: 500000000", "Transfer-Encoding: chunked"])
def test_an_upload_of_500_mb_is_refused_early_and_never_held(server: tuple[int, str], head: str) -> None:
    process, url = server
    before = peak_mb(process)
    host, port = url[7:].split(":")
    piece = b"x" * 1_000_000
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            f"POST /api/items HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: holdfast_person=kim\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\n{head}\r\n\r\n".encode()
        )
        if head.startswith("Transfer"):
            start = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n'
            connection.sendall(b"%x\r\n%b\r\n" % (len(start), start))
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        with suppress(OSError):
            while sent < 500:
                connection.sendall(piece)
                sent += 1
        answer = connection.recv(65536)
    assert b" 413 " in answer.splitlines()[0]
    assert b"at most 26 MB are read" in answer
    assert sent < 100
    assert peak_mb(process) - before < 50


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Return a server's process and URL."""
    root = tmp_path_factory.mktemp("server")
    process, url = up(write_workflow(root / "desk"), root / "home")
    yield process.pid, url
    ended(process)


def peak_mb(process: int) -> float:
    """Return the most memory that the process ever had."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000
