"""`holdfast ask --file --batch` survives a kill, and nothing is paid twice."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from holdfast.testing.provider import BatchScript, ProviderServer, Scripted

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

QUESTIONS = ("How tight are the gland bolts?", "How tight is the cover?", "How tight is the drain plug?")


def desk(folder: Path, server: ProviderServer) -> tuple[Path, Path]:
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "torques.md").write_text(
        "# Torques\n\nTighten the gland bolts to 35 Nm, the cover to 24 Nm and the drain plug to 12 Nm.\n"
    )
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
        f"generation:\n  rungs: [{{provider: openai, model: m, base_url: '{server.openai_url}'}}]\n"
        "  batch: {poll_s: 0.05}\n"
    )
    lines = (json.dumps({"id": n, "question": text}) for n, text in enumerate(QUESTIONS))
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n")
    return folder, folder / "items.jsonl"


def test_a_killed_command_is_taken_up_by_the_same_command(holdfast: Any, tmp_path: Path) -> None:
    reply = Scripted(
        text="Tighten the gland bolts to 35 Nm, the cover to 24 Nm and the drain plug to 12 Nm [1]."
    )
    with ProviderServer([reply], batches=BatchScript(takes_s=3.0)) as server:
        folder, items = desk(tmp_path / "desk", server)
        words = ("ask", str(folder), "--file", str(items), "--batch")
        killed = holdfast.start(*words)
        until = time.monotonic() + 30
        while time.monotonic() < until and not any(one.path == "/v1/batches" for one in server.requests):
            time.sleep(0.02)
        time.sleep(0.3)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate(timeout=15)
        again = holdfast(*words)
        made = [one.path for one in server.requests if one.method == "POST"]
    assert again.exit_code == 0, again.stderr
    assert [line["id"] for line in again.lines] == [0, 1, 2]
    assert {line["model"] for line in again.lines} == {"openai:m"}
    assert made == ["/v1/files", "/v1/batches"]
    assert server.account.requests == 3
    assert again.says("took up batch_2 with 3 requests"), again.stderr
    shown = holdfast("runs", folder, again.lines[0]["run"], "--json").json["attempts"]
    assert [(one["is_batch"], one["status"]) for one in shown] == [(True, "ok")]


def test_batch_is_for_files(holdfast: Any, tmp_path: Path) -> None:
    ended = holdfast("ask", "How tight?", "--batch")
    assert ended.exit_code == 2
    assert ended.says("--batch is for many items")
