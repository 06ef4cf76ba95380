"""From a path to the wiring of the workflow that it names."""

from __future__ import annotations

from pathlib import Path

from holdfast.app import Wiring
from holdfast.protocols import Source
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.placing import MEMBER, claim, place_of
from holdfast.workflow import load_workflow
from holdfast.workspace import WORKFLOW, Located, Workspace, load_workspace, locate, state_folder


def wire(path: Path | None) -> Wiring:
    """Return the wiring of the workflow at a path, or of the one found by walking up.

    Raises DeclarationError, StorageError, UsageError or NotAllowed.
    """
    located = locate(path, start=Path.cwd())
    loaded = load_workflow(located.folder)
    state = state_folder(located.folder)
    workspace = load_workspace(located.workspace)
    database = _database(located, loaded.name, state, workspace)
    return Wiring(loaded, state=state, database=database, workspace=workspace)


def _database(located: Located, name: str, state: Path, workspace: Workspace) -> Database:
    """Return the workflow's records: in a database of its own, or at its place in the workspace's."""
    declared, member = located.database_url, located.member
    own, accounts = declared or sqlite_url(state / "records.db"), ""
    earlier = _earlier(located, name)
    if member and declared:
        own = place_of(declared, member, earlier=earlier)
    if member and workspace.cost_centres:
        accounts = declared or sqlite_url(state_folder(_above(located)) / "records.db")
    database = open_database(own, accounts_url=accounts if accounts != own else "")
    if declared:
        claim(database, MEMBER + member if member else name, earlier=earlier)
    return database


def _earlier(located: Located, name: str) -> str:
    """Return how a member was written down before it had a place of its own: by its declared name.

    Beside a workflow in the workspace's own folder that name may be the other's, and says nothing.
    """
    return name if located.member and not (_above(located) / WORKFLOW).exists() else ""


def _above(located: Located) -> Path:
    return located.workspace or located.folder


def wire_corpus(source: Source, *, state: Path, workflow: Path | None = None) -> Wiring:
    """Return a wiring over one given source with its state in a folder of the caller's.

    The settings are those of the workflow named, else the defaults.
    """
    loaded = load_workflow(workflow or state)
    database = open_database(sqlite_url(state / "records.db"))
    return Wiring(loaded, state=state, database=database, sources=[source])
