"""List and read the documents of a folder, each with its access list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from holdfast.domain.documents import FoundDocument, RawDocument
from holdfast.domain.hits import Dropped
from holdfast.domain.listing import Listing
from holdfast.errors import DeclarationError, StorageError
from holdfast.stages.sources.patterns import Pattern, PatternError, compile_pattern
from holdfast.stages.sources.permission_file import FILE_NAME
from holdfast.stages.sources.permissions import Permissions, load_permissions, permissions_digest
from holdfast.stages.sources.reading import read_document_file
from holdfast.stages.sources.settings import SourceSettings
from holdfast.stages.sources.walking import OWN_FOLDER, Walk


class FilesSource:
    """A folder of files."""

    def __init__(
        self,
        root: Path,
        settings: SourceSettings | None = None,
        *,
        is_declared: bool = False,
        had_permissions: bool = False,
        own_files: Iterable[Path] = (),
    ) -> None:
        """Take the folder; nothing is read before `survey`.

        `had_permissions` is `Listing.has_permissions` of any earlier sync. `own_files` are the Python
        files that the declaration names as hooks.
        """
        self.root = root
        self.settings = settings or SourceSettings()
        self.name = self.settings.name or root.resolve().name or "files"
        self.is_declared = is_declared
        self.had_permissions = had_permissions
        self._include = _compiled(self.settings.include, "include")
        self._exclude = _compiled(self.settings.exclude, "exclude")
        self._own = frozenset(os.path.relpath(path.resolve(), root.resolve()) for path in own_files)

    def survey(self) -> Listing:
        """Return what the folder holds now, with access lists and what could not be looked at.

        Raises StorageError when the root cannot be listed and DeclarationError when the permissions
        cannot be trusted; in both cases the index has to stay as it is.
        """
        permissions = self.permissions()
        try:
            walk = Walk(is_wanted=self._is_wanted, is_pruned=self._is_pruned).run(self.root)
        except OSError as error:
            raise StorageError(
                f"the folder {self.root} cannot be listed ({error.strerror}); the index stays as it is",
                stage="sources",
                move="Check the mount and the rights, then sync again",
            ) from error
        if walk.near_misses:
            raise _misplaced(walk.near_misses)
        found = tuple(
            FoundDocument(
                source=self.name,
                path=seen.path,
                access=permissions.access(seen.path),
                size=seen.size,
                stamp=seen.stamp,
            )
            for seen in walk.files
        )
        unused = _unused(permissions, walk)
        return Listing(
            found=found,
            unlisted=tuple(walk.unlisted),
            problems=tuple(walk.problems),
            skipped=tuple(walk.skipped),
            empty=tuple(walk.empty),
            notices=(*_notices(permissions, unused), *_left_out(walk.skipped)),
            unused_rules=unused,
            has_permissions=permissions.is_written,
            permissions_digest=permissions.digest,
        )

    def read(self, found: FoundDocument) -> RawDocument:
        """Return the bytes, read once; raise DocumentError when they cannot be read."""
        most = int(self.settings.max_file_mb * 1_000_000)
        file = read_document_file(self.root, found.path, max_bytes=most)
        return RawDocument(
            source=found.source,
            path=found.path,
            data=file.data,
            digest=hashlib.sha256(file.data).hexdigest(),
            access=found.access,
            stamp=file.stamp,
            properties={"modified": file.modified.date().isoformat()},
        )

    def permissions(self) -> Permissions:
        """Return who may see what, as it is written now."""
        return load_permissions(
            self.root,
            is_declared=self.is_declared,
            had_permissions=self.had_permissions,
            setting=self.settings.access,
        )

    def permissions_digest(self) -> str:
        """Return what `Listing.permissions_digest` would be now; reads one small file."""
        return permissions_digest(self.root, setting=self.settings.access)

    def _is_wanted(self, path: str) -> bool:
        if path in self._own:
            return False
        if self._include and not any(pattern.matches(path) for pattern in self._include):
            return False
        return not any(pattern.matches(path) for pattern in self._exclude)

    def _is_pruned(self, path: str) -> bool:
        return any(pattern.matches_folder(path) for pattern in self._exclude)


def _compiled(patterns: Iterable[str], key: str) -> tuple[Pattern, ...]:
    compiled = []
    for text in patterns:
        try:
            compiled.append(compile_pattern(text))
        except PatternError as error:
            raise DeclarationError(f"{key} has the pattern {text!r}: {error}", stage="sources") from error
    return tuple(compiled)


def _misplaced(paths: Sequence[str]) -> DeclarationError:
    others = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
    return DeclarationError(
        f"{paths[0]}{others} looks like a permission file and is none",
        stage="sources",
        move=f"The one that counts is {FILE_NAME} at the source's root: move its rules there, or rename it",
    )


def _unused(permissions: Permissions, walk: Walk) -> tuple[str, ...]:
    """Return the rules that match none of the files, once all of them were seen."""
    if walk.unlisted:
        return ()
    return tuple(map(str, permissions.unused(seen.path for seen in walk.files)))


def _notices(permissions: Permissions, unused: Iterable[str]) -> tuple[str, ...]:
    notices = [permissions.notice] if permissions.notice else []
    return (*notices, *(f"{rule} matches no document; is it spelled right?" for rule in unused))


def _left_out(skipped: Iterable[Dropped]) -> Iterator[str]:
    """Yield a line for every reason but the usual one, with the first of what was skipped for it."""
    by_reason: dict[str, list[str]] = {}
    for one in skipped:
        if one.reason != OWN_FOLDER:
            by_reason.setdefault(one.reason, []).append(one.thing)
    for reason, things in by_reason.items():
        more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
        yield f"left out: {', '.join(things[:_NAMED])}{more} ({reason})"


_NAMED = 5
"""What was skipped, named in one line; `holdfast why` tells of each."""
