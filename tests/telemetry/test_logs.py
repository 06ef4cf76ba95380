from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.logs import LoggingSettings, bound, log, set_up_logs
from holdfast.telemetry.redaction import HIDDEN, Redaction


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def written(level: str = "info", *, secrets: tuple[str, ...] = (), text: bool = False) -> io.StringIO:
    stream = io.StringIO()
    settings = LoggingSettings.model_validate({"form": "json", "level": level, "document_text": text})
    set_up_logs(settings, secrets=secrets, stream=stream)
    return stream


def test_nothing_is_written_until_somebody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    log("sync.ended", level="error", documents=3)
    assert capsys.readouterr() == ("", "")


def test_an_event_is_one_line_of_json_with_its_fields() -> None:
    stream = written()
    log("sync.ended", documents=3, took_s=1.5, note="ü\n\u2028x")
    ((line,), text) = lines_of(stream), stream.getvalue()
    assert text.isascii()
    assert text.count("\n") == 1
    assert (line["event"], line["level"], line["documents"]) == ("sync.ended", "info", 3)
    assert line["timestamp"].endswith("Z")


def test_events_below_the_level_are_left_out() -> None:
    stream = written("warning")
    log("a.b", level="debug")
    log("a.b")
    log("c.d", level="warning")
    log("e.f", level="error")
    assert [line["event"] for line in lines_of(stream)] == ["c.d", "e.f"]


def test_run_ids_follow_into_tasks_and_threads_and_no_further() -> None:
    stream = written()

    async def one(run: str) -> None:
        with bound(run=run):
            await asyncio.sleep(0)
            log("stage.ended")
            with bound(stage="retrieval"):
                await asyncio.to_thread(log, "leg.ended")

    async def both() -> None:
        await asyncio.gather(one("r1"), one("r2"))

    asyncio.run(both())
    log("after")
    lines = lines_of(stream)
    assert sorted((line["event"], line["run"]) for line in lines[:-1]) == [
        ("leg.ended", "r1"), ("leg.ended", "r2"), ("stage.ended", "r1"), ("stage.ended", "r2"),
    ]  # fmt: skip
    assert "run" not in lines[-1]


def test_warnings_of_other_libraries_come_the_same_way() -> None:
    stream = written(secrets=("hunter2secret",))
    logging.getLogger("other.library").warning("login with %s failed", "hunter2secret")
    logging.getLogger("other.library").info("chatter")
    (line,) = lines_of(stream)
    assert line["event"] == f"login with {HIDDEN} failed"
    assert line["logger"] == "other.library"


def test_a_traceback_is_text_without_values_of_variables() -> None:
    stream = written()
    local_secret = "abcdef-secret-local"  # noqa: F841
    try:
        int("sk-abcdefghijklmnopqrstuvwx")
    except ValueError as error:
        log("stage.failed", level="error", exc_info=error)
    (line,) = lines_of(stream)
    assert "ValueError" in line["exception"]
    assert "abcdef-secret-local" not in stream.getvalue()
    assert "sk-abcdef" not in stream.getvalue()


def test_the_console_form_is_for_people() -> None:
    stream = io.StringIO()
    set_up_logs(LoggingSettings(form="console", level="info"), stream=stream)
    log("sync.ended", documents=3)
    assert "sync.ended" in stream.getvalue()
    assert "documents=3" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "key sk-proj-abcdefghijklmnop1234 used",
        "sk-ant-api03-abcdefghijklmnop",
        "ghp_abcdefghijklmnopqrstuvwxyz123456",
        "AKIAABCDEFGHIJKLMNOP",
        "Authorization: Bearer abc.def-ghi_jkl",
        "postgresql://ana:hunter2@db/records",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
        "https://x/?api_key=abcdefg&b=1",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_any_text(text: str) -> None:
    hidden = Redaction().text(text)
    assert HIDDEN in hidden
    for part in ("abcdefg", "hunter2", "abc.def", "MIIE", "ABCDEFG"):
        assert part not in hidden


def test_fields_are_hidden_by_name_however_deep() -> None:
    fields = {"api_key": "x", "a": {"Password": ["y"], "list": [{"client_secret": "z"}]}, "input_tokens": 7}
    assert Redaction().fields(fields) == {
        "api_key": HIDDEN, "a": {"Password": HIDDEN, "list": [{"client_secret": HIDDEN}]}, "input_tokens": 7,
    }  # fmt: skip


def test_words_of_documents_and_people_are_not_written_unless_asked_for() -> None:
    fields = {"question": "How much?", "hits": 3, "passages": ["a"], "reply": "24 Nm", "text": ""}
    assert Redaction().fields(fields) == {
        "question": "[9 characters]", "hits": 3, "passages": "[not logged]", "reply": "[5 characters]",
        "text": "[0 characters]",
    }  # fmt: skip
    assert Redaction(keep_text=True).fields(fields) == fields


@given(st.text(min_size=6), st.text(), st.text())
def test_a_declared_secret_never_gets_through(secret: str, before: str, after: str) -> None:
    pieces = Redaction(secrets=[secret]).text(before + secret + after).split(HIDDEN)
    assert len(pieces) > 1
    assert not any(secret in piece for piece in pieces)


def test_importing_the_log_brings_no_structlog() -> None:
    code = "import sys, holdfast.telemetry.logs; print('structlog' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
