"""Take an item in over HTTP: as JSON, as a form with files, or as a chat client's messages."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile

from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.errors import StorageError, UsageError
from holdfast.reviewing.verdicts import verdict_of
from holdfast.storage.drafts import thread_of
from holdfast.storage.repeated import documents_behind, runs_repeated
from holdfast.storage.runs import StoredRun, find_run
from holdfast.web.visits import Missing, Visit

MOST_FIELDS, MOST_FILES, MOST_TURNS = 100, 20, 200
ORIGIN = "workbench"
RUN = r"^[0-9a-f]{0,32}$"
"""A run's id, or its beginning."""
_WHOLE = re.compile(r"[0-9a-f]{32}")


class Part(BaseModel):
    """One part of a chat message; only text counts."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class Message(BaseModel):
    """One message as a chat client keeps it."""

    model_config = ConfigDict(extra="ignore")

    role: str
    parts: list[Part] = []
    id: str = Field(default="", description="Of an answer: its run, as the stream named it.")


class ItemIn(BaseModel):
    """An item as it is posted."""

    model_config = ConfigDict(extra="ignore")

    question: str = ""
    fields: Annotated[dict[str, str], Field(max_length=MOST_FIELDS)] = {}
    after: str = Field(default="", pattern=RUN, description="Run of yours that this item follows up.")
    messages: Annotated[list[Message], Field(max_length=MOST_TURNS)] = Field(
        default=[], description="What a chat client sends instead of a question: the last is the question."
    )


async def item_of(request: Request, visit: Visit) -> tuple[WorkItem, str]:
    """Return the posted item, asked by who is here, with its thread; raise UsageError for what is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            posted, attachments = await _uploaded(request, visit)
        except OSError as error:
            raise StorageError(
                f"the attachments cannot be kept while they are read ({error.strerror})",
                stage="web",
                move="Free space on the disk of temporary files, then send them again.",
            ) from error
    elif kind == "application/json":
        posted, attachments = _parsed(await request.body()), ()
    else:
        raise UsageError("the item is neither JSON nor a form with files", move="Send application/json.")
    item = await asyncio.to_thread(_item, visit, posted, attachments)
    return item, await asyncio.to_thread(_thread_of, visit, posted.after)


async def _uploaded(request: Request, visit: Visit) -> tuple[ItemIn, tuple[ItemAttachment, ...]]:
    """Return the item of a form with its files, which wait in memory or, larger ones, in temporary files."""
    async with request.form(max_files=MOST_FILES, max_fields=10, max_part_size=2_000_000) as form:
        files = [one for one in form.getlist("attachment") if isinstance(one, UploadFile) and one.size]
        posted = _parsed(str(form.get("item", "")))
        return posted, tuple([attached for one in files for attached in await _attachments(visit, one)])


async def _attachments(visit: Visit, file: UploadFile) -> tuple[ItemAttachment, ...]:
    name = Path((file.filename or "attachment").replace("\\", "/")).name or "attachment"
    data = await file.read()
    return await asyncio.to_thread(visit.desk.flow.wiring.attachments, Path(name), data)


def _parsed(body: str | bytes) -> ItemIn:
    try:
        posted = ItemIn.model_validate(json.loads(body))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("the item is no JSON", move='Send {"question": "..."}.') from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the item"
        raise UsageError(f"{where}: {first['msg']}", move='Send {"question": "..."}.') from error
    return posted


def _item(visit: Visit, posted: ItemIn, attachments: tuple[ItemAttachment, ...]) -> WorkItem:
    question: str = posted.question
    history: tuple[Turn, ...] = ()
    told: Collection[str] = ()
    if posted.messages:
        question, history = _from_messages(posted.messages)
        told = {one.id for one in posted.messages if _WHOLE.fullmatch(one.id)}
    elif posted.after:
        run = own_run(visit, posted.after)
        history, told = _thread(visit, run), (run.summary.id,)
    fields = {name: value for name, value in posted.fields.items() if value.strip()}
    if not question.strip() and not fields:
        raise UsageError("there is no question", move="Write one, or fill in a field.")
    return WorkItem(
        id=uuid.uuid4().hex[:12],
        question=question,
        principal=visit.principal,
        fields=fields,
        attachments=attachments,
        history=history,
        rests_on=_rests_on(visit, told, history if posted.messages else ()),
        origin=ORIGIN,
    )


def _rests_on(visit: Visit, told: Collection[str], history: Sequence[Turn]) -> tuple[str, ...]:
    """Return what is behind the answers that a history tells: of these runs, and of those that it repeats."""
    user, texts = visit.person.name, [one.text for one in history if one.speaker is Speaker.ASSISTANT]
    with visit.desk.flow.wiring.database.read() as connection:
        repeated = runs_repeated(connection, texts, asked_by=user)
        return tuple(sorted(documents_behind(connection, {*told, *repeated}, asked_by=user)))


def _from_messages(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...]]:
    """Return the last message's text and those before it as turns."""
    *before, last = messages
    if last.role != "user":
        raise UsageError("the last message is not the person's", move="Send the question last.")
    turns = tuple(
        Turn(speaker=Speaker.PERSON if one.role == "user" else Speaker.ASSISTANT, text=_text(one))
        for one in before
        if one.role in ("user", "assistant")
    )
    return _text(last), turns


def _text(message: Message) -> str:
    return "".join(part.text for part in message.parts if part.type == "text")


def own_run(visit: Visit, run_id: str) -> StoredRun:
    """Return a run that who is here asked for; raise Missing where there is none they may see."""
    with visit.desk.flow.wiring.database.read() as connection:
        found = find_run(connection, run_id, visit.principal, asked_by=visit.person.name)
    if found is None:
        raise Missing
    return found


def turns_of(run: StoredRun) -> tuple[Turn, ...]:
    """Return a run's whole thread: what came before it, its question, its outcome."""
    item: Mapping[str, Any] = run.item
    before = tuple(
        Turn(speaker=Speaker(turn["speaker"]), text=turn["text"]) for turn in item.get("history") or ()
    )
    text = str(run.outcome.get("text", "")) if run.outcome else ""
    return (
        *before,
        Turn(speaker=Speaker.PERSON, text=item["question"]),
        *([Turn(speaker=Speaker.ASSISTANT, text=text)] if text else []),
    )


def _thread(visit: Visit, run: StoredRun) -> tuple[Turn, ...]:
    """Return the turns of a run's thread; what a reviewer answered is the last of them."""
    reply = verdict_of(run, visit.desk.flow.review.decisions(run.summary.id))
    said = (Turn(speaker=Speaker.ASSISTANT, text=reply.text),) if reply is not None and reply.text else ()
    return (*turns_of(run), *said)[-MOST_TURNS:]


def _thread_of(visit: Visit, run_id: str) -> str:
    """Return the thread of the run that is followed up, empty where none is."""
    if not run_id:
        return ""
    with visit.desk.flow.wiring.database.read() as connection:
        return thread_of(connection, own_run(visit, run_id).summary.id)
