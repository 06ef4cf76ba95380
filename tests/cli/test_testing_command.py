"""`holdfast testing provider` serves what its script says until it is interrupted."""

from __future__ import annotations

import http.client
import json
import os
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from holdfast.testing.provider import Fault, Mix, ProviderServer, Scripted
from holdfast.testing.provider_files import read_script
from holdfast.workflow import Workflow

SCRIPT = """\
replies:
  - text: "24 Nm [1]."
  - {fault: rate_limit, retry_after: "1"}
mix: {seed: 7, shares: {unavailable: 0.25, stall: 0.05}}
"""


def script(folder: Path, text: str) -> Path:
    (folder / "faults.yaml").write_text(text)
    return folder / "faults.yaml"


def posted(url: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", path, "{}")
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_both_protocols_until_it_is_interrupted(holdfast: Any, by: int) -> None:
    process = holdfast.start("testing", "provider", "--text", "35 Nm [1].")
    lines = [process.stdout.readline() for _ in range(6)]
    addresses = dict(line.split() for line in lines[:2])
    status, chat = posted(addresses["openai"], "/v1/chat/completions")
    _, message = posted(addresses["anthropic"], "/v1/messages")
    os.killpg(process.pid, by)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, status) == (0, 200), err
    assert chat["choices"][0]["message"]["content"] == message["content"][0]["text"] == "35 Nm [1]."
    assert "2 requests (200: 2), 200 tokens in, 40 out" in err
    assert lines[3:5] == ["generation:\n", "  rungs:\n"]
    assert addresses["openai"] in lines[5]


def test_a_script_has_replies_in_order_and_faults_by_chance(tmp_path: Path) -> None:
    read = read_script(script(tmp_path, SCRIPT))
    assert isinstance(read, Mix)
    drawn = [read(None) for _ in range(400)]
    faults = [one.fault for one in drawn]
    assert 60 < faults.count(Fault.UNAVAILABLE) < 140
    assert Scripted(fault=Fault.RATE_LIMIT, retry_after="1") in drawn
    plain = read_script(script(tmp_path, "replies: [{output: {torque: 24}}]"))
    assert plain == [Scripted(output={"torque": 24})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("replies: [{txt: a}]", "line 1: unknown key 'txt'; did you mean 'text'?"),
        ("replies: [{fault: ratelimit}]", "did you mean 'rate_limit'?"),
        ("mix: {shares: {stal: 0.1}}", "did you mean 'stall'?"),
        ("mix: {shares: {stall: 0.7, reset: 0.7}}", "together at most 1"),
        ("", "says nothing; write `replies:` or `mix:`"),
        ("replies: [", "line 1"),
    ],
)
def test_a_script_with_a_mistake_ends_with_3_and_names_the_line(
    holdfast: Any, tmp_path: Path, text: str, words: str
) -> None:
    ended = holdfast("testing", "provider", "--script", script(tmp_path, text))
    assert ended.exit_code == 3
    assert ended.says("faults.yaml", words), ended.stderr


def test_wrong_calls_end_with_2(holdfast: Any, tmp_path: Path) -> None:
    missing = holdfast("testing", "provider", "--script", tmp_path / "none.yaml")
    both = holdfast("testing", "provider", "--text", "a", "--script", script(tmp_path, SCRIPT))
    with ProviderServer() as server:
        taken = holdfast("testing", "provider", "--port", urlsplit(server.url).port)
    assert (missing.exit_code, both.exit_code, taken.exit_code) == (2, 2, 2)
    assert missing.says("none.yaml cannot be read")
    assert both.says("exclude each other")
    assert taken.says("port", "cannot be used")


def test_the_lines_it_prints_are_a_valid_declaration() -> None:
    rung = {"provider": "openai", "model": "loopback", "base_url": "http://127.0.0.1:8010/v1"}
    assert Workflow.model_validate(
        {"name": "a", "sources": [{"files": "d"}], "generation": {"rungs": [rung]}}
    ).generation.rungs


def test_an_exchange_is_recorded_and_replayed(holdfast: Any, tmp_path: Path) -> None:
    path = tmp_path / "torque.jsonl"
    with ProviderServer([Scripted(text="35 Nm [1].")]) as real:
        words = ("--provider", "anthropic", "--base-url", real.anthropic_url, "--cassette", str(path))
        recording = holdfast.start("testing", "record", *words)
        lines = [recording.stdout.readline() for _ in range(5)]
        status, said = posted(lines[0].split()[1], "/v1/messages")
        os.killpg(recording.pid, signal.SIGINT)
        _, err = recording.communicate(timeout=15)
    assert (recording.returncode, status) == (0, 200), err
    assert "provider: anthropic" in lines[4]
    assert "1 exchanges are on" in err

    replaying = holdfast.start("testing", "provider", "--cassette", str(path))
    address = [replaying.stdout.readline() for _ in range(6)][1].split()[1]
    again = posted(address, "/v1/messages")
    other = posted(address, "/v1/chat/completions")
    os.killpg(replaying.pid, signal.SIGINT)
    _, err = replaying.communicate(timeout=15)
    assert again == (200, said)
    assert other[0] == 400
    assert replaying.returncode == 1
    assert "has no POST /v1/chat/completions" in err
    assert "1 requests replayed, 1 unknown" in err
