"""Notices reach real receivers, once each, signed, without a word of a question or a document."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.reviewing.conftest import SAFETY, UNSURE, Make, ended

from holdfast.declaring.review import MailSettings
from holdfast.domain.access import Principal
from holdfast.domain.reviews import Action
from holdfast.reviewing.mailing import message_of
from holdfast.reviewing.notifying import tell
from holdfast.reviewing.review import Review
from holdfast.reviewing.signing import is_genuine, sign
from holdfast.storage.jobs import JobRecords
from holdfast.storage.review_tables import review_items
from holdfast.storage.schema import jobs
from holdfast.telemetry.logs import LoggingSettings, set_up_logs
from holdfast.testing.receivers import mail_receiver, webhook_receiver

LENA = Principal(user="lena")
SECRET = "correct-horse-battery"


def told(review: Review) -> int:
    return asyncio.run(tell(review))


def due_now(review: Review) -> None:
    """Let the time of every waiting job come."""
    with review.database.write() as connection:
        connection.execute(sa.update(jobs).values(due=time.time() - 1))


def hook(url: str, **more: Any) -> dict[str, Any]:
    return {"webhook": {"url": url, "secret_env": "HOOK_SECRET", "timeout_s": 5}, **more}


def test_a_webhook_gets_a_signed_notice_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with webhook_receiver() as receiver:
        review = make(
            risks={"safety": "high"}, owners={"safety": "lena"},
            notify=hook(receiver.url, link="https://desk.example.com/w/desk/"),
        )  # fmt: skip
        ended(review, "r1", SAFETY, question="Who was hurt by the GP-40?")
        assert (told(review), told(review)) == (1, 0)
        (posted,) = receiver.taken
    body = json.loads(posted.body)
    assert (body["event"], body["run"], body["risk"], body["to"]) == ("review.opened", "r1", "high", "lena")
    assert body["url"] == "https://desk.example.com/w/desk/review?case=r1"
    assert b"hurt" not in posted.body
    assert posted.headers["idempotency-key"].startswith("r1:opened:")
    assert is_genuine(SECRET, posted.headers["holdfast-signature"], posted.body)
    assert not is_genuine("another", posted.headers["holdfast-signature"], posted.body)
    assert not is_genuine(SECRET, posted.headers["holdfast-signature"], posted.body + b" ")


def test_a_receiver_that_is_down_gets_the_same_notice_later(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with webhook_receiver(statuses=[503, 302, 204]) as receiver:
        review = make(notify=hook(receiver.url))
        ended(review, "r1", UNSURE)
        for _ in range(3):
            assert told(review) == 1
            due_now(review)
        assert told(review) == 0
        keys = {posted.headers["idempotency-key"] for posted in receiver.taken}
    assert (len(receiver.taken), len(keys)) == (3, 1)
    assert JobRecords(review.database).counts() == {"done": 1}


def test_no_secret_and_no_address_stand_in_what_failed(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    set_up_logs(LoggingSettings())
    with webhook_receiver(statuses=[500]) as receiver:
        review = make(notify=hook(f"{receiver.url}/T024BE7LD-token"))
        ended(review, "r1", UNSURE)
        told(review)
    with review.database.read() as connection:
        (row,) = connection.execute(sa.select(jobs)).mappings().all()
    everything = f"{dict(row)} {capsys.readouterr()}"
    assert "the webhook at 127.0.0.1 answers with status 500" in everything
    assert SECRET not in everything
    assert "T024BE7LD" not in everything


def test_a_secret_that_is_not_set_is_told_and_nothing_is_sent(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    with webhook_receiver() as receiver:
        review = make(notify=hook(receiver.url))
        ended(review, "r1", UNSURE)
        told(review)
        assert receiver.taken == []
    with review.database.read() as connection:
        assert "HOOK_SECRET, which is not set" in str(connection.execute(sa.select(jobs.c.error)).scalar())


def mailed(port: int, **more: Any) -> dict[str, Any]:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "desk@example.com"}
    return {"email": {**settings, "to": ["leads@example.com"], **more}}


def test_reviewers_are_mailed_and_who_asked_when_there_is_an_answer(make: Make) -> None:
    with mail_receiver() as receiver:
        review = make(notify=mailed(receiver.port, addresses={"ana": "ana@example.com"}))
        ended(review, "r1", UNSURE, question="Who was hurt?")
        assert told(review) == 1
        review.finish("r1", LENA, Action.EDIT, text="Nobody was hurt.")
        assert told(review) == 1
        assert receiver.recipients == [["leads@example.com"], ["ana@example.com"]]
        opened, answered = receiver.taken
    assert opened["subject"].strip().startswith("[desk] A case waits for a person (medium risk, due ")
    assert "holdfast review show r1" in opened.get_content()
    assert answered["subject"] == "[desk] Your question has an answer"
    for message in (opened, answered):
        assert "hurt" not in message.as_string()


def test_a_mail_server_that_is_busy_gets_the_same_mail_later(make: Make) -> None:
    with mail_receiver() as receiver:
        receiver.busy = 1
        review = make(notify=mailed(receiver.port))
        ended(review, "r1", UNSURE)
        assert told(review) == 1
        with review.database.read() as connection:
            error = str(connection.execute(sa.select(jobs.c.error)).scalar())
        assert "the mail server 127.0.0.1 refuses the mail (status 451)" in error
        due_now(review)
        assert told(review) == 1
        assert len(receiver.taken) == 1


def test_an_address_that_is_refused_is_told_without_itself(make: Make) -> None:
    with mail_receiver() as receiver:
        receiver.refused = {"leads@example.com"}
        review = make(notify=mailed(receiver.port))
        ended(review, "r1", UNSURE)
        told(review)
    with review.database.read() as connection:
        error = str(connection.execute(sa.select(jobs.c.error)).scalar())
    assert "takes none of the addresses (status [550])" in error
    assert "leads" not in error


def test_who_has_no_address_is_not_mailed_to_everybody(make: Make) -> None:
    with mail_receiver() as receiver:
        review = make(notify=mailed(receiver.port))
        ended(review, "r1", UNSURE)
        review.finish("r1", LENA, Action.ACCEPT)
        told(review)
        assert receiver.recipients == [["leads@example.com"]]


def test_a_name_with_a_lines_end_makes_no_header_of_its_own() -> None:
    settings = MailSettings.model_validate(mailed(25)["email"])
    told_ = {"workflow": "desk\nBcc: all@example.com", "title": "A case", "lines": ["x"]}
    message = message_of(settings, told_, ["a@example.com"], key="k")
    assert message["subject"] == "[desk Bcc: all@example.com] A case"
    assert message["bcc"] is None


def test_an_overdue_case_is_told_once_to_the_substitute(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with webhook_receiver() as receiver:
        review = make(owners={"safety": "lena"}, substitutes={"lena": "mark"}, notify=hook(receiver.url))
        ended(review, "r1", SAFETY)
        told(review)
        with review.database.write() as connection:
            late = datetime.now(UTC) - timedelta(hours=1)
            connection.execute(sa.update(review_items).values(due_at=late))
        told(review)
        told(review)
        events = [(one["event"], one["to"]) for one in (json.loads(post.body) for post in receiver.taken)]
    assert events == [("review.opened", "lena"), ("review.overdue", "mark")]


def test_a_notice_whose_run_was_forgotten_is_not_sent(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with webhook_receiver(statuses=[503]) as receiver:
        review = make(notify=hook(receiver.url))
        ended(review, "r1", UNSURE)
        told(review)
        with review.database.write() as connection:
            connection.execute(sa.text("delete from runs"))
        due_now(review)
        assert told(review) == 1
        assert len(receiver.taken) == 1


def test_an_old_signature_is_not_genuine() -> None:
    header = sign(SECRET, b"{}", at=1_000_000)
    assert is_genuine(SECRET, header, b"{}", now=1_000_100)
    assert not is_genuine(SECRET, header, b"{}", now=1_000_400)
    assert not is_genuine(SECRET, "nonsense", b"{}")
