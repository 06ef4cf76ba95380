"""Decide who may see each path of a source; where nothing says so, nobody may."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from holdfast.domain.access import EVERYONE, AccessList
from holdfast.errors import DeclarationError
from holdfast.stages.sources.near_misses import is_near_miss
from holdfast.stages.sources.permission_file import (
    FILE_NAME,
    MAX_BYTES,
    AccessRule,
    check_entry,
    parse_permission_file,
)
from holdfast.stages.sources.reading import read_own_file

Origin = Literal["file", "setting", "bare", "none"]

OPEN_RULE = f"no {FILE_NAME}: a bare folder starts open"
SETTING_RULE = "workflow.yaml: access of the source"
UNMATCHED_RULE = f"{FILE_NAME}: no pattern matches, so nobody"
ABSENT_RULE = f"no {FILE_NAME} and no access setting, so nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Who may see what in one source, and where that is written."""

    origin: Origin
    rules: tuple[AccessRule, ...] = ()
    default: AccessList = AccessList()
    """The access list of a path that no rule matches."""
    digest: str = ""
    """Changes with the rules; compare it with `permissions_digest` to see whether they are stale."""
    notice: str = ""
    """What sync says aloud about a source that is open to all, or closed to all."""

    @property
    def is_written(self) -> bool:
        """Return whether somebody wrote them: a source of which this was ever true never starts open."""
        return self.origin in ("file", "setting")

    def access(self, path: str) -> AccessList:
        """Return the access list of a document: the last rule whose pattern matches decides."""
        for rule in reversed(self.rules):
            if rule.pattern.matches(path):
                return AccessList(entries=rule.entries, rule=str(rule))
        return self.default

    def unused(self, paths: Iterable[str]) -> tuple[AccessRule, ...]:
        """Return the rules that match none of these paths: a typo there may show what it should hide."""
        left = list(self.rules)
        for path in paths:
            if not left:
                break
            left = [rule for rule in left if not rule.pattern.matches(path)]
        return tuple(left)


def load_permissions(
    root: Path, *, is_declared: bool, had_permissions: bool, setting: tuple[str, ...] | None = None
) -> Permissions:
    """Return the permissions of the source at `root`; raise DeclarationError when they cannot be trusted.

    `setting` is `access:` of the source's declaration. `had_permissions` is whether `is_written` was
    true for an earlier sync of this source: then a missing file is a fault, never an open door.
    """
    data = read_own_file(root, FILE_NAME, most=MAX_BYTES + 1)
    if data is not None and setting is not None:
        raise DeclarationError(
            f"the source has an access setting and a {FILE_NAME}",
            stage="sources",
            move="Remove one of them: only one may say who sees what",
        )
    if data is not None:
        file = parse_permission_file(data)
        default = AccessList(rule=UNMATCHED_RULE)
        return Permissions(origin="file", rules=file.rules, default=default, digest=file.digest)
    if setting is not None:
        return _of_setting(setting)
    if had_permissions:
        raise _gone(root)
    return _closed(root) if is_declared else _open()


def _gone(root: Path) -> DeclarationError:
    meant = _near_misses(root)
    named = f"; {meant[0]} is not read under this name" if meant else ""
    first = f"Call {meant[0]} {FILE_NAME}" if meant else "Bring it back"
    return DeclarationError(
        f"{FILE_NAME} is gone, and its last rules stay in force{named}",
        stage="sources",
        move=f'{first}, or write one with `"**": [{EVERYONE}]` to open the source',
    )


def _near_misses(root: Path) -> list[str]:
    try:
        return sorted(path.name for path in root.iterdir() if is_near_miss(path.name))
    except OSError:
        return []  # the walk will tell why the folder cannot be listed


def permissions_digest(root: Path, *, setting: tuple[str, ...] | None = None) -> str:
    """Return what `Permissions.digest` would be now, by reading one file; empty when nothing is written."""
    data = read_own_file(root, FILE_NAME, most=MAX_BYTES + 1)
    if data is not None:
        return hashlib.sha256(data).hexdigest()
    return "" if setting is None else _setting_digest(setting)


def _of_setting(setting: tuple[str, ...]) -> Permissions:
    for entry in setting:
        if wrong := check_entry(entry):
            raise DeclarationError(f"access: {wrong}", stage="sources")
    return Permissions(
        origin="setting",
        default=AccessList(entries=frozenset(setting), rule=SETTING_RULE),
        digest=_setting_digest(setting),
    )


def _setting_digest(setting: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(sorted(set(setting))).encode()).hexdigest()


def _closed(root: Path) -> Permissions:
    beside = " There is one in the folder above: move it here." if _has_one_above(root) else ""
    return Permissions(
        origin="none",
        default=AccessList(rule=ABSENT_RULE),
        notice=f"no {FILE_NAME} at the source's root, so NOBODY may see its documents.{beside} "
        f'Write one ("**": [{EVERYONE}] opens it to all) or `access: [{EVERYONE}]` at the source',
    )


def _has_one_above(root: Path) -> bool:
    try:
        return (root.resolve().parent / FILE_NAME).is_file()
    except OSError:
        return False


def _open() -> Permissions:
    return Permissions(
        origin="bare",
        default=AccessList(entries=frozenset({EVERYONE}), rule=OPEN_RULE),
        notice=f"no declaration and no {FILE_NAME}: EVERYONE may see these documents. "
        f"Write a {FILE_NAME} to say who may",
    )
