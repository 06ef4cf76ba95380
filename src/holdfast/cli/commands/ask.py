"""`holdfast ask`: work one item, or a file of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from holdfast.cli.assumed import audit_assumed, audited
from holdfast.cli.event_loop import finish
from holdfast.cli.items_file import items_file
from holdfast.cli.opened import ready
from holdfast.cli.outcome import show_run
from holdfast.cli.remarks import remark_fields
from holdfast.cli.screen import progress, say, show_json
from holdfast.cli.target import Target, is_folder, principal_of, target_of
from holdfast.contract import ask_json, id_json
from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.domain.runs import Run
from holdfast.errors import HoldfastError, UsageError
from holdfast.flows.sync import Progress
from holdfast.session import Flow

AT_ONCE = 4
"""Items of a file on their way at the same time; their lines still come out in order."""


def ask(
    *,
    words: list[str],
    folder: Path | None,
    file: Path | None,
    user: str | None,
    groups: list[str] | None,
    model: str,
    fields: list[str],
    attachments: list[Path],
    batch: bool,
    as_json: bool,
) -> int:
    """Work the item or the file; return 1 when some of many items failed."""
    principal = principal_of(user, groups)
    if file is not None:
        if len(words) > 1 or (words and not is_folder(words[0])):
            raise UsageError("--file takes the place of a question", move="Leave one of the two out.")
        target = target_of(words, folder, wanted=0)
        with items_file(file) as items:
            return finish(_ask_many(target, items, principal, model, batch=batch))
    if batch:
        raise UsageError("--batch is for many items", move="Name their file: --file ITEMS.jsonl --batch")
    target = target_of(words, folder, wanted=0 if fields and _is_only_path(words) else 1)
    item = _item(target.words, principal, fields)
    run = finish(_ask_one(target, item, attachments, model))
    if as_json:
        show_json(ask_json(run))
    else:
        show_run(run)
    return 0


def _is_only_path(words: Sequence[str]) -> bool:
    """Return whether a folder is all that stands beside the fields: they alone may be the item."""
    return len(words) == 1 and is_folder(words[0])


def _item(words: Sequence[str], principal: Principal, fields: Sequence[str]) -> WorkItem:
    question = " ".join(words)
    if not question.strip() and not fields:
        raise UsageError(
            "there is no question", move='Write it in quotes: holdfast ask "How tight are the gland bolts?"'
        )
    return WorkItem(
        id=uuid.uuid4().hex[:12],
        question=question,
        principal=principal,
        fields=dict(_pair(field) for field in fields),
        origin="cli",
    )


def _pair(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"the field {field!r} is not of the form K=V", move="Write --field order=SO-10423.")
    return name.strip(), value


async def _ask_one(target: Target, item: WorkItem, attachments: Sequence[Path], model: str) -> Run:
    async with ready(target) as flow:
        audit_assumed(flow, item.principal, command="ask")
        remark_fields(flow, item)
        read = tuple(one for path in attachments for one in flow.wiring.attachments(path))
        return await flow.ask(replace(item, attachments=read), model=model)


async def _ask_many(target: Target, file: Path, principal: Principal, model: str, *, batch: bool) -> int:
    failed = 0
    async with ready(target) as flow:
        items = audited(flow, flow.wiring.items_from(file, default=principal), command="ask --file")
        with progress() as told:
            done = 0
            lines = _in_batches(flow, items, model, told) if batch else _worked(flow, items, model)
            async with aclosing(lines):
                async for line, is_fine in lines:
                    show_json(line)
                    done += 1
                    failed += not is_fine
                    told("asking", done, 0)
    if failed:
        say(f"{failed} of {done} items failed; their lines hold the reason")
    return 1 if failed else 0


async def _in_batches(
    flow: Flow, items: Iterable[WorkItem], model: str, told: Progress
) -> AsyncGenerator[tuple[dict[str, object], bool], None]:
    """Yield (line, fine) for each item in order, their model calls made in batches."""
    ended = flow.ask_in_batches(items, model=model, progress=told, noted=say)
    async for item, run in ended:
        yield (
            (_failed(item, run), False)
            if isinstance(run, HoldfastError)
            else (ask_json(run, with_id=True), True)
        )


async def _worked(
    flow: Flow, items: Iterable[WorkItem], model: str
) -> AsyncGenerator[tuple[dict[str, object], bool], None]:
    """Yield (line, fine) for each item in order, a few of them worked at a time."""
    waiting: list[asyncio.Task[tuple[dict[str, object], bool]]] = []
    for item in items:
        waiting.append(asyncio.create_task(_line(flow, item, model)))
        if len(waiting) >= AT_ONCE:
            yield await waiting.pop(0)
    for task in waiting:
        yield await task


async def _line(flow: Flow, item: WorkItem, model: str) -> tuple[dict[str, object], bool]:
    try:
        run = await flow.ask(item, model=model)
    except HoldfastError as error:
        return _failed(item, error), False
    return ask_json(run, with_id=True), True


def _failed(item: WorkItem, error: HoldfastError) -> dict[str, object]:
    return {"v": 1, "id": id_json(item), "outcome": None, "error": str(error)}
