"""What lies above a workflow: where it is found, and the installation it belongs to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from holdfast.calling.settings import CostCentreSettings, LimitSettings, PriceSettings
from holdfast.declaring.checked import settings_of
from holdfast.declaring.file_bytes import read_bytes
from holdfast.declaring.mistakes import Unreadable, declaration_error
from holdfast.declaring.near_misses import name_near, near_miss
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.domain.access import USER_PREFIX
from holdfast.errors import DeclarationError, NotAllowed, StorageError, UsageError
from holdfast.settings import Settings
from holdfast.state import state_folder
from holdfast.storage.settings import RetentionSettings
from holdfast.telemetry.logs import LoggingSettings

__all__ = [
    "DatabaseSettings",
    "Located",
    "PersonSettings",
    "Workspace",
    "database_url",
    "load_workspace",
    "locate",
    "state_folder",
    "workflows_of",
]

FILE = "holdfast.yaml"
WORKFLOW = "workflow.yaml"
WORKFLOWS = "workflows"
SQLITE = "sqlite:///"


class DatabaseSettings(Settings):
    """The `database` of a workspace: where runs, documents and the index's truth are kept."""

    url: str = Field(
        default="",
        description="URL without a password (postgresql://host/name); empty: SQLite in .holdfast/.",
    )
    url_env: str = Field(
        default="",
        description="Environment variable that holds the URL (or, with `_FILE` behind its name, the path of "
        "a file that does), for URLs with a password.",
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str) -> str:
        if url and "://" not in url:
            raise ValueError("is no URL; write sqlite:///PATH or postgresql://...")
        user, at, _ = url.partition("://")[2].partition("@")
        if at and ":" in user:
            raise ValueError("must not hold a password; put the URL in an environment variable: url_env")
        return url

    @model_validator(mode="after")
    def _is_one(self) -> DatabaseSettings:
        if self.url and self.url_env:
            raise ValueError("write one of `url` and `url_env`")
        return self


