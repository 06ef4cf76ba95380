"""`holdfast up`: sync, then serve the workbench on this machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened, say_report, synced
from holdfast.cli.screen import counted, say, show
from holdfast.cli.target import local_user, target_of
from holdfast.domain.access import Principal
from holdfast.loading import load
from holdfast.telemetry.logs import LoggingSettings, set_up_logs
from holdfast.web.people import Person, Role, declared_people
from holdfast.web.workbench import Desk, Workbench
from holdfast.workspace import FILE, WORKFLOW, workflows_of


def up(*, words: list[str], folder: Path | None, port: int) -> int:
    """Serve until an interrupt."""
    target = target_of(words, folder, wanted=0)
    with load("holdfast.web.serving:listening")(port) as listener:
        finish(_up(_paths(target.path), listener))
    return 0


def _paths(path: Path | None) -> list[Path | None]:
    """Return the workflows to serve: all of a workspace, else the one that PATH means."""
    here = Path.cwd() if path is None else path
    if (here / FILE).exists() and not (here / WORKFLOW).exists():
        return list(workflows_of(here)) or [path]
    return [path]


async def _up(paths: list[Path | None], listener: object) -> None:
    async with AsyncExitStack() as stack:
        desks: dict[str, Desk] = {}
        for path in paths:
            flow = await stack.enter_async_context(opened(path))
            if flow.wiring.workspace.logging is None:
                set_up_logs(LoggingSettings())
            desk = Desk(name=flow.wiring.folder.resolve().name or "workflow", flow=flow)
            if len(paths) > 1:
                say(f"{desk.title}:")
            say_report(await synced(flow))
            desks[desk.name] = desk
        workspace = next(iter(desks.values())).flow.wiring.workspace
        workbench = Workbench(
            desks=desks,
            local=Person(principal=Principal(user=local_user()), role=Role.OWNER),
            people=declared_people(workspace.people),
        )
        url = load("holdfast.web.serving:url_of")(listener)
        await load("holdfast.web.serving:serve")(workbench, listener, ready=lambda: _tell(url, workbench))


def _tell(url: str, workbench: Workbench) -> None:
    show(url)
    people = counted(len(workbench.people), "person") if workbench.people else "the local user"
    say(f"serving {counted(len(workbench.desks), 'workflow')} for {people}; Ctrl+C ends it")
    say("note: there is no sign-in yet, so the server listens on this machine only")
