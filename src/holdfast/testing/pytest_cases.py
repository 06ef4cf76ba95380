"""A pytest plug-in: every golden case of a workflow is a test.

    pytest --holdfast examples/engineering-support

Off unless `--holdfast PATH` is given. The cases that were selected are worked together, as `holdfast eval`
works them, and put on record as an experiment; a case fails where a metric finds fault (`--holdfast-metric`
says which), and is skipped where it could not be run.
"""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from holdfast.loading import load

OPTION = "--holdfast"
KEY = pytest.StashKey[list["_Folder"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("holdfast", "golden cases")
    group.addoption(
        OPTION, action="append", default=[], metavar="PATH", help="Workflow whose cases are tests."
    )
    group.addoption(
        "--holdfast-metric", action="append", default=[], metavar="NAME",
        help="Only this metric fails a case (repeat); left out: each that finds fault.",
    )  # fmt: skip


def pytest_collection(session: pytest.Session) -> None:
    """Note the folders, before anything is collected."""
    session.stash[KEY] = [_Folder(Path(path)) for path in session.config.getoption(OPTION)]


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add an item for each golden case, those that `-k` names; runs where the option was given only."""
    wanted = config.getoption("keyword") or ""
    for folder in session.stash.get(KEY, []):
        collector = _Cases.from_parent(session, name=str(folder.path), folder=folder)
        items += [item for item in collector.collect() if not wanted or wanted in item.name]


class CaseFailed(Exception):
    """A golden case in which metrics found fault."""


@dataclass
class _Folder:
    """A workflow's cases with what came of them, worked at the first one that is asked for."""

    path: Path
    rows: dict[str, Any] | None = None

    def cases(self) -> Sequence[Any]:
        every = load("holdfast.evaluation.cases:load_cases")(self.path)
        found: Sequence[Any] = load("holdfast.evaluation.cases:to_run")(every)
        return found

    def row(self, case: str, among: Sequence[str]) -> Any:
        if self.rows is None or case not in self.rows:
            worked = asyncio.run(load("holdfast.testing.case_work:worked")(self.path, among, who=_user()))
            self.rows = {**(self.rows or {}), **worked}
        return self.rows[case]


class _Cases(pytest.Collector):
    """The golden cases of one folder."""

    def __init__(self, *, folder: _Folder, **more: Any) -> None:
        super().__init__(**more)
        self.folder = folder

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each case that is run."""
        for case in self.folder.cases():
            yield _CaseItem.from_parent(self, name=case.id, place=(case.file, case.line))


class _CaseItem(pytest.Item):
    """One golden case."""

    def __init__(self, *, place: tuple[str, int], **more: Any) -> None:
        super().__init__(**more)
        self.place = place

    def runtest(self) -> None:
        """Fail with what metrics found, or skip with why it was not run."""
        parent = self.parent
        assert isinstance(parent, _Cases)
        is_distributed = hasattr(self.config, "workerinput")
        mine = [one.name for one in self.session.items if isinstance(one, _CaseItem) and one.parent is parent]
        # A worker of pytest-xdist is handed its items one by one: working all would multiply the cost.
        row = parent.folder.row(self.name, [self.name] if is_distributed else mine)
        if row.not_run:
            pytest.skip(f"not run: {row.not_run}")
        only = self.config.getoption("--holdfast-metric")
        faults = [
            f"{score.metric}: {score.why}"
            for score in row.scores
            if score.why and score.value is not None and (not only or score.metric in only)
        ]
        if faults:
            raise CaseFailed("\n".join(faults))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return the faults alone: there is no code to point at."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the case is written."""
        parent = self.parent
        assert isinstance(parent, _Cases)
        file, line = self.place
        return parent.folder.path / file, max(line - 1, 0), f"golden case {self.name}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