class PersonSettings(Settings):
    """One of the `people` of a workspace: who may choose to be whom in the workbench."""

    name: str = Field(
        min_length=1, max_length=100, description="Name; access lists know the person as `user:NAME`."
    )
    groups: tuple[str, ...] = Field(default=(), description="Groups beside `everyone`.")
    role: Literal["asker", "reviewer", "engineer", "owner"] = Field(
        default="asker",
        description="asker: asks and sees their own runs; reviewer: also decides about others' drafts; "
        "engineer: also sources and operations; owner: everything.",
    )

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if name != name.strip() or not name.isprintable():
            raise ValueError("is no name: leave out blanks around it and signs that cannot be seen")
        return name

    @field_validator("groups")
    @classmethod
    def _are_groups(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if taken := [group for group in groups if group.startswith(USER_PREFIX)]:
            raise ValueError(f"{taken[0]!r} is no group but a user")
        return groups


class Workspace(Settings):
    """A whole holdfast.yaml."""

    database: DatabaseSettings = Field(default=DatabaseSettings(), description="Where records are kept.")
    retention: RetentionSettings = Field(
        default=RetentionSettings(), description="How long each kind of record is kept."
    )
    providers: dict[str, LimitSettings] = Field(
        default={},
        description="What may be asked of a provider (`openai`) or one of its models (`openai:gpt-5-mini`) "
        "at a time, by all workflows of a process together.",
    )
    prices: dict[str, PriceSettings] = Field(
        default={}, description="Prices by `provider:model`, before those of the price list."
    )
    cost_centres: dict[str, CostCentreSettings] = Field(
        default={}, description="What each cost centre may spend."
    )
    logging: LoggingSettings | None = Field(
        default=None, description="Where the command line tells what it does; left out: nowhere."
    )
    people: tuple[PersonSettings, ...] = Field(
        default=(), description="Who works in the workbench; left out: the local user."
    )

    @field_validator("prices")
    @classmethod
    def _name_models(cls, prices: dict[str, PriceSettings]) -> dict[str, PriceSettings]:
        if unread := [name for name in prices if not all(name.partition(":"))]:
            raise ValueError(
                f"{unread[0]!r} names no model, so its price counts for nothing; "
                f"write 'provider:model', such as 'openai:{unread[0].strip(':')}'"
            )
        return prices

    @field_validator("people")
    @classmethod
    def _have_distinct_names(cls, people: tuple[PersonSettings, ...]) -> tuple[PersonSettings, ...]:
        names = [person.name for person in people]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two people are named {twice[0]}")
        return people


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A workflow's folder, and the folder of the workspace it belongs to."""

    folder: Path
    workspace: Path | None = None
    """The folder that holds the holdfast.yaml which counts for this workflow."""

    @property
    def member(self) -> str:
        """Return the name of its folder where it is one of a workspace's `workflows/`, else empty."""
        if self.workspace is None or self.folder.resolve() == self.workspace.resolve():
            return ""
        return self.folder.resolve().name

    @property
    def database_url(self) -> str:
        """Return the URL of the declared records database, empty for SQLite in the state folder.

        Raises DeclarationError when holdfast.yaml is wrong or names a variable that is not set.
        """
        return database_url(load_workspace(self.workspace), folder=self.workspace)


def locate(path: Path | None, *, start: Path) -> Located:
    """Return the workflow that PATH means, or the one found by walking up from `start` as git does.

    PATH is a workflow's folder, a workspace with one workflow, or any folder of documents. Raises
    UsageError where nothing or more than one is found, NotAllowed where a file above is a stranger's.
    """
    if path is not None:
        folder = start / path.expanduser()
        if not os.path.isdir(folder):  # noqa: PTH112 -- Path.is_dir raises for a name that is too long
            raise UsageError(f"there is no folder {path}", move="Name an existing folder.")
        if wrong := near_miss(folder, FILE):
            raise declaration_error((wrong,))
        return _below(folder) or Located(folder=folder, workspace=_workspace_of(folder))
    for folder in (start, *start.resolve().parents):
        for name in (WORKFLOW, FILE):
            if (folder / name).is_file() and folder != start:
                _check_owner(folder / name)
        if found := _here(folder):
            return found
    raise _nothing_found(start)


def _nothing_found(start: Path) -> UsageError:
    what = f"there is no {WORKFLOW} in {start} or above"
    for folder in (start, *start.resolve().parents):
        with suppress(OSError):
            if name := name_near(folder, WORKFLOW):
                return UsageError(
                    f"{what}, but {folder / name} is not read under this name",
                    move=f"Call it {WORKFLOW}.",
                )
    return UsageError(
        what,
        move="Name a folder of documents (holdfast ask ./documents ...), or -w PATH. "
        "A workflow.yaml of two lines is enough: name: NAME, sources: [{files: documents}].",
    )


def workflows_of(workspace: Path) -> tuple[Path, ...]:
    """Return the workflow folders of a workspace, by name."""
    return tuple(sorted(file.parent for file in workspace.glob(f"{WORKFLOWS}/*/{WORKFLOW}")))


def load_workspace(folder: Path | None) -> Workspace:
    """Return the settings in a folder's holdfast.yaml, the defaults where there is none.

    Raises DeclarationError with every mistake and its line.
    """
    if folder is None:
        return Workspace()
    try:
        data = read_bytes(folder, FILE)
        if data is None:
            return Workspace()
        outcome = settings_of(parse_yaml(data, name=FILE), Workspace, file=FILE)
    except Unreadable as error:
        raise declaration_error((error.mistake,)) from error
    if isinstance(outcome, list):
        raise declaration_error(outcome)
    return outcome


def database_url(
    workspace: Workspace, *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> str:
    """Return the declared URL, empty when there is none.

    `folder` is the workspace's, where a relative SQLite path starts. Raises DeclarationError when the
    variable that should hold the URL does not, StorageError when its file cannot be read.
    """
    database = workspace.database
    if database.url_env:
        return _from_environment(database.url_env, os.environ if environ is None else environ)
    relative = database.url.removeprefix(SQLITE)
    if relative != database.url and folder is not None:
        return f"{SQLITE}{folder / relative}"
    return database.url


def _from_environment(variable: str, environ: Mapping[str, str]) -> str:
    url, file = environ.get(variable, "").strip(), environ.get(f"{variable}_FILE", "")
    if not url and file:
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(
                f"the file that {variable}_FILE names cannot be read ({type(error).__name__})",
                stage="storage",
                move=f"Correct {variable}_FILE, or set {variable}",
            ) from None
    if not url:
        raise DeclarationError(
            f"{FILE}: database.url_env names {variable}, which is not set",
            move=f"Set {variable} (or {variable}_FILE) to the database's URL",
        )
    return url


def _here(folder: Path) -> Located | None:
    """Return the workflow or the workspace that this folder is, None for any other folder."""
    if (folder / WORKFLOW).exists():
        return Located(folder=folder, workspace=_workspace_of(folder))
    return _below(folder)


def _below(folder: Path) -> Located | None:
    """Return the one workflow of the workspace that this folder is, None when it is no workspace."""
    if (folder / WORKFLOW).exists() or not (folder / FILE).exists():
        return None
    workflows = workflows_of(folder)
    if len(workflows) == 1:
        return Located(folder=workflows[0], workspace=folder)
    if not workflows:
        move = f"Write one, as {WORKFLOWS}/NAME/{WORKFLOW}."
        raise UsageError(f"the workspace {folder} holds no workflow", move=move)
    listed = ", ".join(str(one) for one in workflows)
    what = f"the workspace {folder} holds {len(workflows)} workflows"
    raise UsageError(what, move=f"Name one of them: {listed}")


def _workspace_of(folder: Path) -> Path | None:
    """Return the folder whose holdfast.yaml counts: this one, or the one above `workflows/NAME`."""
    if (folder / FILE).exists():
        return folder
    real = folder.resolve()
    above = real.parent.parent
    if real.parent.name != WORKFLOWS or not (above / FILE).exists():
        return None
    _check_owner(above / FILE)
    return above


def _check_owner(file: Path) -> None:
    """Raise NotAllowed when a file that was found, not named, belongs to another user.

    A workflow.yaml that a stranger left in /tmp would otherwise say where questions and keys go; git
    had to learn the same (CVE-2022-24765).
    """
    owner = file.stat().st_uid
    if owner not in (0, os.getuid()):
        raise NotAllowed(
            f"{file} was found above this folder and belongs to another user",
            stage="trust",
            move=f"Name its folder if you mean it: -w {file.parent}",
        )
