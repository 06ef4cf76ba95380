"""`holdfast demo`: sync a workflow and work through its items, for people."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened, say_report, synced
from holdfast.cli.outcome import show_run
from holdfast.cli.screen import show
from holdfast.cli.target import principal_of, target_of
from holdfast.domain.items import WorkItem
from holdfast.domain.stages import Stage
from holdfast.errors import UsageError
from holdfast.session import Flow

ITEMS = "items.jsonl"


def demo(*, words: list[str], folder: Path | None, model: str) -> int:
    """Sync, work the items, and say what wrote the answers."""
    target = target_of(words, folder, wanted=0)
    finish(_demo(target.path, model))
    return 0


async def _demo(path: Path | None, model: str) -> None:
    async with opened(path) as flow:
        file = flow.wiring.folder / ITEMS
        if not file.is_file():
            raise UsageError(
                f"{flow.wiring.folder} has no {ITEMS}, which a demonstration works through",
                stage=Stage.INTAKE,
                move='Write one, a line per item: {"id": "1", "question": "..."}; or ask one question: '
                f'holdfast ask {flow.wiring.folder} "..."',
            )
        say_report(await synced(flow))
        items = flow.wiring.items_from(file, default=principal_of(None, None))
        for number, item in enumerate(items, 1):
            show()
            show(f"{number}. {item.question}", style="bold")
            show(f"   asked by {_who(item)}", style="dim")
            show_run(await flow.ask(item, model=model))
        show()
        _show_next(flow, model)


def _who(item: WorkItem) -> str:
    groups = ", ".join(sorted(item.principal.groups))
    fields = "".join(f", {name} {value}" for name, value in item.fields.items())
    return f"{item.principal.user}{f' ({groups})' if groups else ''}{fields}"


def _show_next(flow: Flow, model: str) -> None:
    if not model and not flow.wiring.has_models:
        show("No model is declared, so the extractive answerer worked: it quotes and does not write.")
    found = "" if model else flow.wiring.discovered_model()
    if found:
        show("A provider was found. The same items with a model that writes:")
        show(f"  .venv/bin/holdfast demo {flow.wiring.folder} --model {found}")
