"""From a path to the wiring of the workflow that it names."""

from __future__ import annotations

from pathlib import Path

from holdfast.app import Wiring
from holdfast.errors import StorageError
from holdfast.protocols import Source
from holdfast.storage import counters
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.workflow import load_workflow
from holdfast.workspace import load_workspace, locate, state_folder


def wire(path: Path | None) -> Wiring:
    """Return the wiring of the workflow at a path, or of the one found by walking up.

    Raises DeclarationError, StorageError, UsageError or NotAllowed.
    """
    located = locate(path, start=Path.cwd())
    loaded = load_workflow(located.folder)
    state = state_folder(located.folder)
    declared = located.database_url
    database = open_database(declared or sqlite_url(state / "records.db"))
    if declared:
        _claim(database, loaded.name)
    return Wiring(loaded, state=state, database=database, workspace=load_workspace(located.workspace))


def _claim(database: Database, workflow: str) -> None:
    """Refuse a database that another workflow's documents and runs are in: they would mix."""
    with database.write() as connection:
        owner = counters.remembered(connection, "workflow")
        if not owner:
            counters.remember(connection, "workflow", workflow)
    if owner not in ("", workflow):
        raise StorageError(
            f"the database belongs to the workflow {owner!r}, not to {workflow!r}",
            stage="storage",
            move="Give each workflow a database (or a schema: options=-csearch_path=NAME) of its own",
        )


def wire_corpus(source: Source, *, state: Path, workflow: Path | None = None) -> Wiring:
    """Return a wiring over one given source with its state in a folder of the caller's.

    The settings are those of the workflow named, else the defaults.
    """
    loaded = load_workflow(workflow or state)
    database = open_database(sqlite_url(state / "records.db"))
    return Wiring(loaded, state=state, database=database, sources=[source])
