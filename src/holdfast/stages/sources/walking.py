"""Walk a folder tree without following links, and keep what could not be looked at."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.domain.documents import Problem
from holdfast.domain.hits import Dropped
from holdfast.stages.sources.near_misses import is_near_miss
from holdfast.stages.sources.own_files import is_hidden, is_own_file, is_own_folder
from holdfast.stages.sources.permission_file import FILE_NAME
from holdfast.stages.sources.reading import FOLDER_FLAGS, open_root, stamp_of

OWN_FOLDER = "a workflow's own folder, never a source"
"""Why such a folder is skipped; it is no news."""
MAX_DEPTH = 100
"""Folders below folders; one descriptor is open for each, and 1,024 is a usual limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A regular file that the walk came across."""

    path: str
    size: int
    stamp: str


@dataclass(slots=True, kw_only=True)
class Walk:
    """What a walk has come across so far, paths in order."""

    is_wanted: Callable[[str], bool]
    """Whether a file of this path may be a document."""
    is_pruned: Callable[[str], bool]
    """Whether nothing below a folder of this path is wanted."""
    files: list[SeenFile] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[Dropped] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    """Folders without any entry."""
    near_misses: list[str] = field(default_factory=list)
    """Files that were meant to be the permission file and do not count as one."""

    def run(self, root: Path) -> Walk:
        """Walk the tree below `root`; raise StorageError when the root itself cannot be listed."""
        here = open_root(root)
        try:
            entries = _entries(here)
        except OSError as error:
            os.close(here)
            raise OSError(error.errno, error.strerror, str(root)) from error
        try:
            self._take(here, "", entries)
        finally:
            os.close(here)
        return self

    def _take(self, here: int, prefix: str, entries: list[os.DirEntry[str]]) -> None:
        siblings = frozenset(entry.name for entry in entries)
        for entry in entries:
            path = prefix + entry.name
            if not _is_text(entry.name):
                self._problem(_shown(path), "its name is not valid UTF-8; rename it")
            elif entry.is_dir(follow_symlinks=False):
                if not is_hidden(entry.name) and not self._is_own(entry.name, path, siblings):
                    self._enter(here, entry.name, path)
            else:
                self._file(entry, path)

    def _is_own(self, name: str, path: str, siblings: frozenset[str]) -> bool:
        if not is_own_folder(name, is_root=name == path, siblings=siblings):
            return False
        self.skipped.append(Dropped(thing=path, reason=OWN_FOLDER))
        return True

    def _enter(self, here: int, name: str, path: str) -> None:
        if self.is_pruned(path):
            return
        if path.count("/") >= MAX_DEPTH:
            self._unlisted(path, f"the folder lies deeper than {MAX_DEPTH} folders; move it up")
            return
        try:
            inner = os.open(name, FOLDER_FLAGS, dir_fd=here)
        except FileNotFoundError:
            return  # removed since its parent was listed: gone, as if it had never been there
        except OSError as error:
            self._unlisted(path, _folder_reason(error))
            return
        try:
            entries = _entries(inner)
            if not entries:
                self.empty.append(path)
            self._take(inner, path + "/", entries)
        except OSError as error:
            self._unlisted(path, _folder_reason(error))
        finally:
            os.close(inner)

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        name = entry.name
        if (name == FILE_NAME and path != name) or (is_near_miss(name) and not name.endswith("~")):
            self.near_misses.append(path)
        if is_hidden(name) or is_own_file(name) or not self.is_wanted(path):
            return
        if entry.is_symlink():
            self.skipped.append(Dropped(thing=path, reason="a link; links are not followed"))
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError as error:
            self._unlisted(
                path, f"the file cannot be looked at ({error.strerror}); check the folder's rights"
            )
            return
        if not stat.S_ISREG(status.st_mode):
            self.skipped.append(Dropped(thing=path, reason="a pipe, socket or device, not a file"))
            return
        self.files.append(SeenFile(path=path, size=status.st_size, stamp=stamp_of(status)))

    def _unlisted(self, path: str, reason: str) -> None:
        self.unlisted.append(path)
        self._problem(path, reason)

    def _problem(self, path: str, reason: str) -> None:
        self.problems.append(Problem(document=path, stage="sources", reason=reason))


def _entries(folder: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _folder_reason(error: OSError) -> str:
    move = (
        "give the account that runs sync the right to list it"
        if isinstance(error, PermissionError)
        else "check the disk or share"
    )
    return f"the folder cannot be listed ({error.strerror}); {move}. What is indexed from it stays"
